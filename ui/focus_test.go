package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/ui/widgets"
)

// wantInTable fails the test unless the keys move in the list of tokens.
func (d *desk) wantInTable() {
	d.t.Helper()
	if f, ok := d.ui.window.Canvas().Focused().(*widgets.Table); !ok || !f.Visible() {
		d.t.Errorf("the focus is on %T", d.ui.window.Canvas().Focused())
	}
}

// However a new token came about and its secret was left, the keys are on it.
func TestTheKeysAreOnTheNewTokenOnceItsSecretIsLeft(t *testing.T) {
	begins := map[string]func(*desk){
		"by its key": func(d *desk) { d.Shortcut(fyne.KeyN) },
		"by the button": func(d *desk) {
			d.tabTo(toButton("Create user access token"))
			d.Press(fyne.KeyReturn)
		},
		"by the button above the list": func(d *desk) {
			d.create("Older")
			d.tabTo(toButton("Create user access token"))
			d.Press(fyne.KeyReturn)
		},
		"from the search": func(d *desk) {
			d.create("Older")
			d.Shortcut(fyne.KeyF)
			d.Shortcut(fyne.KeyN)
		},
		"by the mouse": func(d *desk) { d.Tap("Create user access token") },
		"from another view": func(d *desk) {
			d.Tap("Settings")
			d.Menu("Create…")
		},
	}
	ends := map[string]func(*desk){
		"ticked, done":      func(d *desk) { d.tabTo(toCheck); d.Press(fyne.KeySpace, fyne.KeyReturn) },
		"ticked, by mouse":  func(d *desk) { d.Tap("I have copied and securely stored the token"); d.Tap("Done") },
		"Escape, go back":   func(d *desk) { d.Press(fyne.KeyEscape, fyne.KeyReturn, fyne.KeySpace, fyne.KeyReturn) },
		"Escape, closed":    func(d *desk) { d.Press(fyne.KeyEscape); d.Tap("Close anyway") },
		"Escape, revoked":   func(d *desk) { d.Press(fyne.KeyEscape); d.Tap("Revoke now") },
		"lost, and revoked": func(d *desk) { d.Tap("Lost it? Revoke now"); d.Tap("Revoke now") },
	}
	for first, begin := range begins {
		for last, end := range ends {
			t.Run(first+"; "+last, func(t *testing.T) {
				d := signedIn(t)
				begin(d)
				d.Type("Nightly export")
				d.Press(fyne.KeyReturn)
				d.Has("Your new token")
				end(d)
				d.HasNot("Your new token")
				d.wantInTable()
				d.Press(fyne.KeyDelete)
				if last != "Escape, revoked" && last != "lost, and revoked" {
					d.Has("Revoke", "Nightly export", "cannot be undone")
				}
			})
		}
	}
}

func toCheck(f fyne.Focusable) bool {
	_, ok := f.(*widgets.Check)
	return ok
}

func TestTheKeysAreInTheListOnceACreateFormIsLeft(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.Shortcut(fyne.KeyN)
	d.Press(fyne.KeyEscape)
	d.wantInTable()
	d.Tap("Settings")
	d.Shortcut(fyne.KeyN)
	d.Press(fyne.KeyEscape)
	d.wantInTable()
}
