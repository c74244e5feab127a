package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

const (
	chipHeight = 30
	chipPad    = 13
	chipGap    = 8
)

// Chips is a choice of exactly one from a few, all in sight. Left and Right choose the one before and the next, as in any
// group of radio buttons; it is one stop for Tab. Chips that find no room go on the next line.
type Chips struct {
	widget.DisableableWidget
	altAware
	// OnChanged is told the index of what the user chose.
	OnChanged func(index int)
	// OnPressed is told what the user tapped, or pressed Space on: there the keys are done with the chips. It may be nil.
	OnPressed func(index int)

	options  []string
	selected int
	focused  bool
	hovered  int
	spans    []chipSpan
}

type chipSpan struct {
	pos  fyne.Position
	size fyne.Size
}

// NewChips returns chips with one selected.
func NewChips(options []string, selected int, changed func(index int)) *Chips {
	c := &Chips{options: options, selected: selected, hovered: -1, OnChanged: changed}
	c.ExtendBaseWidget(c)
	return c
}

// SetOptions changes the texts and keeps the selected index.
func (c *Chips) SetOptions(options []string) {
	c.options = options
	c.Refresh()
}

// Options are the texts of the chips.
func (c *Chips) Options() []string { return c.options }

// Selected is the index of what is chosen.
func (c *Chips) Selected() int { return c.selected }

// SetSelected chooses without telling OnChanged.
func (c *Chips) SetSelected(index int) {
	c.selected = index
	c.Refresh()
}

func (c *Chips) choose(index int) {
	if c.Disabled() || index < 0 || index >= len(c.options) {
		return
	}
	changed := index != c.selected
	c.SetSelected(index)
	if changed && c.OnChanged != nil {
		c.OnChanged(index)
	}
}

func (c *Chips) press(index int) {
	c.choose(index)
	if !c.Disabled() && c.OnPressed != nil {
		c.OnPressed(index)
	}
}

// cursor is the chip with the ring: the chosen one or, while there is none, the first.
func (c *Chips) cursor() int { return min(max(c.selected, 0), max(len(c.options)-1, 0)) }

// Tapped chooses.
func (c *Chips) Tapped(ev *fyne.PointEvent) {
	if i := c.at(ev.Position); i >= 0 {
		if canvas := fyne.CurrentApp().Driver().CanvasForObject(c); canvas != nil {
			canvas.Focus(c)
		}
		c.press(i)
	}
}

func (c *Chips) at(pos fyne.Position) int {
	for i, s := range c.spans {
		if pos.X >= s.pos.X && pos.X < s.pos.X+s.size.Width && pos.Y >= s.pos.Y && pos.Y < s.pos.Y+s.size.Height {
			return i
		}
	}
	return -1
}

// TypedKey chooses.
func (c *Chips) TypedKey(ev *fyne.KeyEvent) {
	used()
	if dialogKey(c, ev) || c.Disabled() || len(c.options) == 0 {
		return
	}
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		c.choose(max(c.cursor()-1, 0))
	case fyne.KeyRight, fyne.KeyDown:
		c.choose(min(c.selected+1, len(c.options)-1))
	case fyne.KeyHome:
		c.choose(0)
	case fyne.KeyEnd:
		c.choose(len(c.options) - 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.press(c.cursor())
	}
}

// TypedRune is Fyne's.
func (c *Chips) TypedRune(rune) {}

// FocusGained is Fyne's.
func (c *Chips) FocusGained() {
	c.focused = true
	InView(c)
	c.Refresh()
}

// FocusLost is Fyne's.
func (c *Chips) FocusLost() {
	c.focused = false
	c.Refresh()
}

// MouseIn is Fyne's.
func (c *Chips) MouseIn(ev *desktop.MouseEvent) { c.hover(c.at(ev.Position)) }

// MouseMoved is Fyne's.
func (c *Chips) MouseMoved(ev *desktop.MouseEvent) { c.hover(c.at(ev.Position)) }

// MouseOut is Fyne's.
func (c *Chips) MouseOut() { c.hover(-1) }

