package settings_test

import (
	"context"
	"errors"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/ui/settings"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
)

// opened is Settings on screen, with what it was given.
type opened struct {
	*uitest.Screen
	app       *uitest.App
	content   fyne.CanvasObject
	signedOut int
	unkept    error
	keep      error // what the keyring answers
	where     string
	inFile    bool
	locked    bool // the file
	moved     int
}

func open(t *testing.T) *opened {
	t.Helper()
	o := &opened{app: uitest.NewApp(t)}
	settings.Apply(o.app)
	o.show(t)
	return o
}

// show opens the view, as at the next start.
func (o *opened) show(t *testing.T) {
	t.Helper()
	v := settings.New(settings.Params{
		App: o.app, Version: "1.2.3", Server: "https://tokens.example.com",
		SignOut:    func() { o.signedOut++ },
		KeepInFile: func() {},
		Unkept:     func() error { return o.unkept },
		Keep:       func(context.Context) error { return o.tryKeyring() },
		Kept:       func() string { return o.where },
		InFile:     func() bool { return o.inFile || o.locked },
		FileLocked: func() bool { return o.locked },
		Move: func(context.Context) error {
			o.inFile = o.keep != nil
			return o.keep
		},
		Moved: func() { o.moved++ },
	})
	o.content = v.Content
	w := test.NewTempWindow(t, v.Content)
	w.Resize(fyne.NewSize(800, 600))
	o.Screen = uitest.Of(t, w)
}

func (o *opened) tryKeyring() error {
	if o.keep == nil {
		o.unkept = nil
	}
	return o.keep
}

// background is the colour behind the views, as drawn now.
func (o *opened) background() color.Color {
	s := o.app.Settings()
	return s.Theme().Color(fynetheme.ColorNameBackground, s.ThemeVariant())
}

func of(variant fyne.ThemeVariant) color.Color {
	return theme.NewVariant(variant).Color(fynetheme.ColorNameBackground, variant)
}

func TestChosenThemeIsThereAtOnceAndAtTheNextStart(t *testing.T) {
	o := open(t)
	for _, c := range []struct {
		name    string
		variant fyne.ThemeVariant
	}{{"Dark", fynetheme.VariantDark}, {"Light", fynetheme.VariantLight}, {"Dark", fynetheme.VariantDark}} {
		o.Choose("Appearance", c.name)
		if got, want := o.background(), of(c.variant); got != want {
			t.Errorf("%s: the background is %v, want %v", c.name, got, want)
		}
	}
	o.app.Settings().SetTheme(theme.New())
	settings.Apply(o.app)
	if got, want := o.background(), of(fynetheme.VariantDark); got != want {
		t.Errorf("next start: the background is %v, want %v", got, want)
	}
}

func TestItFitsANarrowWindowWithAllItsButtons(t *testing.T) {
	o := open(t)
	o.inFile = true
	o.show(t)
	o.Has("Change passphrase…", "Sign out")
	if width := o.content.MinSize().Width; width > 640-224-4 { // beside the sidebar
		t.Errorf("it needs %v", width)
	}
}

func TestClipboardSecondsAreKept(t *testing.T) {
	o := open(t)
	if got := settings.ClipboardAfter(o.app); got != 30*time.Second {
		t.Errorf("without a choice: %v", got)
	}
	o.Choose("Clear the clipboard after", "60 s")
	o.show(t)
	if got := settings.ClipboardAfter(o.app); got != time.Minute {
		t.Errorf("kept: %v", got)
	}
}

func TestNeverClearingTheClipboardIsWarnedOf(t *testing.T) {
	o := open(t)
	o.HasNot("Every program can read it there.")
	o.Choose("Clear the clipboard after", "Never")
	o.Has("Every program can read it there.")
	o.show(t)
	o.Has("Every program can read it there.")
	if got := settings.ClipboardAfter(o.app); got != 0 {
		t.Errorf("kept: %v", got)
	}
	o.Choose("Clear the clipboard after", "10 s")
	o.HasNot("Every program can read it there.")
}

func TestASettingThatNobodyCanHaveChosenIsNotObeyed(t *testing.T) {
	o := open(t)
	for _, n := range []int{-1, 1, 86_400} {
		o.app.Preferences().SetInt("clipboardSeconds", n)
		if got := settings.ClipboardAfter(o.app); got != 30*time.Second {
			t.Errorf("%d: %v", n, got)
		}
	}
}

func TestSigningOutIsOneTap(t *testing.T) {
	o := open(t)
	o.Has("https://tokens.example.com", "1.2.3")
	o.Tap("Sign out")
	if o.signedOut != 1 {
		t.Errorf("signed out %d times", o.signedOut)
	}
}

func TestKeyringIsTriedAgainOnlyWhereTheSignInIsNotKept(t *testing.T) {
	o := open(t)
	o.HasNot("Try the keyring again", "Keep in an encrypted file…", "Change passphrase…")

	o.unkept, o.keep, o.where = errors.New("locked"), errors.New("still locked"), "nowhere"
	o.show(t)
	o.Has("nowhere", "Keep in an encrypted file…")
	o.locked = true
	o.show(t)
	o.Has("Open the encrypted file…")
	o.HasNot("Keep in an encrypted file…", "Try the keyring again")
	o.locked = false
	o.show(t)
	o.Tap("Try the keyring again")
	o.Has("Your keyring did not take it.")
	o.keep, o.where = nil, "in the keyring"
	o.Tap("Try the keyring again")
	o.Has("in the keyring")
	o.HasNot("Try the keyring again", "Keep in an encrypted file…")
}

func TestWhatIsInAFileMovesToTheKeyringOnceItIsThere(t *testing.T) {
	o := open(t)
	o.inFile, o.keep = true, errors.New("no keyring")
	o.show(t)
	o.Has("Change passphrase…", "Delete the file…")
	o.HasNot("Try the keyring again")
	o.Tap("Move to the keyring")
	o.Has("Your keyring did not take it.", "Change passphrase…")
	o.keep = nil
	o.Tap("Move to the keyring")
	o.HasNot("Your keyring did not take it.", "Change passphrase…", "Delete the file…")
	if o.moved != 2 {
		t.Errorf("told %d times", o.moved)
	}
}
