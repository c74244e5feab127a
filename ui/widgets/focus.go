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

// Focused says whether o has the focus, shown or not.
func Focused(o focusable) bool {
	c := canvasOf(o)
	return c != nil && c.Focused() == fyne.Focusable(o)
}

// TakeFocus puts the focus on o, unless the keys mean something else already: something that is shown has it, or a
// dialog is in front.
func TakeFocus(o focusable) {
	c := canvasOf(o)
	if c == nil || DialogOpen(c) {
		return
	}
	if has, ok := c.Focused().(fyne.CanvasObject); !ok || !has.Visible() {
		c.Focus(o)
	}
}

// InFront says whether nothing covers o: no dialog, no menu, no lock.
func InFront(o fyne.CanvasObject) bool {
	c := canvasOf(o)
	return c != nil && c.Overlays().Top() == nil
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
