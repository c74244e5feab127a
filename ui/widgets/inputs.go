package widgets

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/theme"
)

// Entry is a line of text. In a Dialog, Enter submits and Escape leaves.
type Entry struct {
	widget.Entry
	// ClearOnEscape makes Escape empty the entry first; only an empty one lets a dialog have the key.
	ClearOnEscape bool
}

// NewEntry returns an empty entry.
func NewEntry() *Entry {
	e := &Entry{}
	e.ExtendBaseWidget(e)
	return e
}

// NewUnseen returns an entry for a secret, without the eye that would show it.
func NewUnseen() *Entry {
	e := NewEntry()
	e.Password, e.ActionItem = true, canvas.NewRectangle(color.Transparent)
	return e
}

// NewSearch returns an entry to search with: Escape clears it.
func NewSearch(placeholder string, changed func(string)) *Entry {
	e := NewEntry()
	e.ClearOnEscape = true
	e.PlaceHolder = placeholder
	e.OnChanged = changed
	return e
}

// TypedKey gives Enter and Escape to the dialog around.
func (e *Entry) TypedKey(ev *fyne.KeyEvent) {
	used()
	if ev.Name == fyne.KeyEscape && e.ClearOnEscape && e.Text != "" {
		e.SetText("")
		return
	}
	if e.MultiLine && isEnter(ev) || !dialogKey(e, ev) {
		e.Entry.TypedKey(ev)
	}
}

// FocusGained is Fyne's.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	InView(e)
}

// KeyUp is Fyne's.
func (e *Entry) KeyUp(ev *fyne.KeyEvent) {
	e.Entry.KeyUp(ev)
	ShutMenu(ev)
}

// CreateRenderer is Fyne's, with a quiet edge when disabled: Fyne takes the colour that our theme writes quiet text in.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	r := &entryRenderer{WidgetRenderer: e.Entry.CreateRenderer(), e: e}
	for _, o := range r.Objects() {
		if edge, ok := o.(*canvas.Rectangle); ok && edge.StrokeWidth > 0 {
			r.edge = edge
		}
	}
	return r
}

type entryRenderer struct {
	fyne.WidgetRenderer
	e    *Entry
	edge *canvas.Rectangle
}

func (r *entryRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	if r.edge != nil && r.e.Disabled() {
		r.edge.StrokeColor = theme.Color(theme.ColorNameLine)
		r.edge.Refresh()
	}
}

// Check is a check box. In a Dialog, Enter submits and Escape leaves; Space ticks.
type Check struct {
	widget.Check
	altAware
}

// NewCheck returns a check box that is not ticked.
func NewCheck(text string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey gives Enter and Escape to the dialog around.
func (c *Check) TypedKey(ev *fyne.KeyEvent) {
	used()
	if !dialogKey(c, ev) {
		c.Check.TypedKey(ev)
	}
}

// FocusGained is Fyne's.
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	InView(c)
}

// Select is a choice from a list. In a Dialog, Enter submits and Escape leaves; Space and Down open the list.
type Select struct {
	widget.Select
	altAware
	focused bool
}

// NewSelect returns a choice with nothing chosen.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.PlaceHolder = i18n.T("widgets.choose")
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey gives Enter and Escape to the dialog around.
func (s *Select) TypedKey(ev *fyne.KeyEvent) {
	used()
	if !dialogKey(s, ev) && !s.Disabled() {
		s.Select.TypedKey(ev)
		s.startAtChosen()
	}
}

// startAtChosen moves the keys in the list, if that has opened, to what is chosen. Fyne starts before the first entry.
func (s *Select) startAtChosen() {
	c := canvasOf(s)
	if c == nil {
		return
	}
	if list, ok := c.Focused().(*widget.PopUpMenu); ok {
		for range s.SelectedIndex() + 1 {
			list.ActivateNext()
		}
	}
}

// FocusGained is Fyne's.
func (s *Select) FocusGained() {
	s.focused = true
	s.Select.FocusGained()
	InView(s)
}

// FocusLost is Fyne's.
func (s *Select) FocusLost() {
	s.focused = false
	s.Select.FocusLost()
}

// CreateRenderer draws Fyne's select inside a line, like an entry: without one it cannot be seen on its own colour.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	r := &selectRenderer{WidgetRenderer: s.Select.CreateRenderer(), s: s, border: &canvas.Rectangle{StrokeWidth: 1}}
	r.colour()
	return r
}

type selectRenderer struct {
	fyne.WidgetRenderer
	s      *Select
	border *canvas.Rectangle
}

func (r *selectRenderer) Objects() []fyne.CanvasObject {
	inner := r.WidgetRenderer.Objects()
	return append(slices.Clip(inner), r.border)
}

func (r *selectRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.border.Resize(size)
}

func (r *selectRenderer) Refresh() {
	r.colour()
	r.WidgetRenderer.Refresh()
}

func (r *selectRenderer) colour() {
	r.border.CornerRadius = theme.Size(theme.SizeNameInputRadius)
	r.border.StrokeColor = theme.Color(fynetheme.ColorNameInputBorder)
	if r.s.Disabled() {
		r.border.StrokeColor = theme.Color(theme.ColorNameLine)
	}
	if r.s.focused {
		r.border.StrokeColor = theme.Color(theme.ColorNameAccent)
	}
	r.border.Refresh()
}
