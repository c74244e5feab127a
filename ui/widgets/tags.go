package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

const (
	tagHeight = 20
	tagPad    = 7
	tagGap    = 4
)

// tagFace draws one tag; Tags and the rows of a Table share it.
type tagFace struct {
	back *canvas.Rectangle
	text *canvas.Text
}

func newTagFace() *tagFace {
	return &tagFace{&canvas.Rectangle{CornerRadius: 4}, newText(theme.SizeNameCaption, fyne.TextStyle{})}
}

func (f *tagFace) set(text string) {
	f.back.FillColor = theme.Color(theme.ColorNameNeutralBack)
	setText(f.text, text, fynetheme.ColorNameForeground)
}

func (f *tagFace) width() float32 { return f.text.MinSize().Width + 2*tagPad }

func (f *tagFace) place(pos fyne.Position) {
	f.back.Move(pos)
	f.back.Resize(fyne.NewSize(f.width(), tagHeight))
	text := f.text.MinSize()
	f.text.Move(pos.AddXY(tagPad, (tagHeight-text.Height)/2))
	f.text.Resize(text)
}

// Tags is a line of short words, each on a ground of its own.
type Tags struct {
	widget.BaseWidget
	texts []string
}

// NewTags returns a line of tags.
func NewTags(texts []string) *Tags {
	t := &Tags{texts: texts}
	t.ExtendBaseWidget(t)
	return t
}

// Set changes the tags.
func (t *Tags) Set(texts []string) {
	t.texts = texts
	t.Refresh()
}

// CreateRenderer is Fyne's.
func (t *Tags) CreateRenderer() fyne.WidgetRenderer {
	r := &tagsRenderer{t: t}
	r.fill()
	return r
}

type tagsRenderer struct {
	t     *Tags
	faces []*tagFace
}

func (r *tagsRenderer) Destroy() {}

func (r *tagsRenderer) Objects() []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, f := range r.faces {
		all = append(all, f.back, f.text)
	}
	return all
}

func (r *tagsRenderer) MinSize() fyne.Size {
	size := fyne.NewSize(0, tagHeight)
	for i, f := range r.faces {
		if i > 0 {
			size.Width += tagGap
		}
		size.Width += f.width()
	}
	return size
}

func (r *tagsRenderer) Layout(size fyne.Size) {
	pos := fyne.NewPos(0, (size.Height-tagHeight)/2)
	for _, f := range r.faces {
		f.place(pos)
		pos.X += f.width() + tagGap
	}
}

func (r *tagsRenderer) fill() {
	r.faces = r.faces[:0]
	for _, text := range r.t.texts {
		f := newTagFace()
		f.set(text)
		r.faces = append(r.faces, f)
	}
}

func (r *tagsRenderer) Refresh() {
	r.fill()
	r.Layout(r.t.Size())
	canvas.Refresh(r.t)
}
