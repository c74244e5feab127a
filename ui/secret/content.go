package secret

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/tokens"
	"keyfob/ui/widgets"
)

// bottom stays in sight: what came of testing, saving and sealing, and what the
// dialog waits for before it closes, the check box or a question in its place.
func (d *Dialog) bottom() fyne.CanvasObject {
	d.stored = widgets.NewCheck(i18n.T("secret.stored"), d.tick)
	d.storedLine = widgets.Flush(d.stored)
	d.ask = newQuestion(d.goBack)
	if d.p.Revoke != nil {
		d.ask.revoke.OnTapped = d.startRevoke
	} else {
		d.ask.revoke.Hide()
	}
	d.result = newStatus("")
	d.sayActivation()
	return container.New(layout.NewCustomPaddedVBoxLayout(6), d.result.box, d.storedLine, d.ask.box)
}

// content is the dialog from the sentence that this is the only time on.
func (d *Dialog) content() fyne.CanvasObject {
	d.status = newStatus(i18n.T("secret.notYet"))
	return container.New(layout.NewCustomPaddedVBoxLayout(10),
		widgets.NewBanner(widgets.Warn, i18n.T("secret.once"), "", nil),
		d.box(),
		d.status.box,
		container.New(layout.NewCustomPaddedVBoxLayout(0), d.uses(), widgets.Flush(d.forWhom)),
		widgets.Flush(widgets.NewQuiet(i18n.T("secret.guidance", "Name", actsAs(d.p.Token)), theme.SizeNameCaption)),
	)
}

// box holds the secret itself and what can be done with it.
func (d *Dialog) box() fyne.CanvasObject {
	d.value = newValue(d.p.Secret, d.p.Token.Hint)
	d.hold = newHoldButton(i18n.T("secret.hold"), d.reveal, d.Leave)
	d.copyIt = widgets.NewButton(i18n.T("secret.copy"), d.copyPlain)
	d.copyIt.Importance = widget.HighImportance
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(10), d.hold, d.copyIt)
	row := container.NewBorder(nil, nil, nil, container.NewCenter(buttons), d.value)
	return widgets.NewPanel(theme.ColorNameNeutralBack, container.New(layout.NewCustomPaddedLayout(14, 14, 14, 14), row))
}

// subtitle names the token: what it is for, its kind, its scopes, its end.
func subtitle(t client.Token) string {
	parts := []string{t.Description, t.App.Name, tokens.KindText(t.Kind), strings.Join(t.Scopes, ", "), expiry(t)}
	named := parts[:0]
	for _, p := range parts {
		if p != "" {
			named = append(named, p)
		}
	}
	return strings.Join(named, " · ")
}

func expiry(t client.Token) string {
	if t.ExpiresAt.IsZero() {
		return i18n.T("secret.neverExpires")
	}
	return i18n.T("secret.expires", "Date", i18n.Date(t.ExpiresAt))
}

// actsAs names whom a holder of the token acts as.
func actsAs(t client.Token) string {
	for _, name := range []string{t.ActsAs.Name, t.ActsAs.Login, t.App.Name} {
		if name != "" {
			return name
		}
	}
	return i18n.T("secret.you")
}

// status is a line that tells the truth, about the clipboard or the server.
type status struct {
	line *widget.Label
	box  fyne.CanvasObject // hidden while there is nothing to tell
}

func newStatus(text string) *status {
	s := &status{line: widgets.NewQuiet(text, theme.SizeNameSmallText)}
	s.line.Wrapping = fyne.TextWrapWord
	s.box = widgets.Flush(s.line)
	widgets.SetVisible(s.box, text != "")
	return s
}

func (s *status) say(how widget.Importance, text string) {
	s.line.Importance = how
	s.line.SetText(text)
	widgets.SetVisible(s.box, text != "")
}

// question asks in place of the check box; the way back is where the focus is.
type question struct {
	box    fyne.CanvasObject
	text   *widget.Label
	revoke *widgets.Button
	other  *widgets.Button
	back   *widgets.Button
}

func newQuestion(goBack func()) *question {
	q := &question{
		text:   widget.NewLabel(""),
		revoke: widgets.NewButton(i18n.T("secret.revokeNow"), nil),
		other:  widgets.NewButton("", nil),
		back:   widgets.NewButton(i18n.T("secret.goBack"), goBack),
	}
	q.text.Wrapping = fyne.TextWrapWord
	q.revoke.Importance = widget.DangerImportance
	q.box = widgets.NewQuestion(q.text, q.revoke, q.other, layout.NewSpacer(), q.back)
	q.box.Hide()
	return q
}

// put asks text; other is a further answer, if it has a name.
func (q *question) put(text, other string, do func()) {
	q.text.SetText(text)
	q.other.OnTapped = do
	q.other.SetText(other)
	widgets.SetVisible(q.other, other != "")
}

// offer has the other answer say what else it does, where there is one.
func (q *question) offer(other string) {
	if q.other.Visible() {
		q.other.SetText(other)
	}
}

func (q *question) focus() { widgets.Focus(q.back) }
