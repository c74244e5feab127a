package tokens

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// listedAtMost is how many tokens the dialog names before it only counts.
const listedAtMost = 6

// RevokeParams is what the dialog that revokes tokens works with.
type RevokeParams struct {
	Window fyne.Window
	Tokens []client.Token
	OfApp  bool // they are of one application, so whose they are is said instead
	Rules  client.RevokeRule
	Revoke func(ctx context.Context, id string) error
	Done   func() // after the dialog closed, if any token has ended
	Now    func() time.Time
}

// Revoke is the dialog that revokes tokens: it says what will break, that it
// cannot be undone and how soon it works (requirements 83, 84).
type Revoke struct {
	p       RevokeParams
	dialog  *widgets.Dialog
	lines   []*widget.Label
	results []string // what became of the first tokens: keys of texts
	cancel  context.CancelFunc
}

// ShowRevoke opens the dialog.
func ShowRevoke(p RevokeParams) *Revoke {
	r := &Revoke{p: p}
	text := widget.NewLabel(i18n.T("revoke.text") + " " + soon(p.Rules.Within))
	text.Wrapping = fyne.TextWrapWord
	r.dialog = widgets.NewDialog(p.Window, i18n.N("revoke.title", len(p.Tokens)), "", container.NewVBox(r.list(), text))
	r.dialog.SetSubmit(i18n.N("revoke.submit", len(p.Tokens)), widget.DangerImportance, r.submit)
	r.dialog.SetCancel(i18n.T("dialog.cancel"), r.close)
	r.dialog.SetSize(fyne.NewSize(480, 0))
	r.dialog.Show()
	return r
}

func (r *Revoke) list() fyne.CanvasObject {
	box := container.NewVBox()
	for i, t := range r.p.Tokens {
		if i == listedAtMost {
			box.Add(widget.NewLabel(i18n.N("revoke.more", len(r.p.Tokens)-i)))
			break
		}
		belongs := t.App.Name
		if r.p.OfApp {
			belongs = subtitle(t, true)
		}
		line := widget.NewLabel(title(t) + "  ·  " + belongs + "  ·  " + usedText(t, r.p.Now()))
		line.Truncation = fyne.TextTruncateEllipsis
		r.lines = append(r.lines, line)
		box.Add(line)
	}
	return box
}

// usedText says whether somebody will miss the token.
func usedText(t client.Token, now time.Time) string {
	if t.LastUsedAt.IsZero() {
		return i18n.T("tokens.neverUsed")
	}
	return i18n.T("revoke.lastUsed", "When", i18n.Relative(t.LastUsedAt, now))
}

func soon(within time.Duration) string {
	if within == 0 {
		return i18n.T("revoke.atOnce")
	}
	return i18n.T("revoke.within", "Seconds", int(within.Seconds()))
}

func (r *Revoke) submit() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.dialog.SetError("", "", nil)
	r.dialog.SetBusy(true, i18n.T("revoke.busy"))
	left := r.p.Tokens[len(r.results):]
	task.Go(func() { r.revoke(ctx, left) })
}

// revoke goes through the tokens until one fails; those before it have ended.
func (r *Revoke) revoke(ctx context.Context, tokens []client.Token) {
	var results []string
	var err error
	for _, t := range tokens {
		var result string
		if result, err = r.revokeOne(ctx, t.ID); err != nil {
			break
		}
		results = append(results, result)
	}
	task.Do(func() { r.stopped(results, err) })
}

// revokeOne ends one token. One that the server no longer has is as wanted.
func (r *Revoke) revokeOne(ctx context.Context, id string) (result string, err error) {
	err = r.p.Revoke(ctx, id)
	if errors.Is(err, client.ErrNotFound) {
		return "revoke.gone", nil
	}
	return "revoke.done", err
}

func (r *Revoke) stopped(results []string, err error) {
	r.cancel()
	r.results = append(r.results, results...)
	r.dialog.SetBusy(false, "")
	if err == nil {
		r.close()
		return
	}
	done := len(r.results)
	for i := range min(done, len(r.lines)) {
		r.lines[i].SetText(i18n.T(r.results[i], "Name", title(r.p.Tokens[i])))
	}
	s := words.For(err)
	if done > 0 {
		s.Text = i18n.T("revoke.partly", "Done", done, "Left", len(r.p.Tokens)-done) + " " + s.Text
	}
	r.dialog.SetError(s.Text, s.Action, r.submit)
}

func (r *Revoke) close() {
	if r.dialog.Busy() {
		r.cancel()
		return
	}
	r.dialog.Hide()
	if len(r.results) > 0 {
		r.p.Done()
	}
}
