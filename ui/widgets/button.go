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
	buttonHeight = 36
	buttonPad    = 15
	iconSize     = 16
)

// Button is Fyne's button with Keyfob's face: a line around it, the main one filled, a dangerous one in the colour of
// danger, one of LowImportance like a link. Enter presses it, as Space does; Escape leaves the dialog around.
type Button struct {
	widget.Button
	altAware
	filled           bool // a dangerous one that is the main one of its dialog
	hovered, focused bool
}

// NewButton returns a button of medium importance.
func NewButton(text string, tapped func()) *Button {
	b := &Button{}
	b.Text, b.OnTapped = text, tapped
	b.ExtendBaseWidget(b)
	return b
}

// NewButtonWithIcon returns a button with an icon before its text.
func NewButtonWithIcon(text string, icon fyne.Resource, tapped func()) *Button {
	b := NewButton(text, tapped)
	b.Icon = icon
	return b
}

// TypedKey presses on Enter and Space.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	used()
	if isEnter(ev) || ev.Name == fyne.KeySpace {
		b.press()
		return
	}
	dialogKey(b, ev)
}

// press is a tap by key: unlike one by mouse it leaves the focus here. One that was hidden with the focus on it does
// nothing.
func (b *Button) press() {
	if b.Visible() && !b.Disabled() && b.OnTapped != nil {
		b.OnTapped()
	}
}

// FocusGained is Fyne's.
func (b *Button) FocusGained() {
	b.focused = true
	InView(b)
	b.Refresh()
}

// FocusLost is Fyne's.
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
}

// MouseIn is Fyne's.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
}

// MouseOut is Fyne's.
func (b *Button) MouseOut() {
	b.hovered = false
	b.Refresh()
}

// CreateRenderer is Fyne's.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	radius := theme.Size(fynetheme.SizeNameButtonRadius)
	r := &buttonRenderer{
		b:     b,
		face:  &canvas.Rectangle{CornerRadius: radius, StrokeWidth: 1},
		hover: &canvas.Rectangle{CornerRadius: radius},
		text:  newText(theme.SizeNameText, fyne.TextStyle{Bold: true}),
		icon:  newGlyphFace(),
		ring:  newRing(radius + ringGap),
	}
	r.Refresh()
	return r
}

type buttonRenderer struct {
	b           *Button
	face, hover *canvas.Rectangle
	text        *canvas.Text
	icon        *glyphFace
	ring        *canvas.Rectangle
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.face, r.hover, r.icon.image, r.text, r.ring}
}

func (r *buttonRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.inner()+2*r.pad(), buttonHeight)
}

// pad is small for a button like a link, so that it stands in line with text.
func (r *buttonRenderer) pad() float32 {
	if r.b.Importance == widget.LowImportance || r.b.Text == "" {
		return 8
	}
	return buttonPad
}

func (r *buttonRenderer) inner() float32 {
	width := r.text.MinSize().Width
	if r.b.Icon == nil {
		return width
	}
	if r.b.Text == "" {
		return iconSize
	}
	return width + iconSize + 8
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.face.Resize(size)
	r.hover.Resize(size)
	placeRing(r.ring, fyne.Position{}, size)
	x := (size.Width - r.inner()) / 2
	if r.b.Alignment == widget.ButtonAlignLeading {
		x = r.pad()
	}
	if r.b.Icon != nil {
		r.icon.place(fyne.NewPos(x, (size.Height-iconSize)/2), iconSize)
		x += iconSize + 8
	}
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(x, (size.Height-text.Height)/2))
}

func (r *buttonRenderer) Refresh() {
	text, fill, line := r.b.colours()
	r.face.FillColor, r.face.StrokeColor = theme.Color(fill), theme.Color(line)
	r.face.Refresh()
	r.hover.FillColor = theme.Color(fynetheme.ColorNameHover)
	SetVisible(r.hover, r.b.hovered && !r.b.Disabled())
	setText(r.text, r.b.Text, text)
	r.icon.set(r.b.Icon, text)
	showRing(r.ring, r.b.focused && !r.b.Disabled())
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (b *Button) colours() (text, fill, line fyne.ThemeColorName) {
	none := theme.ColorNameTransparent
	switch {
	case b.Importance == widget.HighImportance && b.Disabled():
		return fynetheme.ColorNameForegroundOnPrimary, theme.ColorNameAccentDim, none
	case b.Importance == widget.HighImportance:
		return fynetheme.ColorNameForegroundOnPrimary, theme.ColorNameAccent, none
	case b.Importance == widget.LowImportance && b.Disabled():
		return theme.ColorNameFaint, none, none
	case b.Importance == widget.LowImportance:
		return theme.ColorNameAccent, none, none
	case b.Disabled():
		return theme.ColorNameFaint, theme.ColorNameSurface, theme.ColorNameLine
	case b.Importance == widget.DangerImportance && b.filled:
		return fynetheme.ColorNameForegroundOnError, theme.ColorNameRevoked, none
	case b.Importance == widget.DangerImportance:
		return theme.ColorNameRevoked, theme.ColorNameSurface, theme.ColorNameRevoked
	}
	return fynetheme.ColorNameForeground, theme.ColorNameSurface, theme.ColorNameLine
}
