package widgets

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// pressable is what a row of the sidebar does with mouse, focus and keys.
type pressable struct {
	widget.BaseWidget
	onTap            func()
	hovered, focused bool
	self             fyne.Widget
}

func (p *pressable) become(self fyne.Widget, onTap func()) {
	p.self, p.onTap = self, onTap
	p.ExtendBaseWidget(self)
}

// Tapped is Fyne's.
func (p *pressable) Tapped(*fyne.PointEvent) {
	if p.onTap != nil {
		p.onTap()
	}
}

// TypedKey presses on Enter and Space.
func (p *pressable) TypedKey(ev *fyne.KeyEvent) {
	used()
	if isEnter(ev) || ev.Name == fyne.KeySpace {
		p.Tapped(nil)
		return
	}
	dialogKey(p.self, ev)
}

// TypedRune is Fyne's.
func (p *pressable) TypedRune(rune) {}

// FocusGained is Fyne's.
func (p *pressable) FocusGained() { p.set(&p.focused, true) }

// FocusLost is Fyne's.
func (p *pressable) FocusLost() { p.set(&p.focused, false) }

// MouseIn is Fyne's.
func (p *pressable) MouseIn(*desktop.MouseEvent) { p.set(&p.hovered, true) }

// MouseMoved is Fyne's.
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (p *pressable) MouseOut() { p.set(&p.hovered, false) }

func (p *pressable) set(flag *bool, on bool) {
	*flag = on
	p.self.Refresh()
}

// SidebarItem leads to a view: icon, name, and a count or nothing at the right.
type SidebarItem struct {
	pressable
	icon        fyne.Resource
	text, count string
	selected    bool
}

// NewSidebarItem returns an item that is not selected.
func NewSidebarItem(icon fyne.Resource, text, count string, onTap func()) *SidebarItem {
	i := &SidebarItem{icon: icon, text: text, count: count}
	i.become(i, onTap)
	return i
}

// SetCount puts a number at the right.
func (i *SidebarItem) SetCount(n int) {
	i.count = strconv.Itoa(n)
	i.Refresh()
}

// SetSelected marks the item whose view is shown.
func (i *SidebarItem) SetSelected(on bool) {
	i.selected = on
	i.Refresh()
}

// Text is what it says.
func (i *SidebarItem) Text() string { return i.text }

// Selected says whether the item is marked.
func (i *SidebarItem) Selected() bool { return i.selected }

// CreateRenderer is Fyne's.
func (i *SidebarItem) CreateRenderer() fyne.WidgetRenderer {
	r := &sidebarRenderer{
		i:     i,
		back:  &canvas.Rectangle{CornerRadius: 6},
		icon:  newGlyphFace(),
		text:  newText(theme.SizeNameText, fyne.TextStyle{}),
		count: newText(theme.SizeNameCaption, fyne.TextStyle{}),
		ring:  newRing(6),
	}
	r.Refresh()
	return r
}

type sidebarRenderer struct {
	i           *SidebarItem
	back, ring  *canvas.Rectangle
	icon        *glyphFace
	text, count *canvas.Text
}

func (r *sidebarRenderer) Destroy() {}

func (r *sidebarRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.icon.image, r.text, r.count, r.ring}
}

func (r *sidebarRenderer) MinSize() fyne.Size {
	return fyne.NewSize(36+r.text.MinSize().Width+8+r.count.MinSize().Width+10, 34)
}