func (c *Chips) hover(index int) {
	if c.hovered != index {
		c.hovered = index
		c.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer {
	r := &chipsRenderer{c: c, ring: newRing(chipHeight/2 + ringGap)}
	r.fill()
	return r
}

type chipFace struct {
	back *canvas.Rectangle
	text *canvas.Text
}

type chipsRenderer struct {
	c     *Chips
	faces []chipFace
	ring  *canvas.Rectangle
}

func (r *chipsRenderer) Destroy() {}

func (r *chipsRenderer) Objects() []fyne.CanvasObject {
	all := make([]fyne.CanvasObject, 0, 2*len(r.faces)+1)
	for _, f := range r.faces {
		all = append(all, f.back, f.text)
	}
	return append(all, r.ring)
}

// MinSize is as wide as the widest chip and as high as the lines that the present width makes.
func (r *chipsRenderer) MinSize() fyne.Size {
	width := r.c.Size().Width
	if width == 0 {
		width = r.oneLine()
	}
	var widest float32
	for _, f := range r.faces {
		widest = max(widest, r.width(f))
	}
	return fyne.NewSize(widest, r.flow(width, nil))
}

func (r *chipsRenderer) oneLine() float32 {
	var width float32
	for _, f := range r.faces {
		width += r.width(f) + chipGap
	}
	return width
}

// width is that of the bold text, so that choosing a chip moves none.
func (r *chipsRenderer) width(f chipFace) float32 {
	return fyne.MeasureText(f.text.Text, f.text.TextSize, fyne.TextStyle{Bold: true}).Width + 2*chipPad
}

// flow walks the chips line by line, tells place where each stands, and returns the height of all.
func (r *chipsRenderer) flow(width float32, place func(i int, s chipSpan)) float32 {
	var pos fyne.Position
	for i, f := range r.faces {
		w := r.width(f)
		if pos.X > 0 && pos.X+w > width {
			pos = fyne.NewPos(0, pos.Y+chipHeight+chipGap)
		}
		if place != nil {
			place(i, chipSpan{pos, fyne.NewSize(w, chipHeight)})
		}
		pos.X += w + chipGap
	}
	return pos.Y + chipHeight
}

func (r *chipsRenderer) Layout(size fyne.Size) {
	r.c.spans = make([]chipSpan, len(r.faces))
	r.flow(size.Width, r.place)
}

func (r *chipsRenderer) place(i int, s chipSpan) {
	f := r.faces[i]
	r.c.spans[i] = s
	f.back.Move(s.pos)
	f.back.Resize(s.size)
	text := f.text.MinSize()
	f.text.Move(s.pos.AddXY((s.size.Width-text.Width)/2, (chipHeight-text.Height)/2))
	f.text.Resize(text)
	if i == r.c.cursor() {
		placeRing(r.ring, s.pos, s.size)
	}
}

func (r *chipsRenderer) fill() {
	for len(r.faces) < len(r.c.options) {
		back := &canvas.Rectangle{CornerRadius: chipHeight / 2, StrokeWidth: 1}
		r.faces = append(r.faces, chipFace{back, newText(theme.SizeNameSmallText, fyne.TextStyle{})})
	}
	r.faces = r.faces[:len(r.c.options)]
	for i, f := range r.faces {
		r.paint(i, f)
	}
	showRing(r.ring, r.c.focused && !r.c.Disabled() && len(r.faces) > 0)
}

func (r *chipsRenderer) paint(i int, f chipFace) {
	text, fill, line := fynetheme.ColorNameForeground, theme.ColorNameSurface, theme.ColorNameLine
	on := i == r.c.selected
	switch {
	case on && !r.c.Disabled():
		text, fill, line = theme.ColorNameAccent, theme.ColorNameAccentSoft, theme.ColorNameAccentSoft
	case r.c.Disabled():
		text = theme.ColorNameFaint
	case i == r.c.hovered:
		line = theme.ColorNameMuted
	}
	f.back.FillColor, f.back.StrokeColor = theme.Color(fill), theme.Color(line)
	f.back.Refresh()
	if f.text.TextStyle.Bold != on {
		f.text.TextStyle.Bold = on
		f.text.Refresh()
	}
	setText(f.text, r.c.options[i], text)
}

func (r *chipsRenderer) Refresh() {
	r.fill()
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}
