// Package mine is the dialog that tells whose a token is: one that was found in
// a log, a script or a chat is pasted and looked up in the index of what was
// issued here, which needs no server; and then it can be revoked.
//
// What was pasted is dropped when the dialog closes.
package mine

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/issued"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/tokens"
	"keyfob/ui/widgets"
)

// Params is what the dialog works with. Find, Token and Ask may wait.
type Params struct {
	Window fyne.Window
	Find   func(ctx context.Context, text string) (issued.Answer, error)
	Server func(issued.Entry) string // the server's name for people
	Here   func(issued.Entry) bool   // whether it belongs to the connection that is open

	// Switch opens the connection that an entry was issued with, and there the
	// dialog about it; nil: there is none.
	Switch func(issued.Entry) func()
	// Token is the record as it is now, at the connection that is open.
	Token func(context.Context, issued.Entry) (client.Token, error)
	// Ask asks the server whose the value is; nil: it cannot be asked.
	Ask   func(context.Context, client.Secret) (client.Token, error)
	Asked string // that server's name for people

	Revoke  func(ctx context.Context, t client.Token) error
	Revoked func()
	Rules   client.RevokeRule
	Now     func() time.Time
}

// Mine is the dialog.
type Mine struct {
	p      Params
	dialog *widgets.Dialog
	entry  *widgets.Entry
	result *fyne.Container
	ctx    context.Context // ends when the dialog closes
	cancel context.CancelFunc
	turns  task.Turns
	value  client.Secret // what was found in the text; wiped when the dialog closes
	token  client.Token  // what Revoke ends
}

// Show opens the dialog.
func Show(p Params) *Mine {
	m := &Mine{p: p, entry: widgets.NewUnseen(), result: container.NewVBox()}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.entry.OnChanged = m.changed
	field := widgets.NewField(i18n.T("mine.field"), m.entry, i18n.T("mine.hint"))
	m.dialog = widgets.NewDialog(p.Window, i18n.T("mine.title"), i18n.T("mine.text"), container.NewVBox(field, m.result))
	m.dialog.SetCancel(i18n.T("mine.close"), func() { m.dialog.Hide() })
	m.dialog.SetSize(fyne.NewSize(600, 0))
	m.dialog.OnClosed = m.closed
	m.changed("")
	m.dialog.Show()
	m.dialog.Fit()
	return m
}

func (m *Mine) closed() {
	m.cancel()
	m.value.Wipe()
	m.entry.OnChanged = nil
	m.entry.SetText("")
}

// changed forgets what was said of another text.
func (m *Mine) changed(text string) {
	m.turns.Next()
	m.value.Wipe()
	m.say()
	m.dialog.SetError("", "", nil)
	m.dialog.SetSubmit(i18n.T("mine.check"), widget.HighImportance, m.check)
	m.dialog.SetSubmitEnabled(text != "")
}

func (m *Mine) check() {
	m.dialog.SetError("", "", nil)
	m.dialog.SetBusy(true, i18n.T("mine.looking"))
	turn, text := m.turns.Next(), m.entry.Text
	task.Go(func() { m.find(m.ctx, turn, text) })
}

// About goes on about what was found already, at the connection that is open.
func (m *Mine) About(e issued.Entry) {
	m.dialog.SetBusy(true, i18n.T("mine.looking"))
	turn := m.turns.Next()
	task.Go(func() { m.tell(m.ctx, turn, finding{Answer: issued.Answer{Entry: e, Mine: true}}) })
}

// find looks in the index.
func (m *Mine) find(ctx context.Context, turn int, text string) {
	var f finding
	f.Answer, _ = m.p.Find(ctx, text) // the answer says how far it reaches
	m.tell(ctx, turn, f)
}

// tell asks the server too, if the token belongs to the connection that is open.
func (m *Mine) tell(ctx context.Context, turn int, f finding) {
	if f.Mine && m.p.Here(f.Entry) {
		f.here = true
		f.token, f.err = m.p.Token(ctx, f.Entry)
	}
	task.Do(func() { m.found(turn, f) })
}

// ask asks the server about what was not issued here.
func (m *Mine) ask() {
	m.dialog.SetBusy(true, i18n.T("mine.asking"))
	turn, value := m.turns.Next(), m.value
	task.Go(func() { m.askServer(m.ctx, turn, value) })
}

func (m *Mine) askServer(ctx context.Context, turn int, value client.Secret) {
	f := finding{asked: true}
	f.token, f.err = m.p.Ask(ctx, value)
	task.Do(func() { m.found(turn, f) })
}

// found shows what came of it, unless the text has changed since.
func (m *Mine) found(turn int, f finding) {
	if m.turns.Stale(turn) || !m.dialog.Shown() {
		f.Value.Wipe()
		m.dialog.SetBusy(false, "")
		return
	}
	m.dialog.SetBusy(false, "")
	if !f.asked {
		m.value = f.Value
	}
	m.token = f.token
	m.say(m.banners(f)...)
	if f.revocable(m.p.Now()) {
		m.dialog.SetSubmit(i18n.T("tokens.revoke"), widget.DangerImportance, m.revoke)
		m.dialog.SetSubmitEnabled(true)
	}
}

func (m *Mine) say(banners ...fyne.CanvasObject) {
	m.result.Objects = banners
	m.result.Refresh()
	if m.dialog != nil {
		m.dialog.Fit()
	}
}

// elsewhere closes the dialog and goes on where the token belongs.
func (m *Mine) elsewhere(open func()) {
	m.dialog.Hide()
	open()
}

// revoke goes on in the dialog that all tokens are revoked with.
func (m *Mine) revoke() {
	t := m.token
	m.dialog.Hide()
	tokens.ShowRevoke(tokens.RevokeParams{
		Window: m.p.Window, Tokens: []client.Token{t}, Rules: m.p.Rules, Done: m.p.Revoked, Now: m.p.Now,
		Revoke: func(ctx context.Context, _ string) error { return m.p.Revoke(ctx, t) },
	})
}
