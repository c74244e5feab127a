package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// rowList is Fyne's list without a focus of its own: the table has the focus and the keys.
type rowList struct{ widget.List }

func newRowList(t *Table) *rowList {
	l := &rowList{}
	l.HideSeparators = true
	l.Length = func() int { return len(t.rows) }
	l.CreateItem = func() fyne.CanvasObject { return newTableRow(t) }
	l.UpdateItem = func(id widget.ListItemID, o fyne.CanvasObject) { o.(*tableRow).show(id) }
	l.ExtendBaseWidget(l)
	return l
}

// Disabled keeps the list out of the tab order; it takes part in nothing else.
func (l *rowList) Disabled() bool { return true }

// Enable does nothing.
func (l *rowList) Enable() {}

// Disable does nothing.
func (l *rowList) Disable() {}

const barWidth = 4

// tableRow draws one row. Fyne hands the same few over and over for other rows.
type tableRow struct {
	widget.BaseWidget
	t       *Table
	index   int
	hovered bool
}

func newTableRow(t *Table) *tableRow {
	r := &tableRow{t: t, index: -1}
	r.ExtendBaseWidget(r)
	return r
}

func (r *tableRow) show(index int) {
	if r.index != index {
		r.hovered = false
	}
	r.index = index
	r.Refresh()
}

// MouseDown learns whether Shift is held, which a tap does not tell.
func (r *tableRow) MouseDown(ev *desktop.MouseEvent) {
	r.t.clicks.shift = ev.Modifier&fyne.KeyModifierShift != 0
}

// MouseUp is Fyne's.
func (r *tableRow) MouseUp(*desktop.MouseEvent) {}

// Tapped selects, ticks or opens.
func (r *tableRow) Tapped(ev *fyne.PointEvent) {
	if r.index >= 0 {
		r.t.tapped(r.index, ev.Position.X)
	}
}

// Scrolled does for the wheel what Fyne's list does, which tells nobody that it was used.
func (r *tableRow) Scrolled(ev *fyne.ScrollEvent) {
	used()
	r.t.list.ScrollToOffset(r.t.list.GetScrollOffset() - ev.Scrolled.DY)
}

// MouseIn is Fyne's.
func (r *tableRow) MouseIn(*desktop.MouseEvent) { r.hover(true) }

