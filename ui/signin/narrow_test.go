package signin

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

func TestTheCardsStandBelowEachOtherInANarrowWindowAndTabScrollsToThem(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			v, w := open(t, variant, Params{Keyring: func(context.Context) Keeping { return Kept }})
			v.update(t.Context())
			w.Resize(fyne.NewSize(640, 480))
			v.Focus()
			for range 8 { // more than once round
				o := w.Canvas().Focused().(fyne.CanvasObject)
				pos, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
				if pos.X < 0 || pos.Y < 0 || pos.X+size.Width > 640 || pos.Y+size.Height > 480 {
					t.Errorf("%T has the focus at %v, out of sight", o, pos)
				}
				w.Canvas().FocusNext()
			}
			v.Focus()
			w.Canvas().FocusNext()
			test.AssertRendersToImage(t, "narrow-"+name+".png", w.Canvas())
			w.Resize(fyne.NewSize(960, 640))
			if v.cards.stacked {
				t.Error("they stay so when there is room")
			}
		})
	}
}
