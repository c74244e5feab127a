package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// pressable is what a row of the sidebar does with mouse, focus and keys.
type pressable struct {
	widget.BaseWidget
	onTap            func()
	hovered, focused bool
	closeMenu        func()            // nil: stands in no menu
	scroll           *container.Scroll // around the menu
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
	if p.closeMenu == nil {
		dialogKey(p.self, ev)
		return
	}
	p.menuKey(ev)
}

// InMenu makes Up and Down go from row to row of a menu, which stands in scroll if that is visible, and Escape close it.
func (p *pressable) InMenu(scroll *container.Scroll, closeMenu func()) {
	p.scroll, p.closeMenu = scroll, closeMenu
}

func (p *pressable) menuKey(ev *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(p.self)
	switch {
	case ev.Name == fyne.KeyEscape:
		p.closeMenu()
	case c == nil:
	case ev.Name == fyne.KeyDown:
		c.FocusNext()
	case ev.Name == fyne.KeyUp:
		c.FocusPrevious()
	}
}

// TypedRune is Fyne's.
func (p *pressable) TypedRune(rune) {}

// FocusGained is Fyne's.
func (p *pressable) FocusGained() {
	p.set(&p.focused, true)
	switch {
	case p.closeMenu == nil:
		InView(p.self)
	case p.scroll.Visible():
		scrollTo(p.scroll, p.self, 0)
	}
}

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
