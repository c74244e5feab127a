package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// The list stands where it was asked for, and wholly inside of the window; where the window is too low for it, it scrolls
// and what the keys come to is seen.
func TestTheSwitcherStaysWithinTheWindow(t *testing.T) {
	d, _ := openTwo(t)
	for _, size := range []fyne.Size{fyne.NewSize(1240, 780), fyne.NewSize(600, 480), fyne.NewSize(480, 220)} {
		d.ui.window.Resize(size)
		size = d.ui.window.Canvas().Size()
		for _, pos := range []fyne.Position{{X: 20, Y: 40}, {X: size.Width - 100, Y: size.Height - 30}} {
			d.ui.main.accountMenuAt(pos)
			d.wantWithin(size, pos)
			d.Press(fyne.KeyEscape)
		}
	}
}

func (d *desk) wantWithin(size fyne.Size, pos fyne.Position) {
	d.t.Helper()
	c := d.ui.window.Canvas()
	list := frameOf(d.t, c.Overlays().Top())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(list)
	if end := at.Add(list.Size()); at.X < 0 || at.Y < 0 || end.X > size.Width || end.Y > size.Height {
		d.t.Errorf("%v, asked for at %v: it goes from %v to %v", size, pos, at, end)
	}
	picture(d.t, d, fmt.Sprintf("switcher-%.0f-%.0f", size.Height, pos.Y))
	for range 8 { // round its rows
		row := c.Focused().(fyne.CanvasObject)
		y := fyne.CurrentApp().Driver().AbsolutePositionForObject(row).Y
		if y < at.Y || y+row.Size().Height > at.Y+list.Size().Height {
			d.t.Errorf("%v, asked for at %v: the keys are on a row at %v, out of sight", size, pos, y)
		}
		d.Press(fyne.KeyDown)
	}
}

// frameOf is the list in what lies over the window.
func frameOf(t *testing.T, over fyne.CanvasObject) fyne.CanvasObject {
	t.Helper()
	for _, o := range test.LaidOutObjects(over) {
		if list, ok := o.(*widget.PopUp); ok {
			return list.Content
		}
	}
	t.Fatal("no list is open")
	return nil
}
