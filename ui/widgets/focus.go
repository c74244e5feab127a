package widgets

import "fyne.io/fyne/v2"

// focusable is something on screen that can have the focus.
type focusable interface {
	fyne.Focusable
	fyne.CanvasObject
}

// Focus puts the focus on o.
func Focus(o focusable) {
	if c := canvasOf(o); c != nil {
		c.Focus(o)
	}
}

// TakeFocus puts the focus on o, unless the keys mean something else already: something has it, or a dialog is in front.
func TakeFocus(o focusable) {
	if c := canvasOf(o); c != nil && c.Focused() == nil && !DialogOpen(c) {
		c.Focus(o)
	}
}

// canvasOf is the canvas on which o was drawn or, for what only just became visible, that of the program's one window.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	driver := fyne.CurrentApp().Driver()
	if c := driver.CanvasForObject(o); c != nil {
		return c
	}
	if all := driver.AllWindows(); len(all) > 0 {
		return all[0].Canvas()
	}
	return nil
}
