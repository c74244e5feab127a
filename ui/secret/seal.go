package secret

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/handover"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// seal is the dialog that encrypts the secret for a colleague's public key. The
// secret itself goes nowhere: what leaves is for the colleague alone to open.
type seal struct {
	d    *Dialog
	form handover.Form

	dialog *widgets.Dialog
	key    *widgets.Entry
	field  *widgets.Field
	toFile *widgets.Button
	to     handover.Recipient
}

func (d *Dialog) showSeal(form handover.Form) {
	s := &seal{d: d, form: form, key: widgets.NewEntry()}
	s.key.SetPlaceHolder(i18n.T("seal.example"))
	s.field = widgets.NewField(i18n.T("seal.key"), s.key, i18n.T("seal.hint"))
	s.dialog = widgets.NewDialog(d.window, i18n.T("seal.title"), i18n.T("seal.subtitle", "Form", d.form.Selected), s.field)
	s.toFile = s.dialog.AddAction(i18n.T("seal.save"), s.save)
	s.dialog.SetSubmit(i18n.T("seal.copy"), widget.HighImportance, s.copy)
	s.dialog.SetSize(fyne.NewSize(640, 0))
	s.dialog.OnClosed = func() { d.front = nil }
	s.key.OnChanged = s.changed
	s.changed("")
	d.front = s.dialog
	s.dialog.Show()
}

// changed checks the key as it is typed or pasted.
func (s *seal) changed(text string) {
	to, err := handover.ParseRecipient(text)
	s.to = to
	s.field.SetError("")
	s.field.SetHint(i18n.T("seal.hint"))
	switch {
	case err == nil:
		s.field.SetHint(i18n.T("seal.good", "Name", to.Name))
	case strings.TrimSpace(text) != "":
		s.field.SetError(words.For(err).Text)
	}
	s.dialog.SetSubmitEnabled(err == nil)
	if err == nil {
		s.toFile.Enable()
	} else {
		s.toFile.Disable()
	}
}

// sealed closes the dialog with what it made; not ok: it says why.
func (s *seal) sealed() (text string, ok bool) {
	open := s.form.Text(s.d.card())
	defer open.Wipe()
	text, err := s.to.Seal(open)
	if err != nil {
		s.field.SetError(words.For(err).Text)
		return "", false
	}
	s.dialog.Hide()
	return text, true
}

func (s *seal) copy() {
	if text, ok := s.sealed(); ok {
		s.d.startCopy(text, i18n.T("seal.copied", "Name", s.to.Name))
	}
}

func (s *seal) save() {
	text, ok := s.sealed()
	if !ok {
		return
	}
	name := s.form.FileName(s.d.card()) + ".age"
	s.d.showSave(i18n.T("seal.what", "Name", s.to.Name), name, client.NewSecret(text), func(path string) {
		s.d.say(widget.SuccessImportance, i18n.T("seal.saved", "Name", s.to.Name, "Path", path))
	})
}
