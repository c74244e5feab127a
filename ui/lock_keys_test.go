package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"keyfob/ui/widgets"
)

func TestAClickBesideTheButtonsOfTheLockLeavesTheKeysThere(t *testing.T) {
	d := signedIn(t)
	d.ui.Lock()
	d.Has(isLocked, "Press Enter to unlock.")
	d.ui.window.Canvas().Unfocus() // as Fyne does when the button of the mouse goes down
	test.TapCanvas(d.ui.window.Canvas(), fyne.NewPos(20, 20))
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
}

// Fyne tells nobody of keys and movements: our parts must.
func TestKeysAndThePointerCountAsUse(t *testing.T) {
	d := signedIn(t)
	used := 0
	widgets.OnUse(func() { used++ })
	t.Cleanup(func() { widgets.OnUse(func() {}) })
	counts := func(what string, do func()) {
		t.Helper()
		before := used
		if do(); used == before {
			t.Errorf("%s is no use", what)
		}
	}
	point := func(o fyne.CanvasObject) func() {
		return func() { o.(desktop.Cursorable).Cursor() } // as Fyne does for each movement
	}
	counts("the pointer over the window", point(d.ui.window.Content()))
	d.Tap("Settings")
	d.ui.window.Resize(fyne.NewSize(1240, 300)) // too low for it
	counts("the wheel over a view", func() { test.Scroll(d.ui.window.Canvas(), fyne.NewPos(600, 150), 0, -40) })
	d.ui.window.Resize(fyne.NewSize(1240, 780))
	d.Tap("Tokens")
	counts("a key in the list", func() { d.Press(fyne.KeyDown) })
	counts("a shortcut", func() { d.Shortcut(fyne.KeyN) })
	counts("the pointer over a dialog", point(d.ui.window.Canvas().Overlays().Top()))
	counts("a key in a field", func() { d.Press(fyne.KeyLeft) })
	for range 6 { // over the fields of the form
		d.Press(fyne.KeyTab)
		counts("a key in a form", func() { d.Press(fyne.KeyHome) })
	}
	counts("Escape", func() { d.Press(fyne.KeyEscape) })
}
