package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// look is the dialog for a connection's name and colour; it shows also what
// else is fixed about it.
type look struct {
	u      *UI
	saved  connect.Saved
	dialog *widgets.Dialog
	name   *widgets.Entry
	colour *widgets.Chips
}

func showLook(u *UI, s connect.Saved, closed func()) {
	l := &look{u: u, saved: s, name: widgets.NewEntry()}
	plain := s
	plain.Label = ""
	l.name.PlaceHolder = serverName(plain)
	l.name.SetText(s.Label)
	field := widgets.NewField(i18n.T("connection.name"), l.name, i18n.T("connection.nameHint"))
	l.colour = widgets.NewChips(colourNames(), max(slices.Index(connect.Colours, s.Colour), 0), nil)
	content := container.NewVBox(
		field,
		widgets.NewField(i18n.T("connection.colour"), l.colour, ""),
		widgets.NewField(i18n.T("settings.server"), fact(s.Address), ""))
	if !s.BuiltIn { // which signs in by itself
		content.Add(widgets.NewField(i18n.T("connection.way"), fact(i18n.T(wayTexts[s.Way])), ""))
	}
	if certs, err := connect.Certificates([]byte(s.CA)); err == nil {
		content.Add(widgets.NewField(i18n.T("connection.ca"), fact(signin.Fingerprints(certs)), ""))
	}
	l.dialog = widgets.NewDialog(u.window, i18n.T("connection.change", "Name", fullName(s)), "", content)
	l.dialog.SetSubmit(i18n.T("app.save"), widget.HighImportance, l.submit)
	l.dialog.SetSize(fyne.NewSize(640, 0))
	l.dialog.OnClosed = closed
	was := l.colour.Selected()
	l.dialog.SetEntered(func() bool { return l.name.Text != s.Label || l.colour.Selected() != was })
	l.name.OnChanged = func(text string) {
		unseen := words.Unseen(text)
		field.SetError(unseen)
		l.dialog.SetSubmitEnabled(unseen == "")
		l.dialog.Fit()
	}
	l.dialog.Show()
}

var wayTexts = map[connect.Way]string{
	connect.Browser: "signin.wayBrowser", connect.Device: "signin.wayDevice", connect.Token: "signin.wayToken",
}

func fact(text string) fyne.CanvasObject {
	l := widgets.NewQuiet(text, theme.SizeNameText)
	l.Importance, l.Selectable = widget.MediumImportance, true
	l.Wrapping = fyne.TextWrapBreak
	return widgets.Flush(l)
}

func colourNames() []string {
	return []string{
		i18n.T("colour.blue"), i18n.T("colour.green"), i18n.T("colour.violet"),
		i18n.T("colour.amber"), i18n.T("colour.teal"), i18n.T("colour.rose"),
	}
}

func (l *look) submit() {
	label, colour := strings.TrimSpace(l.name.Text), connect.Colours[l.colour.Selected()]
	l.dialog.SetBusy(true, i18n.T("app.saving"))
	task.Go(func() {
		err := l.u.cfg.Connector.SetLook(l.saved.Key(), label, colour)
		task.Do(func() { l.saveEnded(err) })
	})
}

func (l *look) saveEnded(err error) {
	l.dialog.SetBusy(false, "")
	if err != nil {
		l.dialog.SetError(i18n.T("status.unsaved"), "", nil)
		return
	}
	l.dialog.Hide()
}

// removal is the dialog that removes a connection and then says, step by step,
// what came of it.
type removal struct {
	u      *UI
	saved  connect.Saved
	done   func()
	body   *fyne.Container
	dialog *widgets.Dialog
}

// showRemove calls closed at the end, and then done if it was removed.
func showRemove(u *UI, s connect.Saved, done, closed func()) {
	what := "remove.text"
	switch {
	case s.Way == connect.Token:
		what = "remove.pasted"
	case s.Revoked:
		what = "remove.ended"
	}
	text := widget.NewLabel(i18n.T(what, "Name", fullName(s)))
	text.Wrapping = fyne.TextWrapWord
	r := &removal{u: u, saved: s, done: done, body: container.New(layout.NewCustomPaddedVBoxLayout(6), widgets.Flush(text))}
	r.dialog = widgets.NewDialog(u.window, i18n.T("remove.title"), fullName(s), r.body)
	r.dialog.SetSubmit(i18n.T("remove.submit"), widget.DangerImportance, r.submit)
	r.dialog.SetSize(fyne.NewSize(480, 0))
	r.dialog.OnClosed = closed
	r.dialog.Show()
}

func (r *removal) submit() {
	r.dialog.SetBusy(true, i18n.T("signOut.busy", "Server", serverName(r.saved)))
	task.Go(r.remove)
}

func (r *removal) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	clipboard := r.u.cfg.Clipboard.Clear(ctx) // it may hold a token of this connection
	err := r.u.cfg.Connector.Remove(ctx, r.saved)
	task.Do(func() { r.ended(err, clipboard) })
}

func (r *removal) ended(err, clipboard error) {
	r.dialog.SetBusy(false, "")
	r.dialog.SetTitle(i18n.T("remove.done"))
	r.u.unsettled = err
	r.body.RemoveAll()
	if clipboard != nil {
		r.body.Add(widgets.NewBanner(widgets.Bad, i18n.T("secret.clearFailed"), "", nil))
	}
	for _, s := range words.SignOutSteps(err, r.saved.Way == connect.Token) {
		kind := widgets.Good
		switch {
		case !s.Done:
			kind = widgets.Bad
		case s.GoesOn:
			kind = widgets.Warn
		}
		r.body.Add(widgets.NewBanner(kind, s.Text, "", nil))
	}
	leaving := r.u.cfg.Connector.Leaving()
	if slices.ContainsFunc(leaving, func(s connect.Saved) bool { return s.Key() == r.saved.Key() }) {
		r.body.Add(widgets.Flush(widgets.NewQuiet(r.u.triesAgain(), theme.SizeNameSmallText)))
	}
	r.dialog.SetCancel("", r.close)
	r.dialog.SetSubmit(i18n.T("connections.close"), widget.HighImportance, r.close)
}

// triesAgain says when a sign-out that is not confirmed is tried again.
func (u *UI) triesAgain() string {
	if u.cfg.Unkept() != nil {
		return i18n.T("leaving.againHere")
	}
	return i18n.T("leaving.again")
}

func (r *removal) close() {
	r.dialog.Hide()
	r.done()
}
