package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/layout"
)

func TestARowThatIsTooWideBecomesSeveral(t *testing.T) {
	box := func() fyne.CanvasObject {
		r := &canvas.Rectangle{}
		r.SetMinSize(fyne.NewSize(100, 36))
		return r
	}
	a, b, hidden, c := box(), box(), box(), box()
	hidden.Hide()
	row := NewFlow(8, a, b, hidden, layout.NewSpacer(), c)
	for _, at := range []struct {
		width, height float32
		places        [3]fyne.Position
	}{
		{400, 36, [3]fyne.Position{{}, {X: 108}, {X: 300}}},
		{316, 36, [3]fyne.Position{{}, {X: 108}, {X: 216}}},
		{315, 80, [3]fyne.Position{{}, {X: 108}, {Y: 44}}},
		{100, 124, [3]fyne.Position{{}, {Y: 44}, {Y: 88}}},
	} {
		row.Resize(fyne.NewSize(at.width, 200))
		if got := row.MinSize(); got != fyne.NewSize(100, at.height) {
			t.Errorf("at %v it needs %v", at.width, got)
		}
		if got := [3]fyne.Position{a.Position(), b.Position(), c.Position()}; got != at.places {
			t.Errorf("at %v they stand at %v", at.width, got)
		}
	}
}
