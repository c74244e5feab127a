package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

func TestWhatTabComesToInALowDialogIsScrolledIntoView(t *testing.T) {
	w := plainWindow(t)
	w.Resize(fyne.NewSize(480, 360))
	form := container.NewVBox()
	for i := range 12 {
		form.Add(NewField(fmt.Sprint(i), []fyne.CanvasObject{
			NewEntry(), NewCheck("read", nil), NewSelect([]string{"a"}, nil), NewChips([]string{"a"}, 0, nil), NewButton("b", nil),
		}[i%5], "a hint"))
	}
	d := NewDialog(w, "Low", "", form)
	d.SetSubmit("OK", widget.HighImportance, nil)
	d.Show()
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(d.surface.scroll).Y
	for _, key := range []func(){w.Canvas().FocusNext, w.Canvas().FocusPrevious} {
		for range 30 { // twice round
			key()
			o := w.Canvas().Focused().(fyne.CanvasObject)
			y, offset := driver.AbsolutePositionForObject(o).Y, d.surface.scroll.Offset.Y
			if !d.fixed(o) && (y < top || y+o.Size().Height > top+d.surface.scroll.Size().Height) {
				t.Errorf("%T has the focus at %v, out of sight", o, y)
			}
			if InView(o); d.surface.scroll.Offset.Y != offset {
				t.Errorf("%T: it scrolls for what is seen", o)
			}
		}
	}
}

// barred is a canvas with a menu bar as that of the desktop, which the test driver has not.
type barred struct {
	fyne.Canvas
	open bool
}

func (b *barred) DismissMenu() (was bool) {
	was, b.open = b.open, false
	b.Unfocus()
	return was
}

func TestAltOpensNoMenuBehindADialog(t *testing.T) {
	f := showForm(t)
	bar := &barred{Canvas: f.w.Canvas()}
	for _, in := range []fyne.Focusable{f.entry, f.choice, f.chips, f.check, f.link} {
		if _, ok := in.(desktop.Keyable); !ok {
			t.Errorf("%T does not hear of Alt", in)
		}
		bar.open = true
		bar.Focus(in)
		shutMenu(bar)
		if bar.open || bar.Focused() != in {
			t.Errorf("the bar is open: %v; the focus is on %T", bar.open, bar.Focused())
		}
	}
	f.d.Hide()
	bar.open = true
	if shutMenu(bar); !bar.open {
		t.Error("without a dialog the bar is not left alone")
	}
}
