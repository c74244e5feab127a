package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// Header is the head of a view: its name, a quiet line below, and its actions at the right.
type Header struct {
	widget.BaseWidget
	title, subtitle *widget.Label
	actions         []fyne.CanvasObject
}

// NewHeader returns a header; subtitle may be empty.
func NewHeader(title, subtitle string, actions ...fyne.CanvasObject) *Header {
	h := &Header{
		title:    newLabel(title, theme.SizeNameHeading, fyne.TextStyle{Bold: true}),
		subtitle: newLabel(subtitle, theme.SizeNameSmallText, fyne.TextStyle{}),
		actions:  actions,
	}
	for _, l := range []*widget.Label{h.title, h.subtitle} {
		l.Wrapping, l.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	}
	h.subtitle.Importance = widget.LowImportance
	SetVisible(h.subtitle, subtitle != "")
	h.ExtendBaseWidget(h)
	return h
}

// SetTitle changes both lines.
func (h *Header) SetTitle(title, subtitle string) {
	h.title.SetText(title)
	h.subtitle.SetText(subtitle)
	SetVisible(h.subtitle, subtitle != "")
	h.Refresh()
}

// CreateRenderer is Fyne's.
func (h *Header) CreateRenderer() fyne.WidgetRenderer {
	words := container.New(pulledLeft{8}, container.New(tightColumn{}, h.title, h.subtitle))
	right := container.New(layout.NewCustomPaddedHBoxLayout(10))
	for _, a := range h.actions {
		right.Add(container.NewCenter(a))
	}
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, nil, right, words))
}

// NewText returns a paragraph that wraps and whose text begins at its left edge, in line with what stands above and
// below; Fyne's label keeps some room before its text.
func NewText(text string) fyne.CanvasObject {
	return container.New(pulledLeft{8}, newLabel(text, theme.SizeNameText, fyne.TextStyle{}))
}

// NewQuiet returns a muted label that wraps.
func NewQuiet(text string, size fyne.ThemeSizeName) *widget.Label {
	l := newLabel(text, size, fyne.TextStyle{})
	l.Importance = widget.LowImportance
	return l
}

// pulledLeft takes back the room that a label keeps before its text, so that texts and boxes share one left edge.
type pulledLeft struct{ by float32 }

func (l pulledLeft) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(-l.by, 0))
		o.Resize(size.AddWidthHeight(l.by, 0))
	}
}

func (l pulledLeft) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size.SubtractWidthHeight(l.by, 0)
}

// Section is the heading of a group: small, quiet, in capitals.
type Section struct {
	widget.BaseWidget
	title string
}

// NewSection returns a section heading.
func NewSection(title string) *Section {
	s := &Section{title: title}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer is Fyne's.
func (s *Section) CreateRenderer() fyne.WidgetRenderer {
	r := &sectionRenderer{s: s, text: newText(theme.SizeNameMicroText, fyne.TextStyle{Bold: true})}
	r.Refresh()
	return r
}

type sectionRenderer struct {
	s    *Section
	text *canvas.Text
}

func (r *sectionRenderer) Destroy()                     {}
func (r *sectionRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }
func (r *sectionRenderer) MinSize() fyne.Size           { return fyne.NewSize(r.text.MinSize().Width, 36) }

func (r *sectionRenderer) Layout(size fyne.Size) {
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(0, size.Height-text.Height-6))
}

func (r *sectionRenderer) Refresh() {
	setText(r.text, strings.ToUpper(r.s.title), theme.ColorNameMuted)
	r.Layout(r.s.Size())
}
