package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// tableHeader has the titles of the columns and the box that ticks all rows.
type tableHeader struct {
	widget.BaseWidget
	t       *Table
	cursor  int // the sortable column that the keys are on
	focused bool
}

func newTableHeader(t *Table) *tableHeader {
	h := &tableHeader{t: t, cursor: -1}
	h.ExtendBaseWidget(h)
	return h
}

// Tapped sorts, or ticks all.
func (h *tableHeader) Tapped(ev *fyne.PointEvent) {
	if h.t.checkable && ev.Position.X < tableEdge+checkWidth-8 {
		h.t.toggleAll()
		return
	}
	for i, s := range h.t.slots {
		if ev.Position.X >= s.x && ev.Position.X < s.x+s.width {
			h.sort(i)
		}
	}
}

func (h *tableHeader) sort(col int) {
	if col >= 0 && col < len(h.t.columns) && h.t.columns[col].Sortable && h.t.OnSort != nil {
		h.t.OnSort(col)
	}
}

// TypedKey goes over the sortable columns and sorts.
func (h *tableHeader) TypedKey(ev *fyne.KeyEvent) {
	used()
	switch ev.Name {
	case fyne.KeyLeft:
		h.move(-1)
	case fyne.KeyRight:
		h.move(1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		h.sort(h.cursor)
	default:
		dialogKey(h, ev)
	}
}

func (h *tableHeader) move(by int) {
	for i := h.cursor + by; i >= 0 && i < len(h.t.columns); i += by {
		if h.t.columns[i].Sortable && h.t.slots[i].width > 0 {
			h.cursor = i
			h.Refresh()
			return
		}
	}
}

// TypedRune is Fyne's.
func (h *tableHeader) TypedRune(rune) {}

// FocusGained starts on the column that the rows are sorted by.
func (h *tableHeader) FocusGained() {
	h.focused, h.cursor = true, h.t.sort
	if h.cursor < 0 {
		h.move(1)
	}
	h.Refresh()
}

// FocusLost is Fyne's.
func (h *tableHeader) FocusLost() {
	h.focused = false
	h.Refresh()
}

// CreateRenderer is Fyne's.
func (h *tableHeader) CreateRenderer() fyne.WidgetRenderer {
	r := &headerRenderer{
		h:     h,
		check: newGlyphFace(),
		arrow: newGlyphFace(),
		ring:  newRing(4),
	}
	for range h.t.columns {
		r.titles = append(r.titles, newText(theme.SizeNameCaption, fyne.TextStyle{Bold: true}))
	}
	r.Refresh()
	return r
}

type headerRenderer struct {
	h            *tableHeader
	titles       []*canvas.Text
	check, arrow *glyphFace
	ring         *canvas.Rectangle
}

func (r *headerRenderer) Destroy() {}

func (r *headerRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.check.image, r.arrow.image, r.ring}
	for _, title := range r.titles {
		all = append(all, title)
	}
	return all
}

func (r *headerRenderer) MinSize() fyne.Size { return fyne.NewSize(0, tableHeaderHeight) }

func (r *headerRenderer) Layout(fyne.Size) {
	t := r.h.t
	placeCheck(r.check, tableHeaderHeight)
	r.arrow.image.Hide()
	r.ring.Hide()
	for i, s := range t.slots {
		title := r.titles[i]
		SetVisible(title, s.width > 0)
		if s.width == 0 {
			continue
		}
		setText(title, fit(t.columns[i].Title, title, s.width-14), theme.ColorNameMuted)
		size := title.MinSize()
		title.Resize(size)
		title.Move(fyne.NewPos(s.x, (tableHeaderHeight-size.Height)/2))
		if i == t.sort {
			r.arrow.image.Show()
			r.arrow.place(fyne.NewPos(s.x+size.Width+4, (tableHeaderHeight-9)/2), 9)
		}
		if i == r.h.cursor && r.h.focused {
			placeRing(r.ring, fyne.NewPos(s.x-4, 7), fyne.NewSize(size.Width+22, tableHeaderHeight-14))
			showRing(r.ring, true)
		}
	}
}

func (r *headerRenderer) Refresh() {
	t := r.h.t
	SetVisible(r.check.image, t.checkable)
	face := assets.CheckOff
	switch n := len(t.checked); {
	case n > 0 && n == len(t.rows):
		face = assets.CheckOn
	case n > 0:
		face = assets.CheckSome
	}
	setCheck(r.check, face, len(t.checked) > 0)
	arrow := assets.GlyphUp
	if t.desc {
		arrow = assets.GlyphDown
	}
	r.arrow.set(arrow, theme.ColorNameMuted)
	r.Layout(r.h.Size())
	canvas.Refresh(r.h)
}

func placeCheck(check *glyphFace, height float32) {
	check.place(fyne.NewPos(tableEdge-1, (height-18)/2), 18)
}

func setCheck(check *glyphFace, face fyne.Resource, on bool) {
	colour := theme.ColorNameMuted
	if on {
		colour = theme.ColorNameAccent
	}
	check.set(face, colour)
}
