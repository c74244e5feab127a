package passphrase

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// AskParams is what Ask works with. Open and Forget may take a second.
type AskParams struct {
	Window fyne.Window
	Server string // what cannot be opened without the file; empty: nothing yet
	Begun  func() // the person gives a passphrase, which Open is to try; on the UI thread
	Open   func(context.Context, client.Secret) error
	Forget func(context.Context) error
	Done   func() // the file is open, or forgotten
	Skip   func() // not now
}

// ask is the dialog that wants the passphrase.
type ask struct {
	form
	p AskParams
}

// Ask opens the dialog that wants the passphrase.
func Ask(p AskParams) {
	a := &ask{newForm(i18n.T("passphrase.passphrase"), p.Done), p}
	text := i18n.T("passphrase.askText")
	if p.Server != "" {
		text = i18n.T("passphrase.askFor", "Server", p.Server)
	}
	a.dialog = widgets.NewDialog(p.Window, i18n.T("passphrase.ask"), text, container.NewVBox(a.field))
	a.dialog.SetSubmit(i18n.T("passphrase.open"), widget.HighImportance, a.submit)
	a.dialog.SetCancel(i18n.T("passphrase.skip"), a.skip)
	a.dialog.AddAction(i18n.T("passphrase.forget"), a.confirm)
	a.dialog.SetMainFirst()
	a.dialog.SetSize(fyne.NewSize(560, 0))
	a.dialog.OnClosed = func() { empty(a.entry) }
	a.dialog.Show()
	a.dialog.Fit()
}

func (a *ask) submit() {
	if !a.typed() {
		return
	}
	a.p.Begun()
	a.begin(i18n.T("passphrase.opening"))
	given := client.NewSecret(a.entry.Text)
	task.Go(func() { a.open(context.Background(), given) })
}

func (a *ask) open(ctx context.Context, given client.Secret) {
	err := a.p.Open(ctx, given)
	given.Wipe()
	task.Do(func() { a.ended(err, a.submit) })
}

// confirm says what forgetting means, and waits for another press.
func (a *ask) confirm() {
	a.dialog.SetError(i18n.T("passphrase.forgetText"), i18n.T("passphrase.forgetNow"), a.forget)
}

func (a *ask) forget() {
	a.begin(i18n.T("passphrase.forgetting"))
	task.Go(func() {
		err := a.p.Forget(context.Background())
		task.Do(func() { a.ended(err, a.forget) })
	})
}

func (a *ask) skip() {
	if !a.dialog.Busy() {
		a.dialog.Hide()
		a.p.Skip()
	}
}
