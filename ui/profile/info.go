package profile

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// Info is Profile ▸ Personal info: who is signed in, where.
func Info(me client.Me, server string) fyne.CanvasObject {
	role := i18n.T("info.user")
	if me.IsAdmin {
		role = i18n.T("info.admin")
	}
	form := container.NewVBox()
	for _, f := range [][2]string{
		{"info.name", me.Name},
		{"info.login", me.Login},
		{"info.email", me.Email},
		{"info.role", role},
		{"info.server", server},
	} {
		if f[1] == "" {
			continue
		}
		value := widget.NewLabel(f[1])
		value.Selectable = true
		form.Add(widgets.NewField(i18n.T(f[0]), widgets.Flush(value), ""))
	}
	header := widgets.NewHeader(i18n.T("info.title"), i18n.T("info.subtitle"))
	return widgets.NewScroll(container.New(layout.NewCustomPaddedLayout(18, 12, 22, 22), container.New(layout.NewCustomPaddedVBoxLayout(18), header, form)))
}
