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
	seconds = []int{10, 30, 60, 120, 0} // 0: never
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

// ClipboardAfter is how long a copied secret stays on the clipboard; 0: until
// the program ends.
func ClipboardAfter(app fyne.App) time.Duration {
	return time.Duration(clipboardSeconds(app)) * time.Second
}

func themeName(app fyne.App) string {
	return app.Preferences().StringWithFallback(keyTheme, themes[0])
}

// clipboardSeconds is 30 for what nobody can have chosen.
func clipboardSeconds(app fyne.App) int {
	if n := app.Preferences().IntWithFallback(keyClipboard, 30); slices.Contains(seconds, n) {
		return n
	}
	return 30
}

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

	Kept       func() string // where the sign-in is kept, for people
	InFile     func() bool   // it is kept in the encrypted file
	FileLocked func() bool   // it would be, if that were not locked

	KeepInFile, ChangePassphrase, Forget func()                      // open a dialog; KeepInFile may be nil: it may not be had
	Move                                 func(context.Context) error // from the file to the keyring
	Moved                                func()                      // something of this has changed
}

// View is Settings.
type View struct {
	Content fyne.CanvasObject

	p         Params
	clipboard *widgets.Field
	kept      *widgets.Field // whether the sign-in is kept
	unkept    []*widgets.Button
	inFile    []*widgets.Button
	toFile    *widgets.Button // another: makes the file, or opens it again; nil: not now
	keyring   *widgets.Button // one of unkept: no help while it is the file that is locked
	demand    *fyne.Container // with the box that demands to sign in at each unlock
}

// New makes the view.
func New(p Params) *View {
	v := &View{p: p}
	look := widgets.NewChips(themeTexts(), max(slices.Index(themes, themeName(p.App)), 0), v.chooseTheme)
	after := widgets.NewChips(secondTexts(), max(slices.Index(seconds, clipboardSeconds(p.App)), 0), v.chooseSeconds)
	v.clipboard = widgets.NewField(i18n.T("settings.clipboard"), after, i18n.T("settings.clipboardHint"))
	v.warnOfNever()
	server := widget.NewLabel(p.Server)
	server.Selectable = true
	v.kept = widgets.NewField(i18n.T("settings.signIn"), v.keeping(), "")
	locking := v.locking()
	v.Refresh()
	form := container.New(layout.NewCustomPaddedVBoxLayout(12),
		widgets.NewField(i18n.T("settings.theme"), look, ""),
		v.clipboard,
		locking,
		widgets.NewField(i18n.T("settings.server"), widgets.Flush(server), i18n.T("settings.serverHint")),
		v.kept,
		widgets.NewField(i18n.T("settings.version"), widgets.Flush(widget.NewLabel(p.Version)), ""))
	header := widgets.NewHeader(i18n.T("settings.title"), i18n.T("settings.subtitle"))
	v.Content = widgets.NewScroll(container.New(layout.NewCustomPaddedLayout(18, 12, 22, 22), container.New(layout.NewCustomPaddedVBoxLayout(18), header, form)))
	return v
}

func (v *View) chooseTheme(i int) {
	v.p.App.Preferences().SetString(keyTheme, themes[i])
	Apply(v.p.App)
}

func (v *View) chooseSeconds(i int) {
	v.p.App.Preferences().SetInt(keyClipboard, seconds[i])
	v.warnOfNever()
}

func (v *View) warnOfNever() {
	v.clipboard.SetError("")
	if clipboardSeconds(v.p.App) == 0 {
		v.clipboard.SetError(i18n.T("settings.clipboardNever"))
	}
}

func themeTexts() []string {
	return []string{i18n.T("settings.system"), i18n.T("settings.light"), i18n.T("settings.dark")}
}

func secondTexts() []string {
	out := make([]string, len(seconds))
	for i, s := range seconds {
		out[i] = i18n.T("settings.seconds", "Seconds", s)
		if s == 0 {
			out[i] = i18n.T("settings.never")
		}
	}
	return out
}