func (r *sidebarRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.ring.Move(fyne.NewPos(1, 1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
	r.icon.place(fyne.NewPos(9, (size.Height-18)/2), 18)
	text, count := r.text.MinSize(), r.count.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(36, (size.Height-text.Height)/2))
	r.count.Resize(count)
	r.count.Move(fyne.NewPos(size.Width-10-count.Width, (size.Height-count.Height)/2))
}

func (r *sidebarRenderer) Refresh() {
	text, quiet, back := fynetheme.ColorNameForeground, theme.ColorNameMuted, theme.ColorNameTransparent
	if r.i.hovered {
		back = fynetheme.ColorNameHover
	}
	if r.i.selected {
		text, quiet, back = theme.ColorNameAccent, theme.ColorNameAccent, theme.ColorNameAccentSoft
	}
	r.back.FillColor = theme.Color(back)
	r.back.Refresh()
	r.icon.set(r.i.icon, text)
	if r.text.TextStyle.Bold != r.i.selected {
		r.text.TextStyle.Bold, r.count.TextStyle.Bold = r.i.selected, r.i.selected
		r.text.Refresh()
		r.count.Refresh()
	}
	setText(r.text, r.i.text, text)
	setText(r.count, r.i.count, quiet)
	showRing(r.ring, r.i.focused)
	r.Layout(r.i.Size())
	canvas.Refresh(r.i)
}

// AccountCard says which server this is and who is signed in there, and opens what can be done about it.
type AccountCard struct {
	pressable
	server, name string
}

// NewAccountCard returns the card. onTap gets the card itself, to open a menu below it.
func NewAccountCard(server, name string, onTap func(card fyne.CanvasObject)) *AccountCard {
	c := &AccountCard{server: server, name: name}
	c.become(c, func() { onTap(c) })
	return c
}

// Set changes both lines.
func (c *AccountCard) Set(server, name string) {
	c.server, c.name = server, name
	c.Refresh()
}

// CreateRenderer is Fyne's.
func (c *AccountCard) CreateRenderer() fyne.WidgetRenderer {
	r := &accountRenderer{
		c:       c,
		back:    &canvas.Rectangle{CornerRadius: 8, StrokeWidth: 1},
		avatar:  &canvas.Circle{},
		initial: newText(theme.SizeNameText, fyne.TextStyle{Bold: true}),
		server:  newText(theme.SizeNameSmallText, fyne.TextStyle{Bold: true}),
		name:    newText(theme.SizeNameCaption, fyne.TextStyle{}),
		arrow:   newGlyphFace(),
		ring:    newRing(8),
	}
	r.Refresh()
	return r
}

type accountRenderer struct {
	c                     *AccountCard
	back, ring            *canvas.Rectangle
	avatar                *canvas.Circle
	initial, server, name *canvas.Text
	arrow                 *glyphFace
}

func (r *accountRenderer) Destroy() {}

func (r *accountRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.avatar, r.initial, r.server, r.name, r.arrow.image, r.ring}
}

func (r *accountRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 54) }

func (r *accountRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.ring.Move(fyne.NewPos(1, 1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
	r.avatar.Resize(fyne.NewSquareSize(32))
	r.avatar.Move(fyne.NewPos(11, (size.Height-32)/2))
	initial := r.initial.MinSize()
	r.initial.Move(fyne.NewPos(11+(32-initial.Width)/2, (size.Height-initial.Height)/2))
	room := size.Width - 52 - 30
	setText(r.server, fit(r.c.server, r.server, room), fynetheme.ColorNameForeground)
	setText(r.name, fit(r.c.name, r.name, room+20), theme.ColorNameMuted)
	r.server.Move(fyne.NewPos(53, size.Height/2-18))
	r.name.Move(fyne.NewPos(53, size.Height/2+1))
	r.arrow.place(fyne.NewPos(size.Width-24, (size.Height-14)/2), 14)
}

func (r *accountRenderer) Refresh() {
	r.back.FillColor, r.back.StrokeColor = theme.Color(theme.ColorNameSurface), theme.Color(theme.ColorNameLine)
	if r.c.hovered {
		r.back.StrokeColor = theme.Color(theme.ColorNameMuted)
	}
	r.back.Refresh()
	r.avatar.FillColor = theme.Color(theme.ColorNameAccent)
	r.avatar.Refresh()
	first, size := utf8.DecodeRuneInString(r.c.name)
	initial := ""
	if size > 0 {
		initial = string(unicode.ToUpper(first))
	}
	setText(r.initial, initial, fynetheme.ColorNameForegroundOnPrimary)
	r.arrow.set(assets.IconDown, theme.ColorNameMuted)
	showRing(r.ring, r.c.focused)
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}
