// Package passphrase has the dialogs about the passphrase of the encrypted file
// in which sign-ins are kept where there is no keyring: Choose sets one, Ask
// wants it.
package passphrase

import (
	"context"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// Whoever has the file may guess as long as they like.
const (
	shortest = 12 // characters that a passphrase has at least
	various  = 5  // and so many different ones
)

// ChooseParams is what Choose works with. Set may take a second; it gets the
// old passphrase if there is one.
type ChooseParams struct {
	Window fyne.Window
	Old    bool // there is a passphrase already, which is asked for too
	Set    func(ctx context.Context, old, passphrase client.Secret) error
	Done   func()
}

// choose is the dialog that sets a passphrase.
type choose struct {
	form
	p                   ChooseParams
	first, again        *widgets.Entry
	firstField, asField *widgets.Field
}

// Choose opens the dialog that sets a passphrase.
func Choose(p ChooseParams) {
	c := &choose{form: newForm(i18n.T("passphrase.old"), p.Done), p: p, first: hidden(), again: hidden()}
	c.firstField = widgets.NewField(i18n.T("passphrase.new"), c.first, i18n.T("passphrase.newHint", "Length", shortest))
	c.asField = widgets.NewField(i18n.T("passphrase.again"), c.again, "")
	widgets.SetVisible(c.field, p.Old)
	title, submit := i18n.T("passphrase.keep"), i18n.T("passphrase.keepSubmit")
	if p.Old {
		title, submit = i18n.T("passphrase.change"), i18n.T("passphrase.changeSubmit")
	}
	forgotten := widgets.NewBanner(widgets.Warn, i18n.T("passphrase.forgotten"), "", nil)
	c.dialog = widgets.NewDialog(p.Window, title, i18n.T("passphrase.keepText"), container.NewVBox(c.field, c.firstField, c.asField, forgotten))
	c.dialog.SetSubmit(submit, widget.HighImportance, c.submit)
	c.dialog.SetSize(fyne.NewSize(560, 0))
	c.dialog.OnClosed = func() { empty(c.entry, c.first, c.again) }
	if !p.Old {
		c.dialog.SetFirstFocus(c.first)
	}
	c.dialog.Show()
	c.dialog.Fit()
}

func (c *choose) submit() {
	c.field.SetError("")
	c.firstField.SetError("")
	c.asField.SetError("")
	if c.moved() || !c.valid() {
		return
	}
	c.begin(i18n.T("passphrase.busy"))
	old, passphrase := client.NewSecret(c.entry.Text), client.NewSecret(c.first.Text)
	task.Go(func() { c.set(context.Background(), old, passphrase) })
}

// moved takes Enter in a field that is well on to the next one, as long as nothing is in that.
func (c *choose) moved() bool {
	switch {
	case widgets.Focused(c.entry) && c.entry.Text != "" && c.first.Text == "":
		widgets.Focus(c.first)
	case widgets.Focused(c.first) && c.weakness() == "" && c.again.Text == "":
		widgets.Focus(c.again)
	default:
		return false
	}
	return true
}

// weakness says why the new passphrase is too easily guessed; empty: it is not.
func (c *choose) weakness() string {
	different := map[rune]bool{}
	for _, r := range c.first.Text {
		different[r] = true
	}
	switch {
	case utf8.RuneCountInString(c.first.Text) < shortest:
		return i18n.T("passphrase.short", "Length", shortest)
	case len(different) < various:
		return i18n.T("passphrase.uniform", "Count", various)
	}
	return ""
}

// valid says at each field what is wrong with it.
func (c *choose) valid() bool {
	if c.p.Old && !c.typed() {
		return false
	}
	weakness := c.weakness()
	switch {
	case weakness != "":
		c.firstField.SetError(weakness)
	case c.again.Text != c.first.Text:
		c.asField.SetError(i18n.T("passphrase.differs"))
	default:
		return true
	}
	c.dialog.Fit()
	return false
}

func (c *choose) set(ctx context.Context, old, passphrase client.Secret) {
	err := c.p.Set(ctx, old, passphrase)
	old.Wipe()
	passphrase.Wipe()
	task.Do(func() { c.ended(err, c.submit) })
}
