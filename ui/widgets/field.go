package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

const (
	fieldLabelWidth = 156
	fieldSideBySide = 420 // narrower than this, the label stands above
)

// Field is a control with its label beside it and, below it, a hint or what is wrong with the value.
type Field struct {
	widget.BaseWidget
	Control fyne.CanvasObject

	label *widget.Label
	note  *widget.Label
	hint  string
	err   string
}

// NewField returns a field. The control may be a container of several; hint may be empty.
func NewField(label string, control fyne.CanvasObject, hint string) *Field {
	f := &Field{
		Control: control,
		label:   newLabel(label, theme.SizeNameText, fyne.TextStyle{}),
		note:    newLabel("", theme.SizeNameCaption, fyne.TextStyle{}),
	}
	f.ExtendBaseWidget(f)
	f.SetHint(hint)
	return f
}

// SetHint changes the quiet line below the control.
func (f *Field) SetHint(text string) {
	f.hint = text
	f.showNote()
}

// SetError puts what is wrong in the place of the hint; empty brings the hint back.
func (f *Field) SetError(text string) {
	f.err = text
	f.showNote()
}

// Error is what SetError was given last.
func (f *Field) Error() string { return f.err }

// Label is the label.
func (f *Field) Label() string { return f.label.Text }

// SetLabel changes the label.
func (f *Field) SetLabel(text string) { f.label.SetText(text) }

func (f *Field) showNote() {
	text, importance := f.hint, widget.LowImportance
	if f.err != "" {
		text, importance = f.err, widget.DangerImportance
	}
	f.note.Importance = importance
	SetVisible(f.note, text != "")
	f.note.SetText(text)
	f.Refresh()
	if d := dialogOf(f); d != nil {
		d.relayout()
	}
}

// contents lets a Dialog find the inputs inside.
func (f *Field) contents() []fyne.CanvasObject { return []fyne.CanvasObject{f.Control} }

// CreateRenderer is Fyne's.
func (f *Field) CreateRenderer() fyne.WidgetRenderer { return &fieldRenderer{f} }

type fieldRenderer struct{ f *Field }

func (r *fieldRenderer) Destroy() {}

func (r *fieldRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.f.label, r.f.Control, r.f.note}
}

const (
	overlap  = 5 // taken back of the padding above a hint, so that it stands close to its control
	noteless = 6 // below a control without a hint, so that the next field keeps its distance
)

func (r *fieldRenderer) MinSize() fyne.Size {
	control := r.f.Control.MinSize()
	size := control
	if r.stacked() {
		size.Height += r.f.label.MinSize().Height - overlap
	}
	if r.f.note.Visible() {
		size.Height += r.f.note.MinSize().Height - overlap
	} else {
		size.Height += noteless
	}
	return size
}

// stacked is true in a narrow place; a field that has no size yet counts as wide.
func (r *fieldRenderer) stacked() bool {
	width := r.f.Size().Width
	return r.f.label.Text != "" && width > 0 && width < fieldSideBySide
}

func (r *fieldRenderer) Layout(size fyne.Size) {
	x, y := float32(fieldLabelWidth), float32(0)
	if r.stacked() {
		x = 0
	}
	height := r.f.Control.MinSize().Height
	label := r.f.label.MinSize().Height
	if x > 0 { // in line with the first line of the control
		r.f.label.Move(fyne.NewPos(-8, (min(height, buttonHeight)-label)/2))
		r.f.label.Resize(fyne.NewSize(x, label))
	} else {
		y = label - overlap
		r.f.label.Move(fyne.NewPos(-8, 0))
		r.f.label.Resize(fyne.NewSize(size.Width+8, label))
	}
	r.f.Control.Move(fyne.NewPos(x, y))
	r.f.Control.Resize(fyne.NewSize(size.Width-x, height))
	r.f.note.Move(fyne.NewPos(x-8, y+height-overlap))
	r.f.note.Resize(fyne.NewSize(size.Width-x+8, r.f.note.MinSize().Height))
}

func (r *fieldRenderer) Refresh() {
	r.Layout(r.f.Size())
	r.f.label.Refresh()
	r.f.note.Refresh()
	r.f.Control.Refresh()
}
