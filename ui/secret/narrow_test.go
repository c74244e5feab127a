package secret

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
)

// openAt is open in a window of this size, with all that the dialog may offer.
func openAt(t *testing.T, variant fyne.ThemeVariant, size fyne.Size) (*Dialog, fyne.Window) {
	t.Helper()
	d, w := open(t, variant, func(p *Params) {
		p.Revoke = func(context.Context) error { return nil }
		p.Test = func(context.Context, client.Secret) (client.UserRef, error) { return token.ActsAs, nil }
	})
	w.Resize(size)
	return d, w
}

func TestTheQuestionIsSeenInALowWindow(t *testing.T) {
	for name, ask := range map[string]func(*Dialog){"Escape": (*Dialog).Leave, "lost": (*Dialog).askLost} {
		t.Run(name, func(t *testing.T) {
			d, w := openAt(t, fynetheme.VariantLight, fyne.NewSize(748, 480))
			onlyDrawn(t, w)
			ask(d)
			if w.Canvas().Focused() != d.ask.back {
				t.Error("the focus is not on the way back")
			}
			inPicture(t, w, d.ask.box)
		})
	}
}

func TestTheBoxToTickIsSeenInALowWindow(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			d, w := openAt(t, variant, fyne.NewSize(640, 480))
			test.AssertRendersToImage(t, "low-"+name+".png", w.Canvas())
			onlyDrawn(t, w)
			inPicture(t, w, d.stored)
			d.tested(token.ActsAs, nil)
			inPicture(t, w, d.result.box)
		})
	}
}

func TestTheDialogFitsANarrowWindow(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			d, w := openAt(t, variant, fyne.NewSize(640, 720))
			driver := fyne.CurrentApp().Driver()
			for _, b := range []fyne.CanvasObject{d.copyIt, d.testIt, d.form} {
				if right := driver.AbsolutePositionForObject(b).X + b.Size().Width; right > 600 {
					t.Errorf("%T ends at %v", b, right)
				}
			}
			d.Leave()
			test.AssertRendersToImage(t, "narrow-"+name+".png", w.Canvas())
		})
	}
}

// inPicture fails unless all of o can be seen, below what scrolls.
func inPicture(t *testing.T, w fyne.Window, o fyne.CanvasObject) {
	t.Helper()
	driver := fyne.CurrentApp().Driver().(undrawn).Driver
	top, bottom := float32(0), w.Canvas().Size().Height
	for _, seen := range test.LaidOutObjects(w.Canvas().Overlays().Top()) {
		if around, ok := seen.(*container.Scroll); ok && around.Visible() {
			top = driver.AbsolutePositionForObject(around).Y + around.Size().Height
		}
	}
	y := driver.AbsolutePositionForObject(o).Y
	if height := o.Size().Height; height == 0 || y < top || y+height > bottom {
		t.Errorf("it is %v high at %v, where %v to %v is seen", height, y, top, bottom)
	}
}

// undrawn is the desktop's driver in one respect: it knows no canvas and no place of what was not drawn yet.
type undrawn struct {
	fyne.Driver
	window fyne.Window // the only one
	drawn  map[fyne.CanvasObject]bool
}

type undrawnApp struct {
	fyne.App
	driver fyne.Driver
}

func (a undrawnApp) Driver() fyne.Driver { return a.driver }

// onlyDrawn makes the driver know what is on screen now, and no more.
func onlyDrawn(t *testing.T, w fyne.Window) {
	t.Helper()
	app := fyne.CurrentApp()
	u := undrawn{app.Driver(), w, map[fyne.CanvasObject]bool{}}
	u.draw(w.Canvas().Overlays().Top())
	fyne.SetCurrentApp(undrawnApp{app, u})
	t.Cleanup(func() { fyne.SetCurrentApp(app) })
}

func (u undrawn) AllWindows() []fyne.Window { return []fyne.Window{u.window} }

func (u undrawn) draw(o fyne.CanvasObject) {
	if o == nil || !o.Visible() {
		return
	}
	u.drawn[o] = true
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, child := range inside {
		u.draw(child)
	}
}

func (u undrawn) CanvasForObject(o fyne.CanvasObject) fyne.Canvas {
	if !u.drawn[o] {
		return nil
	}
	return u.Driver.CanvasForObject(o)
}

func (u undrawn) AbsolutePositionForObject(o fyne.CanvasObject) fyne.Position {
	if !u.drawn[o] {
		return fyne.Position{}
	}
	return u.Driver.AbsolutePositionForObject(o)
}
