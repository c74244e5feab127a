package passphrase

import (
	"errors"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// form is what the dialogs have in common: the passphrase that there is, and how
// they end.
type form struct {
	dialog *widgets.Dialog
	field  *widgets.Field
	entry  *widgets.Entry // inside field
	done   func()
}

func newForm(label string, done func()) form {
	e := hidden()
	return form{entry: e, field: widgets.NewField(label, e, ""), done: done}
}

// begin says what is being done.
func (f *form) begin(doing string) {
	f.field.SetError("")
	f.dialog.SetError("", "", nil)
	f.dialog.SetBusy(true, doing)
}

// typed reports whether there is a passphrase to try; it asks for one if not.
func (f *form) typed() bool {
	if f.entry.Text != "" {
		return true
	}
	f.field.SetError(i18n.T("passphrase.empty"))
	f.dialog.Fit()
	widgets.Focus(f.entry)
	return false
}

// ended says how that ended; again does the same once more. A dialog that was taken
// away meanwhile has nothing to say and leads nowhere.
func (f *form) ended(err error, again func()) {
	if !f.dialog.Shown() {
		return
	}
	f.dialog.SetBusy(false, "")
	switch {
	case errors.Is(err, client.ErrPassphrase):
		f.field.SetError(i18n.T("passphrase.wrong"))
		f.dialog.Fit()
		f.entry.SetText("")
		widgets.Focus(f.entry)
	case err != nil:
		s := words.For(err)
		f.dialog.SetError(s.Text, s.Action, again)
	default:
		f.dialog.Hide()
		f.done()
	}
}

func hidden() *widgets.Entry {
	e := widgets.NewEntry()
	e.Password = true
	return e
}

func empty(entries ...*widgets.Entry) {
	for _, e := range entries {
		e.SetText("")
	}
}
