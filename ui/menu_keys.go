package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"keyfob/ui/i18n"
)

var digits = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5}

// key is a key of the main menu, with Ctrl.
type key struct {
	name  fyne.KeyName
	shift bool
}

func ctrl(name fyne.KeyName) *key { return &key{name: name} }

func ctrlShift(name fyne.KeyName) *key { return &key{name, true} }

// String is the key as it is said.
func (k *key) String() string {
	if k.shift {
		return i18n.T("menu.ctrlShift", "Key", string(k.name))
	}
	return i18n.T("menu.ctrl", "Key", string(k.name))
}

// unsaid is a shortcut that Fyne's menus answer and do not draw.
type unsaid struct{ fyne.Shortcut }

// bind gives an item its key, and says that in its name: Fyne writes it in a fifth of the strength of other text, which
// nobody can read. On macOS the system draws menus.
func (k *key) bind(m *fyne.MenuItem) {
	s := &desktop.CustomShortcut{KeyName: k.name, Modifier: fyne.KeyModifierShortcutDefault}
	if k.shift {
		s.Modifier |= fyne.KeyModifierShift
	}
	if runtime.GOOS == "darwin" {
		m.Shortcut = s
		return
	}
	m.Shortcut = unsaid{s}
	m.Label = i18n.T("menu.keyed", "Text", m.Label, "Key", k.String())
}

// openMenu opens the menu bar as Alt does. Fyne has that on the canvas of a window that draws the bar itself; where the
// system does, it has keys of its own.
func (u *UI) openMenu() {
	if bar, ok := u.window.Canvas().(interface{ ToggleMenu() }); ok && !u.busy() {
		bar.ToggleMenu()
	}
}
