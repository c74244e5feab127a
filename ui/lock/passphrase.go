package lock

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// makeField is where the passphrase is given, if one is asked for.
func (s *Screen) makeField() fyne.CanvasObject {
	s.entry = widgets.NewEntry()
	s.entry.Password = true
	s.entry.OnSubmitted = func(string) { s.startUnlock() }
	s.field = widgets.NewField(i18n.T("passphrase.passphrase"), s.entry, "")
	box := container.New(narrow{}, s.field)
	widgets.SetVisible(box, s.p.Open != nil)
	return box
}

// startOpen takes the passphrase out of the field: nobody may come upon it there.
func (s *Screen) startOpen() {
	if s.entry.Text == "" {
		s.field.SetError(i18n.T("passphrase.empty"))
		s.middle.Refresh() // it takes another line
		return
	}
	given := client.NewSecret(s.entry.Text)
	s.entry.SetText("")
	s.start(i18n.T("lock.opening"), func(ctx context.Context) error {
		defer given.Wipe()
		return s.p.Open(ctx, given)
	})
}

// wrong says a wrong passphrase at its field.
func (s *Screen) wrong(err error) bool {
	if s.p.Open == nil || !errors.Is(err, client.ErrPassphrase) {
		return false
	}
	s.field.SetError(i18n.T("passphrase.wrong"))
	if s.p.SignIn == nil {
		s.say(i18n.T("lock.forgotten"), widget.LowImportance)
	}
	s.middle.Refresh() // it takes another line
	return true
}

// enableField lets the passphrase be given, or not while something is waited for.
func (s *Screen) enableField(on bool) {
	if on {
		s.entry.Enable()
		return
	}
	s.entry.Disable()
}
