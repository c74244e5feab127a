package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"
)

// flow sets objects side by side at their own width; what finds no room goes on the next line. After a Spacer objects
// stand at the right end of their line. It is for one container: it remembers the width that its height follows from.
type flow struct{ gap, width float32 }

// NewFlow returns a row that becomes several where it is too wide.
func NewFlow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	c := &fyne.Container{Layout: &flow{gap: gap}, Objects: objects}
	c.Refresh()
	return c
}

func (l *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	var y float32
	for _, line := range l.lines(objects, size.Width) {
		y += l.place(line, fyne.NewPos(0, y), size.Width) + l.gap
	}
}

// MinSize is as wide as the widest object and as high as the lines that the present width makes.
func (l *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for i, line := range l.lines(objects, l.width) {
		if i > 0 {
			size.Height += l.gap
		}
		var height float32
		for _, o := range line {
			size.Width = max(size.Width, o.MinSize().Width)
			height = max(height, o.MinSize().Height)
		}
		size.Height += height
	}
	return size
}

// lines shares what is visible out among lines of a width; 0 is not known yet, and makes one line.
func (l *flow) lines(objects []fyne.CanvasObject, width float32) [][]fyne.CanvasObject {
	var out [][]fyne.CanvasObject
	var x float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		if len(out) == 0 || x > 0 && width > 0 && x+w > width {
			out, x = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], o)
		if !isSpacer(o) {
			x += w + l.gap
		}
	}
	return out
}

// place sets one line and returns its height.
func (l *flow) place(line []fyne.CanvasObject, pos fyne.Position, width float32) (height float32) {
	free := width + l.gap
	for _, o := range line {
		height = max(height, o.MinSize().Height)
		if !isSpacer(o) {
			free -= o.MinSize().Width + l.gap
		}
	}
	for _, o := range line {
		if isSpacer(o) {
			pos.X, free = pos.X+max(free, 0), 0
			continue
		}
		o.Move(pos)
		o.Resize(fyne.NewSize(min(o.MinSize().Width, width), height))
		pos.X += o.MinSize().Width + l.gap
	}
	return height
}

func isSpacer(o fyne.CanvasObject) bool {
	s, ok := o.(layout.SpacerObject)
	return ok && s.ExpandHorizontal()
}
