// Package settings keeps what a person chose about the program itself, in
// Fyne's preferences: plain text, so never a secret.
package settings

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

const (
	keyTheme     = "theme" // system, light, dark
	keyClipboard = "clipboardSeconds"
	keyLock      = "lockMinutes"
	keyLockSign  = "lockSignIn"
)

var (
	themes  = []string{"system", "light", "dark"}
	seconds = []int{10, 30, 60, 120}
)

// Apply gives the app the chosen theme.
func Apply(app fyne.App) {
	app.Settings().SetTheme(chosen(themeName(app)))
}

func chosen(name string) fyne.Theme {
	switch name {
	case "light":
		return theme.NewVariant(fynetheme.VariantLight)
	case "dark":
		return theme.NewVariant(fynetheme.VariantDark)
	}
	return theme.New()
}

// ClipboardAfter is how long a copied secret stays on the clipboard.
func ClipboardAfter(app fyne.App) time.Duration {
	return time.Duration(clipboardSeconds(app)) * time.Second
}

func themeName(app fyne.App) string {
	return app.Preferences().StringWithFallback(keyTheme, themes[0])
}

func clipboardSeconds(app fyne.App) int { return app.Preferences().IntWithFallback(keyClipboard, 30) }

// Params is what the view works with.
type Params struct {
	App     fyne.App
	Version string
	Server  string
	SignOut func()
	BuiltIn bool                        // the server is this program's own
	Relock  func()                      // another time to lock after was chosen
	Unkept  func() error                // why the sign-in ends with the program; nil: it is kept
	Keep    func(context.Context) error // tries the keyring again
}

// View is Settings.
type View struct {
	Content fyne.CanvasObject

	p    Params
	kept *widgets.Field // whether the sign-in is kept
	keep *widgets.Button
}

// New makes the view.
func New(p Params) *View {
	v := &View{p: p}
	look := widgets.NewChips(themeTexts(), max(slices.Index(themes, themeName(p.App)), 0), v.chooseTheme)
	clipboard := widgets.NewChips(secondTexts(), max(slices.Index(seconds, clipboardSeconds(p.App)), 0), v.chooseSeconds)
	server := widget.NewLabel(p.Server)
	server.Selectable = true
	v.keep = widgets.NewButton(i18n.T("settings.keep"), v.tryKeyring)
	v.kept = widgets.NewField(i18n.T("settings.signIn"), container.NewHBox(v.keep, widgets.NewButton(i18n.T("menu.signOut"), p.SignOut)), "")
	v.Refresh()
	form := container.New(layout.NewCustomPaddedVBoxLayout(12),
		widgets.NewField(i18n.T("settings.theme"), look, ""),
		widgets.NewField(i18n.T("settings.clipboard"), clipboard, i18n.T("settings.clipboardHint")),
		v.locking(),
		widgets.NewField(i18n.T("settings.server"), widgets.Flush(server), i18n.T("settings.serverHint")),
		v.kept,
		widgets.NewField(i18n.T("settings.version"), widgets.Flush(widget.NewLabel(p.Version)), ""))
	header := widgets.NewHeader(i18n.T("settings.title"), i18n.T("settings.subtitle"))
	v.Content = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(18, 12, 22, 22), container.New(layout.NewCustomPaddedVBoxLayout(18), header, form)))
	return v
}

// Refresh says again whether the sign-in is kept.
func (v *View) Refresh() {
	v.kept.SetError("")
	if v.p.Unkept() == nil {
		v.keep.Hide()
		v.kept.SetHint(i18n.T("status.kept"))
		return
	}
	v.keep.Show()
	v.kept.SetHint(i18n.T("status.untilQuit"))
}

// tryKeyring moves the sign-in into the keyring, as after it was unlocked.
func (v *View) tryKeyring() {
	v.keep.Disable()
	task.Go(func() { v.keepNow(context.Background()) })
}

func (v *View) keepNow(ctx context.Context) {
	err := v.p.Keep(ctx)
	fyne.Do(func() {
		v.keep.Enable()
		v.Refresh()
		if err != nil {
			v.kept.SetError(i18n.T("settings.notKept"))
		}
	})
}

func (v *View) chooseTheme(i int) {
	v.p.App.Preferences().SetString(keyTheme, themes[i])
	Apply(v.p.App)
}

func (v *View) chooseSeconds(i int) {
	v.p.App.Preferences().SetInt(keyClipboard, seconds[i])
}

func themeTexts() []string {
	return []string{i18n.T("settings.system"), i18n.T("settings.light"), i18n.T("settings.dark")}
}

func secondTexts() []string {
	out := make([]string, len(seconds))
	for i, s := range seconds {
		out[i] = i18n.T("settings.seconds", "Seconds", s)
	}
	return out
}
