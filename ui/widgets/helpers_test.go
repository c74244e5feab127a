package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// press sends a key the way the driver does: to the widget with the focus, or else to the canvas.
func press(w fyne.Window, keys ...fyne.KeyName) {
	for _, key := range keys {
		ev := &fyne.KeyEvent{Name: key}
		c := w.Canvas()
		switch {
		case key == fyne.KeyTab:
			c.FocusNext()
		case c.Focused() != nil:
			c.Focused().TypedKey(ev)
			if key == fyne.KeySpace {
				c.Focused().TypedRune(' ')
			}
		case c.OnTypedKey() != nil:
			c.OnTypedKey()(ev)
		}
	}
}

func hold(w fyne.Window, key fyne.KeyName, do func()) {
	k := w.Canvas().Focused().(desktop.Keyable)
	k.KeyDown(&fyne.KeyEvent{Name: key})
	do()
	k.KeyUp(&fyne.KeyEvent{Name: key})
}

// calls counts what was called, in order.
type calls []string

func (c *calls) note(what string) func() { return func() { *c = append(*c, what) } }

func plainWindow(t *testing.T) fyne.Window {
	t.Helper()
	return newWindow(t, faces["light"], container.NewWithoutLayout())
}

func texts(o fyne.CanvasObject) []string {
	var all []string
	for _, o := range test.LaidOutObjects(o) {
		if l, ok := o.(interface{ AccessibilityLabel() string }); ok && o.Visible() {
			all = append(all, l.AccessibilityLabel())
		}
	}
	return all
}
