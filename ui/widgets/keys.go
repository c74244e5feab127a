package widgets

import "fyne.io/fyne/v2"

// DialogOpen says whether a Dialog is in front on the canvas. A shell asks it before it acts on a menu shortcut, since
// Fyne runs those even behind a dialog.
func DialogOpen(c fyne.Canvas) bool {
	for _, overlay := range c.Overlays().List() {
		if _, ok := overlay.(*surface); ok {
			return true
		}
	}
	return false
}

// dialogOf returns the dialog in front, when o is on its canvas. Anything focused while a dialog is in front stands in it.
func dialogOf(o fyne.CanvasObject) *Dialog {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return nil
	}
	if s, ok := c.Overlays().Top().(*surface); ok {
		return s.dialog
	}
	return nil
}

// dialogKey lets the dialog around o have Enter and Escape and says whether it took the key.
func dialogKey(o fyne.CanvasObject, ev *fyne.KeyEvent) bool {
	d := dialogOf(o)
	return d != nil && d.typedKey(ev)
}
