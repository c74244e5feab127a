package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// Column is one column of a Table.
type Column struct {
	Title    string
	Width    float32 // 0: shares what the others leave
	Min      float32 // the column hides while the table is narrower than this
	Sortable bool
}

// Cell is what one row shows in one column, ready to draw.
type Cell struct {
	Text   string
	Sub    string // a quiet second line
	Strong bool
	Muted  bool
	Tags   []string   // in place of Text
	Badge  *BadgeSpec // in place of Text
}

// Row is one row: its cells and an ID, by which it stays selected and ticked whatever place it moves to.
type Row struct {
	ID    string
	Cells []Cell
}

// Table shows rows with a header. One row is selected; with SetCheckable any number can be ticked.
//
// Keys: Up, Down, Home, End, PgUp and PgDn select; with Shift they tick from where they began. Space ticks, Enter opens,
// Delete deletes. The header is a Tab stop of its own: Left and Right go over the columns, Space and Enter sort.
type Table struct {
	widget.BaseWidget

	OnSelect func(id string)    // another row was selected; "" when the selected one is gone
	OnOpen   func(id string)    // Enter, or a double click
	OnDelete func()             // the Delete key
	OnSort   func(col int)      // a sortable header; the caller sorts, then calls SetSort and SetRows
	OnCheck  func(ids []string) // the ticks changed; in the order of the rows

	columns   []Column
	rows      []Row
	sort      int
	desc      bool
	checkable bool
	checked   map[string]bool

	selected string
	current  int // index of selected, -1 without
	anchor   int // where a range that is ticked with Shift began, -1 without
	shift    bool
	focused  bool

	header *tableHeader
	list   *rowList
	slots  []slot // where the columns stand at the present width
	width  float32
	clicks clicks
}

const (
	tableRowHeight    = 52
	tableHeaderHeight = 34
	tableEdge         = 22 // left and right of the cells
	checkWidth        = 32
	columnGap         = 12
)

// NewTable returns an empty table.
func NewTable(columns []Column) *Table {
	t := &Table{columns: columns, sort: -1, current: -1, anchor: -1, checked: map[string]bool{}}
	t.header = newTableHeader(t)
	t.list = newRowList(t)
	t.ExtendBaseWidget(t)
	return t
}

// SetRows shows other rows. The selected row and the ticks stay by ID; where their rows are gone, OnSelect("") and OnCheck
// say so.
func (t *Table) SetRows(rows []Row) {
	t.rows = rows
	t.anchor = -1
	lost := t.selected != "" && t.indexOf(t.selected) < 0
	if lost {
		t.selected = ""
	}
	t.current = t.indexOf(t.selected)
	dropped := t.dropChecks()
	t.redraw()
	if lost && t.OnSelect != nil {
		t.OnSelect("")
	}
	if dropped {
		t.tellChecks()
	}
}

// SetSort shows by which column the rows are sorted; -1 is none.
func (t *Table) SetSort(col int, desc bool) {
	t.sort, t.desc = col, desc
	t.header.Refresh()
}

// Select selects a row and brings it into sight; OnSelect is told if it was not selected before. An ID that no row has
// selects none.
func (t *Table) Select(id string) { t.selectIndex(t.indexOf(id)) }

// Selected is the ID of the selected row, "" without.
func (t *Table) Selected() string { return t.selected }

func (t *Table) indexOf(id string) int {
	if id == "" {
		return -1
	}
	for i := range t.rows {
		if t.rows[i].ID == id {
			return i
		}
	}
	return -1
}

func (t *Table) selectIndex(index int) {
	id := ""
	if index >= 0 {
		id = t.rows[index].ID
	}
	changed := id != t.selected
	t.selected, t.current = id, index
	t.bringIntoSight()
	t.Refresh()
	if changed && t.OnSelect != nil {
		t.OnSelect(id)
	}
}

// bringIntoSight scrolls to the current row. A table that has no size yet stays at its top: Fyne would scroll as if
// nothing had room.
func (t *Table) bringIntoSight() {
	if t.current >= 0 && t.list.Size().Height > 0 {
		t.list.ScrollTo(t.current)
	}
}

func (t *Table) open(id string) {
	if id != "" && t.OnOpen != nil {
		t.OnOpen(id)
	}
}

func (t *Table) redraw() {
	t.header.Refresh()
	t.list.Refresh()
	canvas.Refresh(t)
}

// CreateRenderer is Fyne's.
func (t *Table) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	r := &tableRenderer{
		t:    t,
		back: &canvas.Rectangle{},
		top:  &canvas.Rectangle{},
		line: &canvas.Rectangle{},
		ring: &canvas.Rectangle{StrokeWidth: ringWidth},
		list: container.NewThemeOverride(t.list, rowTheme{}),
	}
	r.Refresh()
	return r
}

type tableRenderer struct {
	t          *Table
	back, ring *canvas.Rectangle
	top, line  *canvas.Rectangle // above and below the header
	list       *container.ThemeOverride
}

func (r *tableRenderer) Destroy() {}

func (r *tableRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.t.header, r.top, r.line, r.list, r.ring}
}

func (r *tableRenderer) MinSize() fyne.Size {
	return fyne.NewSize(240, tableHeaderHeight+2*tableRowHeight)
}

func (r *tableRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.ring.Move(fyne.NewPos(1, 1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
	r.t.layoutColumns(size.Width)
	r.t.header.Resize(fyne.NewSize(size.Width, tableHeaderHeight))
	r.top.Resize(fyne.NewSize(size.Width, 1))
	r.line.Move(fyne.NewPos(0, tableHeaderHeight))
	r.line.Resize(fyne.NewSize(size.Width, 1))
	r.list.Move(fyne.NewPos(0, tableHeaderHeight+1))
	r.list.Resize(size.SubtractWidthHeight(0, tableHeaderHeight+1))
}

func (r *tableRenderer) Refresh() {
	r.back.FillColor = theme.Color(theme.ColorNameSurface)
	r.line.FillColor = theme.Color(theme.ColorNameLine)
	r.top.FillColor = r.line.FillColor
	r.ring.StrokeColor = theme.Color(theme.ColorNameAccent)
	SetVisible(r.ring, r.t.focused && r.t.selected == "") // otherwise the selected row shows it
	r.t.redraw()
}

// rowTheme takes away the gap that a list keeps between its rows; ours draw their own line.
type rowTheme struct{}

func (rowTheme) now() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

func (t rowTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	return t.now().Color(name, variant)
}

func (t rowTheme) Font(style fyne.TextStyle) fyne.Resource { return t.now().Font(style) }

func (t rowTheme) Icon(name fyne.ThemeIconName) fyne.Resource { return t.now().Icon(name) }

func (t rowTheme) Size(name fyne.ThemeSizeName) float32 {
	if name == fynetheme.SizeNamePadding || name == fynetheme.SizeNameSelectionRadius {
		return 0
	}
	return t.now().Size(name)
}
