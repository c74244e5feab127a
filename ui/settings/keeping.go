package settings

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// keeping is what can be done about where the sign-in is kept.
func (v *View) keeping() fyne.CanvasObject {
	v.keyring = widgets.NewButton(i18n.T("settings.keep"), func() { v.start(v.p.Keep) })
	v.unkept = []*widgets.Button{v.keyring}
	if v.p.KeepInFile != nil {
		v.toFile = widgets.NewButton(i18n.T("settings.keepInFile"), v.p.KeepInFile)
		v.unkept = append(v.unkept, v.toFile)
	}
	v.inFile = []*widgets.Button{
		widgets.NewButton(i18n.T("settings.passphrase"), v.p.ChangePassphrase),
		widgets.NewButton(i18n.T("settings.move"), func() { v.start(v.p.Move) }),
		widgets.NewButton(i18n.T("settings.forget"), v.p.Forget),
	}
	box := widgets.NewFlow(fynetheme.Padding())
	for _, b := range v.buttons() {
		box.Add(b)
	}
	box.Add(widgets.NewButton(i18n.T("menu.signOut"), v.p.SignOut))
	return box
}

func (v *View) buttons() []*widgets.Button {
	return slices.Concat(v.unkept, v.inFile)
}

// Refresh says again where the sign-in is kept.
func (v *View) Refresh() {
	v.kept.SetError("")
	v.kept.SetHint(v.p.Kept())
	locked := v.p.FileLocked()
	unkept := v.p.Unkept() != nil || locked
	for _, b := range v.unkept {
		widgets.SetVisible(b, unkept)
	}
	if v.toFile != nil {
		v.toFile.SetText(i18n.T(map[bool]string{true: "signin.openFile", false: "settings.keepInFile"}[locked]))
	}
	for _, b := range v.inFile {
		widgets.SetVisible(b, !unkept && v.p.InFile())
	}
	widgets.SetVisible(v.keyring, unkept && !locked)
	v.keepFocus()
	widgets.SetVisible(v.demand, !v.p.BuiltIn && !v.p.InFile())
}

// keepFocus moves the focus from a button that is gone to the first of those
// that have come for it.
func (v *View) keepFocus() {
	all := v.buttons()
	shown := slices.IndexFunc(all, func(b *widgets.Button) bool { return b.Visible() })
	if shown >= 0 && slices.ContainsFunc(all, func(b *widgets.Button) bool { return widgets.Focused(b) }) {
		widgets.TakeFocus(all[shown])
	}
}

// start does what may wait for the keyring.
func (v *View) start(do func(context.Context) error) {
	for _, b := range v.buttons() {
		b.Disable()
	}
	task.Go(func() { v.run(context.Background(), do) })
}

func (v *View) run(ctx context.Context, do func(context.Context) error) {
	err := do(ctx)
	task.Do(func() {
		for _, b := range v.buttons() {
			b.Enable()
		}
		v.Refresh()
		v.p.Moved()
		if err != nil {
			v.kept.SetError(i18n.T("settings.notKept"))
		}
	})
}
