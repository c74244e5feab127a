package lock

import "fyne.io/fyne/v2"

const (
	columnWidth = 460
	columnGap   = 6
	fieldWidth  = 320
	footGap     = 18 // before the last part, the buttons
)

// column sets its parts one below the other at one width. Text that wraps knows
// its lines only then.
type column struct{}

func (column) MinSize(parts []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(columnWidth, place(parts))
}

func (column) Layout(parts []fyne.CanvasObject, _ fyne.Size) { place(parts) }

// place answers the height that the parts take.
func place(parts []fyne.CanvasObject) float32 {
	y := float32(0)
	for i, o := range parts {
		if !o.Visible() {
			continue
		}
		if i == len(parts)-1 {
			y += footGap
		}
		o.Resize(fyne.NewSize(columnWidth, o.Size().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(columnWidth, height))
		o.Move(fyne.NewPos(0, y))
		y += height + columnGap
	}
	return y
}

// narrow sets its one part, a field, in the middle.
type narrow struct{}

func (narrow) MinSize(parts []fyne.CanvasObject) fyne.Size {
	parts[0].Resize(fyne.NewSize(fieldWidth, parts[0].Size().Height)) // so narrow it has its label above
	return parts[0].MinSize()
}

func (narrow) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	parts[0].Resize(fyne.NewSize(fieldWidth, size.Height))
	parts[0].Move(fyne.NewPos((size.Width-fieldWidth)/2, 0))
}
