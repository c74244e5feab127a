package widgets

import "fyne.io/fyne/v2"

// tightColumn stacks labels and takes back part of the padding that each has, so that lines which belong together
// stand together.
type tightColumn struct{}

const tight = 10

func (tightColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var y float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		y += o.MinSize().Height - tight
	}
}

func (tightColumn) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, tight)
	for _, o := range objects {
		if o.Visible() {
			min := o.MinSize()
			size.Width = max(size.Width, min.Width)
			size.Height += min.Height - tight
		}
	}
	return size
}

// centred puts one object in the middle, no wider than maxWidth.
type centred struct{ maxWidth float32 }

func (l centred) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		width := min(l.maxWidth, size.Width)
		o.Resize(fyne.NewSize(width, o.Size().Height)) // what wraps knows its height at its width
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos((size.Width-width)/2, (size.Height-height)/2))
	}
}

func (centred) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}
