package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// Crash is how an earlier run ended, if it did by a bug.
type Crash struct {
	File string // empty: it did not
	Text string
	Told func() // the person has seen it
}

// tellCrash says where the file is, and shows it if asked to.
func (u *UI) tellCrash() {
	c := u.cfg.Crash
	if c.File == "" {
		return
	}
	text := widget.NewLabel(i18n.T("crash.text", "File", c.File))
	text.Wrapping = fyne.TextWrapBreak // a path has no blanks
	content := container.NewVBox(text)
	d := widgets.NewDialog(u.window, i18n.T("crash.title"), "", content)
	d.SetSize(fyne.NewSize(640, 0))
	d.SetSubmit(i18n.T("crash.close"), widget.HighImportance, d.Hide)
	d.SetCancel("", d.Hide)
	d.OnClosed = c.Told
	var show *widgets.Button
	show = d.AddAction(i18n.T("crash.show"), func() {
		show.Disable()
		content.Add(crashFile(c.Text))
		d.Fit()
	})
	d.Show()
}

func crashFile(text string) fyne.CanvasObject {
	file := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
	file.SizeName, file.Selectable = theme.SizeNameCaption, true
	scroll := widgets.NewScrollBoth(file)
	scroll.SetMinSize(fyne.NewSize(0, 260))
	return scroll
}
