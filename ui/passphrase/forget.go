package passphrase

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// ForgetParams is what Forget works with.
type ForgetParams struct {
	Window fyne.Window
	Forget func(context.Context) error // may take a second
	Done   func()
}

// Forget asks whether the encrypted file, which is open, is to be deleted.
func Forget(p ForgetParams) {
	text := widget.NewLabel(i18n.T("passphrase.deleteText"))
	text.Wrapping = fyne.TextWrapWord
	d := widgets.NewDialog(p.Window, i18n.T("passphrase.delete"), "", widgets.Flush(text))
	d.SetSubmit(i18n.T("passphrase.forgetNow"), widget.DangerImportance, func() {
		d.SetBusy(true, i18n.T("passphrase.forgetting"))
		task.Go(func() { forget(context.Background(), d, p) })
	})
	d.SetSize(fyne.NewSize(480, 0))
	d.Show()
}

func forget(ctx context.Context, d *widgets.Dialog, p ForgetParams) {
	err := p.Forget(ctx)
	task.Do(func() {
		d.SetBusy(false, "")
		if err != nil {
			d.SetError(words.For(err).Text, "", nil)
			return
		}
		d.Hide()
		p.Done()
	})
}
