// Package widgets has the parts that Keyfob's screens are made of. They know no business: they show what they are
// given and speak through callbacks.
//
// Three ideas run through them.
//
// Keys. Fyne gives a key only to the widget that has the focus. So every input here, before it acts on Enter or Escape,
// looks whether it stands in a Dialog and lets that have the key: Enter submits and Escape leaves whatever is focused.
// Use Entry, Check, Select, Button and Chips of this package inside a Dialog, not Fyne's.
//
// Focus. A Dialog takes the focus to its first field, keeps it while open and gives it back where it was. Whatever can
// be focused shows a ring.
//
// Rows. A Table shows rows whose texts are ready to draw. Nothing is formatted while scrolling, and a row that is
// recycled has everything set again.
//
// All of it runs on Fyne's goroutine, like any widget.
package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

const (
	ringWidth = 2 // stroke of the focus ring
	ringGap   = 2 // from the edge of the widget out to the ring
)

// newRing returns the rectangle that is drawn around a focused widget.
func newRing(radius float32) *canvas.Rectangle {
	ring := &canvas.Rectangle{StrokeWidth: ringWidth, CornerRadius: radius}
	ring.Hide()
	return ring
}

func placeRing(ring *canvas.Rectangle, pos fyne.Position, size fyne.Size) {
	ring.Move(pos.SubtractXY(ringGap, ringGap))
	ring.Resize(size.AddWidthHeight(2*ringGap, 2*ringGap))
}

func showRing(ring *canvas.Rectangle, on bool) {
	ring.StrokeColor = theme.Color(theme.ColorNameAccent)
	SetVisible(ring, on)
	ring.Refresh()
}

// SetVisible shows o or hides it.
func SetVisible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
		return
	}
	o.Hide()
}

func newText(size fyne.ThemeSizeName, style fyne.TextStyle) *canvas.Text {
	return &canvas.Text{TextSize: theme.Size(size), TextStyle: style}
}

// setText changes a text only where it differs, since each change is drawn anew.
func setText(t *canvas.Text, text string, colour fyne.ThemeColorName) {
	c := theme.Color(colour)
	if t.Text == text && t.Color == c {
		return
	}
	t.Text, t.Color = text, c
	t.Refresh()
}

// newLabel returns a label that wraps and takes no more room than its text.
func newLabel(text string, size fyne.ThemeSizeName, style fyne.TextStyle) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, style)
	l.SizeName = size
	l.Wrapping = fyne.TextWrapWord
	return l
}

func isEnter(ev *fyne.KeyEvent) bool { return ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter }
