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
	up   func(*fyne.KeyEvent)
}

func (b *barred) DismissMenu() (was bool) {
	was, b.open = b.open, false
	b.Unfocus()
	return was
}

func (b *barred) OnKeyDown() func(*fyne.KeyEvent) { return nil }

func (b *barred) SetOnKeyDown(func(*fyne.KeyEvent)) {}

func (b *barred) OnKeyUp() func(*fyne.KeyEvent) { return b.up }

func (b *barred) SetOnKeyUp(do func(*fyne.KeyEvent)) { b.up = do }

// alt lets a key go as the desktop does: it opens the bar, and tells what has the focus, or else the canvas.
func (b *barred) alt(key fyne.KeyName) {
	b.open = true
	ev := &fyne.KeyEvent{Name: key}
	switch in, ok := b.Focused().(desktop.Keyable); {
	case ok:
		in.KeyUp(ev)
	case b.Focused() == nil && b.up != nil:
		b.up(ev)
	}
}

// barredApp is an application whose one window has such a canvas.
type barredApp struct {
	fyne.App
	driver barredDriver
}

func (a barredApp) Driver() fyne.Driver { return a.driver }

type barredDriver struct {
	fyne.Driver
	window fyne.Window
}

func (d barredDriver) AllWindows() []fyne.Window { return []fyne.Window{d.window} }

type barredWindow struct {
	fyne.Window
	bar *barred
}

func (w barredWindow) Canvas() fyne.Canvas { return w.bar }

func newBarred(t *testing.T) barredWindow {
	t.Helper()
	w := plainWindow(t)
	bar := barredWindow{w, &barred{Canvas: w.Canvas()}}
	app := fyne.CurrentApp()
	fyne.SetCurrentApp(barredApp{app, barredDriver{app.Driver(), bar}})
	t.Cleanup(func() { fyne.SetCurrentApp(app) })
	return bar
}

func TestAltOpensNoMenuBehindADialog(t *testing.T) {
	w := newBarred(t)
	inputs := []fyne.Focusable{
		NewEntry(), NewCheck("read", nil), NewSelect([]string{"a"}, nil), NewChips([]string{"a"}, 0, nil), NewButton("b", nil),
	}
	form := container.NewVBox()
	for _, in := range inputs {
		form.Add(in.(fyne.CanvasObject))
	}
	d := NewDialog(w, "New token", "", form)
	d.Show()
	for _, key := range []fyne.KeyName{desktop.KeyAltLeft, desktop.KeyAltRight} {
		for _, in := range append(inputs, nil) {
			w.bar.Unfocus()
			if in != nil {
				w.bar.Focus(in)
			}
			if w.bar.alt(key); w.bar.open || w.bar.Focused() != in {
				t.Errorf("with the focus on %T the bar is open: %v; the focus is then on %T", in, w.bar.open, w.bar.Focused())
			}
		}
	}
	d.Hide()
	if w.bar.alt(desktop.KeyAltLeft); !w.bar.open {
		t.Error("without a dialog the bar is not left alone")
	}
}
