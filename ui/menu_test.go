package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/google/go-cmp/cmp"

	"keyfob/ui/theme"
)

// Fyne writes keys into its menus at a contrast of 1.8. A test of the theme says that its own colour can be read there.
func TestEveryTextOfTheMenusCanBeRead(t *testing.T) {
	d := signedIn(t)
	for _, variant := range []fyne.ThemeVariant{fynetheme.VariantLight, fynetheme.VariantDark} {
		d.ui.cfg.App.Settings().SetTheme(theme.NewVariant(variant))
		for _, menu := range d.ui.menu().Items {
			for _, text := range writtenIn(menu) {
				want := theme.Color(fynetheme.ColorNameForeground)
				if isGrey(menu, text.Text) {
					want = theme.Color(fynetheme.ColorNameDisabled)
				}
				if text.Color != want {
					t.Errorf("variant %d: %q is written in %v, not in %v", variant, text.Text, text.Color, want)
				}
			}
		}
	}
}

// isGrey reports whether text is of an item that cannot be chosen.
func isGrey(menu *fyne.Menu, text string) bool {
	return slices.ContainsFunc(menu.Items, func(m *fyne.MenuItem) bool { return m.Disabled && m.Label == text })
}

func writtenIn(menu *fyne.Menu) []*canvas.Text {
	var out []*canvas.Text
	for _, o := range test.LaidOutObjects(widget.NewMenu(menu)) {
		if text, ok := o.(*canvas.Text); ok {
			out = append(out, text)
		}
	}
	return out
}

func TestTheMenusSayTheKeysThatTheyAnswer(t *testing.T) {
	d := signedIn(t)
	said := map[string]bool{}
	for _, menu := range d.ui.menu().Items {
		for _, text := range writtenIn(menu) {
			said[text.Text] = true
		}
	}
	for _, want := range []string{"Create… (Ctrl+N)", "Settings… (Ctrl+,)", "Tokens (Ctrl+2)", "Built-in server · Ada Admin (Ctrl+Shift+1)"} {
		if !said[want] {
			t.Errorf("no menu says %q; they say %v", want, said)
		}
	}
	d.Shortcut(fyne.KeyComma)
	d.Has("Appearance")
}

// barred is a window with a menu bar as that of the desktop, which the test driver has not.
type barred struct {
	fyne.Window
	bar *bar
}

type bar struct {
	fyne.Canvas
	opened int
}

func (b barred) Canvas() fyne.Canvas { return b.bar }

func (b *bar) ToggleMenu() { b.opened++ }

func TestF10OpensTheMenuBarWhateverHasTheFocus(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	bar := &bar{Canvas: d.ui.window.Canvas()}
	d.ui.window = barred{d.ui.window, bar}
	places := map[fyne.Focusable]bool{}
	for range 20 { // round the window
		places[bar.Focused()] = true
		before := bar.opened
		d.Press(fyne.KeyF10)
		if bar.opened != before+1 {
			t.Errorf("with the focus on %T the bar does not open", bar.Focused())
		}
		d.Press(fyne.KeyTab)
	}
	if len(places) < 8 {
		t.Errorf("Tab came to %d places only", len(places))
	}
	before := bar.opened
	d.Shortcut(fyne.KeyN)
	d.Press(fyne.KeyF10)
	if bar.opened != before {
		t.Error("the bar opens behind a dialog")
	}
}

// grey are the items of the window's menu that cannot be chosen, without their keys.
func (d *desk) grey() []string {
	var out []string
	for _, menu := range d.ui.window.MainMenu().Items {
		for _, m := range menu.Items {
			if name, _, _ := strings.Cut(m.Label, " ("); m.Disabled {
				out = append(out, name)
			}
		}
	}
	return out
}

func TestWhatCanDoNothingIsGreyInTheMenu(t *testing.T) {
	d := open(t)
	want := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, d.grey()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	want("on the first screen", "Create…", "Refresh", "Settings…", "Lock now", "Sign out")
	d.Tap("Use the built-in server")
	want("without a token", "Revoke…")
	d.create("Nightly export")
	want("with a token")
	d.Tap("Settings")
	want("in the settings", "Revoke…")
	d.Tap("Tokens")
	want("back at the tokens")
}

func TestLockingIsGreyOnlyWhereThereIsNothingToLock(t *testing.T) {
	wants := func(d *desk, when string, grey bool) {
		t.Helper()
		if slices.Contains(d.grey(), "Lock now") != grey {
			t.Errorf("%s the grey items are %q", when, d.grey())
		}
	}
	d, remote := openRemote(t, "ada")
	wants(d, "on the first screen", true)
	if d.Shortcut(fyne.KeyL); d.ui.lockNext {
		t.Error("its key locks what it comes to")
	}
	d.ui.cfg.OpenURL = func(string) error { return nil }
	d.Press(fyne.KeyTab)
	d.Type(remote.URL)
	d.Begin(fyne.KeyReturn)
	d.Await("Open it again", "")
	wants(d, "while somebody signs in", false)
	d.Await("Cancel", "Cancel")
	d.Has("Use the built-in server")
	wants(d, "once that is given up", true)

	d, _ = openAsking(t)
	d.Await("Waiting for your keyring. It may have asked for its password.", "")
	wants(d, "while the last connection opens", false)
	d.Await("Do not wait for the keyring", "")
	wants(d, "while it may still come up", false)
	d.Await("Do not wait for the keyring", "Do not wait for the keyring")
	d.Has("Your keyring was not opened")
	wants(d, "once it does not", true)

	b, remote, _ := inFileAt(t)
	remote.SetGone(true)
	d = b.start(t)
	d.give(thePassphrase)
	d.Has("could not be opened")
	wants(d, "with the file open", false)
	d.ui.Lock()
	d.Has("could not be opened")
	wants(d, "with the file locked", true)
}
