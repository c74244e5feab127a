package widgets

import "fyne.io/fyne/v2"

// tightColumn stacks labels and takes back part of the padding that each has, so that lines which belong together
// stand together.
type tightColumn struct{}

const (
	tight    = 14 // between two labels
	tightTop = 6  // above the first
)

func (tightColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(-tightTop)
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
	size := fyne.NewSize(0, tight-2*tightTop)
	for _, o := range objects {
		if o.Visible() {
			need := o.MinSize()
			size.Width = max(size.Width, need.Width)
			size.Height += need.Height - tight
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

// footLayout is the last line of a dialog: what else can be done or what goes on, at the right the buttons. Between
// them it says which keys work, where that has room and Enter means the main button.
type footLayout struct {
	d           *Dialog
	left, right *fyne.Container
}

func (l footLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	x := size.Width - l.right.MinSize().Width
	l.right.Move(fyne.NewPos(x, 0))
	l.right.Resize(fyne.NewSize(l.right.MinSize().Width, size.Height))
	l.left.Move(fyne.NewPos(0, 0))
	l.left.Resize(fyne.NewSize(x, size.Height))
	hint := l.d.keys.MinSize()
	l.d.keys.Move(fyne.NewPos(-8, (size.Height-hint.Height)/2))
	l.d.keys.Resize(hint)
	SetVisible(l.d.keys, l.d.tellsKeys() && hint.Width <= x)
}

func (l footLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	left, right := l.left.MinSize(), l.right.MinSize()
	return fyne.NewSize(left.Width+right.Width, max(left.Height, right.Height))
}