// MouseMoved is Fyne's.
func (r *tableRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (r *tableRow) MouseOut() { r.hover(false) }

func (r *tableRow) hover(on bool) {
	r.hovered = on
	r.Refresh()
}

// CreateRenderer is Fyne's.
func (r *tableRow) CreateRenderer() fyne.WidgetRenderer {
	rr := &rowRenderer{
		r:     r,
		back:  &canvas.Rectangle{},
		line:  &canvas.Rectangle{},
		bar:   &canvas.Rectangle{},
		check: newGlyphFace(),
		cells: make([]cellFace, len(r.t.columns)),
	}
	rr.Refresh()
	return rr
}

type rowRenderer struct {
	r          *tableRow
	back, line *canvas.Rectangle
	bar        *canvas.Rectangle // marks the row that the keys act on
	check      *glyphFace
	cells      []cellFace
	objects    []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(0, tableRowHeight) }

func (r *rowRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.line.Move(fyne.NewPos(0, size.Height-1))
	r.line.Resize(fyne.NewSize(size.Width, 1))
	r.bar.Resize(fyne.NewSize(barWidth, size.Height-1))
	placeCheck(r.check, tableRowHeight-1)
	r.fill()
}

func (r *rowRenderer) Refresh() {
	r.fill()
	canvas.Refresh(r.r)
}

// fill sets everything that the row shows, and lists only that, since what is listed costs in each frame.
func (r *rowRenderer) fill() {
	t := r.r.t
	r.objects = append(r.objects[:0], r.back, r.line)
	if r.r.index < 0 || r.r.index >= len(t.rows) {
		return
	}
	row := &t.rows[r.r.index]
	r.back.FillColor = theme.Color(r.ground(row.ID))
	r.line.FillColor = theme.Color(theme.ColorNameLine)
	if t.focused && row.ID == t.selected {
		r.bar.FillColor = theme.Color(theme.ColorNameAccent)
		r.objects = append(r.objects, r.bar)
	}
	if t.checkable {
		r.fillCheck(t.checked[row.ID])
	}
	for i := range t.columns {
		if i < len(row.Cells) && t.slots[i].width > 0 {
			r.objects = r.cells[i].show(&row.Cells[i], t.slots[i], r.objects)
		}
	}
}

func (r *rowRenderer) ground(id string) fyne.ThemeColorName {
	switch {
	case id == r.r.t.selected:
		return theme.ColorNameAccentSoft
	case r.r.hovered:
		return fynetheme.ColorNameHover
	}
	return theme.ColorNameTransparent
}

func (r *rowRenderer) fillCheck(on bool) {
	face := assets.CheckOff
	if on {
		face = assets.CheckOn
	}
	setCheck(r.check, face, on)
	r.objects = append(r.objects, r.check.image)
}

// cellFace draws one cell. Its parts are made when a row first needs them.
type cellFace struct {
	text, sub *canvas.Text
	badge     *badgeFace
	tags      []*tagFace
	more      *canvas.Text
}

// show draws a cell into its slot and appends what it drew.
func (f *cellFace) show(c *Cell, s slot, objects []fyne.CanvasObject) []fyne.CanvasObject {
	switch {
	case c.Badge != nil:
		return f.showBadge(*c.Badge, s, objects)
	case len(c.Tags) > 0:
		return f.showTags(c.Tags, s, objects)
	case c.Sub != "":
		return f.showTwo(c, s, objects)
	}
	f.showText(c, s, (tableRowHeight-1)/2)
	return append(objects, f.text)
}

func (f *cellFace) showTwo(c *Cell, s slot, objects []fyne.CanvasObject) []fyne.CanvasObject {
	f.showText(c, s, 17)
	if f.sub == nil {
		f.sub = newText(theme.SizeNameCaption, fyne.TextStyle{})
	}
	setText(f.sub, fit(c.Sub, f.sub, s.width), theme.ColorNameMuted)
	placeText(f.sub, s, 35)
	return append(objects, f.text, f.sub)
}

func (f *cellFace) showText(c *Cell, s slot, middle float32) {
	if f.text == nil {
		f.text = newText(theme.SizeNameText, fyne.TextStyle{})
	}
	size, colour := theme.SizeNameText, fynetheme.ColorNameForeground
	if c.Muted {
		size, colour = theme.SizeNameCaption, theme.ColorNameMuted
	}
	style, points := fyne.TextStyle{Bold: c.Strong}, theme.Size(size)
	if f.text.TextStyle != style || f.text.TextSize != points {
		f.text.TextStyle, f.text.TextSize = style, points
		f.text.Refresh()
	}
	setText(f.text, fit(c.Text, f.text, s.width), colour)
	placeText(f.text, s, middle)
}

// placeText gives a text its line. All lines of one size are of one height, so the text itself need not be measured.
func placeText(t *canvas.Text, s slot, middle float32) {
	height := fyne.MeasureText("M", t.TextSize, fyne.TextStyle{}).Height
	t.Resize(fyne.NewSize(s.width, height))
	t.Move(fyne.NewPos(s.x, middle-height/2))
}

func (f *cellFace) showBadge(spec BadgeSpec, s slot, objects []fyne.CanvasObject) []fyne.CanvasObject {
	if f.badge == nil {
		f.badge = newBadgeFace()
	}
	f.badge.set(spec)
	f.badge.place(fyne.NewPos(s.x, (tableRowHeight-1-badgeHeight)/2))
	return append(objects, f.badge.objects()...)
}

// showTags draws the tags that have room, and how many more there are.
func (f *cellFace) showTags(texts []string, s slot, objects []fyne.CanvasObject) []fyne.CanvasObject {
	pos := fyne.NewPos(s.x, (tableRowHeight-1-tagHeight)/2)
	for i, text := range texts {
		if i == len(f.tags) {
			f.tags = append(f.tags, newTagFace())
		}
		tag := f.tags[i]
		tag.set(text)
		if left := len(texts) - i; i > 0 && pos.X+tag.width()+roomForMore(left-1) > s.x+s.width {
			return append(objects, f.showMore(left, pos.X))
		}
		tag.place(pos)
		objects = append(objects, tag.back, tag.text)
		pos.X += tag.width() + tagGap
	}
	return objects
}

func roomForMore(left int) float32 {
	if left == 0 {
		return 0
	}
	return 24
}

func (f *cellFace) showMore(left int, x float32) *canvas.Text {
	if f.more == nil {
		f.more = newText(theme.SizeNameCaption, fyne.TextStyle{})
	}
	setText(f.more, plus(left), theme.ColorNameMuted)
	placeText(f.more, slot{x + 2, 24}, (tableRowHeight-1)/2)
	return f.more
}

func plus(n int) string { return "+" + strconv.Itoa(n) }
