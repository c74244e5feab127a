package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// altAware is inside of what can have the focus in a dialog. Fyne opens the menu bar when Alt is let go, also behind a
// dialog, and tells only what has the focus of it, and only if that asks.
type altAware struct{}

// KeyDown is Fyne's.
func (altAware) KeyDown(*fyne.KeyEvent) {}

// KeyUp shuts what Alt has opened behind a dialog.
func (altAware) KeyUp(ev *fyne.KeyEvent) { ShutMenu(ev) }

// ShutMenu shuts the menu bar again if ev is the Alt key that has opened it behind a dialog.
func ShutMenu(ev *fyne.KeyEvent) {
	if ev.Name != desktop.KeyAltLeft && ev.Name != desktop.KeyAltRight {
		return
	}
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		shutMenu(w.Canvas())
	}
}

// shutMenu leaves the focus where it is: Fyne takes it along.
func shutMenu(c fyne.Canvas) {
	bar, ok := c.(interface{ DismissMenu() bool })
	if !ok || !DialogOpen(c) {
		return
	}
	had := c.Focused()
	if bar.DismissMenu() && had != nil {
		c.Focus(had)
	}
}

// onKeyUp has do called for keys that are let go while nothing has the focus, and returns what was called before.
func onKeyUp(c fyne.Canvas, do func(*fyne.KeyEvent)) (before func(*fyne.KeyEvent)) {
	d, ok := c.(desktop.Canvas)
	if !ok {
		return nil
	}
	before = d.OnKeyUp()
	d.SetOnKeyUp(do)
	return before
}
