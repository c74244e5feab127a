package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

const buttonGap = 10

var beside = layout.NewCustomPaddedHBoxLayout(buttonGap)

// makeFoot makes the last line: what else can be done and what goes on at the left, the buttons at the right. Tab goes
// through it in the order of the objects.
func (d *Dialog) makeFoot() {
	d.buttons = container.New(beside, d.cancel, d.submit)
	left := container.NewHBox(d.actions, d.busyLine)
	d.foot = container.New(footLayout{d, left, d.buttons}, left, d.keys, d.buttons)
}

// SetMainFirst has Tab come from the fields to the main button, then to the one that leaves, and to the actions last. It is
// for a dialog with an action that nobody is to come upon on the way.
func (d *Dialog) SetMainFirst() {
	d.buttons.Layout, d.buttons.Objects = fromRight{}, []fyne.CanvasObject{d.submit, d.cancel}
	slices.Reverse(d.foot.Objects)
	d.relayout()
}

// fromRight sets its parts from the right to the left, which Tab then comes to in this order.
type fromRight struct{}

func (fromRight) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	x := size.Width
	for _, o := range parts {
		if o.Visible() {
			o.Resize(fyne.NewSize(o.MinSize().Width, size.Height))
			x -= o.MinSize().Width
			o.Move(fyne.NewPos(x, 0))
			x -= buttonGap
		}
	}
}

func (fromRight) MinSize(parts []fyne.CanvasObject) fyne.Size { return beside.MinSize(parts) }
