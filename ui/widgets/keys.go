package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
)

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

// HideDialogs hides all dialogs, the last opened first.
func HideDialogs(c fyne.Canvas) {
	for _, overlay := range slices.Backward(c.Overlays().List()) {
		if s, ok := overlay.(*surface); ok {
			s.dialog.Hide()
		}
	}
}

// DialogBusy says whether the Dialog in front, or in front below a Cover, is waiting for an answer.
func DialogBusy(c fyne.Canvas) bool {
	d := frontDialog(c)
	return d != nil && d.Busy()
}

// OnAnswer has do called once, when the dialog of which DialogBusy speaks waits no longer.
func OnAnswer(c fyne.Canvas, do func()) {
	if d := frontDialog(c); d != nil {
		d.onAnswer = do
	}
}

func frontDialog(c fyne.Canvas) *Dialog {
	for _, overlay := range slices.Backward(c.Overlays().List()) {
		if s, ok := overlay.(*surface); ok && !s.dialog.inFront {
			return s.dialog
		}
	}
	return nil
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

// dialogKey lets the dialog around o have Enter and Escape, or without a dialog the window its own keys, and says
// whether the key was taken.
func dialogKey(o fyne.CanvasObject, ev *fyne.KeyEvent) bool {
	if d := dialogOf(o); d != nil {
		return d.typedKey(ev)
	}
	return windowKey(o, ev)
}

var windowKeys = []fyne.KeyName{fyne.KeyEscape, fyne.KeyF5, fyne.KeyF10}

// windowKey lets the window have the keys without a modifier that work wherever the focus is: no menu can have those.
func windowKey(o fyne.CanvasObject, ev *fyne.KeyEvent) bool {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if !slices.Contains(windowKeys, ev.Name) || c == nil || c.OnTypedKey() == nil {
		return false
	}
	c.OnTypedKey()(ev)
	return true
}
