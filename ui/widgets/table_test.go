package widgets

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"github.com/google/go-cmp/cmp"

	"keyfob/ui/theme"
)

// tableLog is what a table told, in order.
type tableLog struct {
	calls
	t *Table
	w fyne.Window
}

func showTable(t *testing.T, rows int) *tableLog {
	t.Helper()
	l := &tableLog{w: plainWindow(t)}
	l.t = NewTable([]Column{{Title: "Description", Sortable: true}, {Title: "Last used", Width: 96, Min: 480}, {Title: "Status", Width: 108, Sortable: true}})
	l.t.OnSelect = func(id string) { l.note("select " + id)() }
	l.t.OnOpen = func(id string) { l.note("open " + id)() }
	l.t.OnDelete = l.note("delete")
	l.t.OnSort = func(col int) { l.note(fmt.Sprint("sort ", col))() }
	l.t.OnCheck = func(ids []string) { l.note(fmt.Sprint("check ", ids))() }
	l.t.SetRows(numbered(rows))
	l.w.SetContent(l.t)
	l.w.Resize(fyne.NewSize(700, 400))
	l.w.Canvas().Focus(l.t)
	return l
}

func numbered(n int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		id := fmt.Sprint(i + 1)
		rows[i] = Row{ID: id, Cells: []Cell{{Text: "token " + id, Sub: "Warehouse", Strong: true}, {Text: "never", Muted: true}, {Badge: &BadgeSpec{Kind: Good, Text: "Active"}}}}
	}
	return rows
}

func (l *tableLog) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(calls(want), l.calls); diff != "" {
		t.Error(diff)
	}
	l.calls = nil
}

// The list scrolls as Fyne's own does, and that counts as use.
func TestTheWheelOverRowsScrollsTheTableAndIsUse(t *testing.T) {
	l := showTable(t, 100)
	uses := 0
	OnUse(func() { uses++ })
	t.Cleanup(func() { OnUse(func() {}) })
	end := float32(100*tableRowHeight) - l.t.list.Size().Height
	for i, turn := range []struct{ by, to float32 }{{-130, 130}, {-20, 150}, {50, 100}, {1e6, 0}, {-1e6, end}} {
		test.Scroll(l.w.Canvas(), fyne.NewPos(200, 200), 0, turn.by)
		if at := l.t.list.GetScrollOffset(); at != turn.to || uses != i+1 {
			t.Errorf("turned by %v it is at %v, want %v, with %d uses", turn.by, at, turn.to, uses)
		}
	}
}

// row returns the widget that shows a row now, nil if it is out of sight.
func (l *tableLog) row(id string) *tableRow {
	for _, o := range test.LaidOutObjects(l.t) {
		if r, ok := o.(*tableRow); ok && r.index >= 0 && l.t.rows[r.index].ID == id {
			return r
		}
	}
	return nil
}

func TestArrowKeysMoveTheSelection(t *testing.T) {
	l := showTable(t, 30)
	press(l.w, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyUp)
	l.want(t, "select 1", "select 2", "select 1")
	press(l.w, fyne.KeyEnd, fyne.KeyDown, fyne.KeyHome)
	l.want(t, "select 30", "select 1")
}

func TestPageKeysMoveByWhatIsInSight(t *testing.T) {
	l := showTable(t, 100)
	press(l.w, fyne.KeyHome, fyne.KeyPageDown, fyne.KeyPageDown, fyne.KeyPageUp)
	page := l.t.page() // (400 - header) / 52, less one
	if page != 6 {
		t.Fatalf("a page is %d rows", page)
	}
	l.want(t, "select 1", "select 7", "select 13", "select 7")
}

func TestSelectedRowIsBroughtIntoSight(t *testing.T) {
	l := showTable(t, 1000)
	press(l.w, fyne.KeyEnd)
	if l.row("1000") == nil {
		t.Error("the last row is out of sight")
	}
	l.t.Select("500")
	if l.row("500") == nil {
		t.Error("row 500 is out of sight")
	}
}

func TestFirstRowSelectedBeforeTheTableHasASizeIsInSight(t *testing.T) {
	w := plainWindow(t)
	table := NewTable([]Column{{Title: "Description"}})
	table.SetRows(numbered(100))
	table.Select("1")
	w.SetContent(table)
	w.Resize(fyne.NewSize(700, 400))
	if at := table.list.GetScrollOffset(); at != 0 {
		t.Errorf("the table is scrolled to %v", at)
	}
}

func TestEnterOpensAndDeleteDeletes(t *testing.T) {
	l := showTable(t, 3)
	press(l.w, fyne.KeyReturn)
	l.want(t) // nothing selected
	press(l.w, fyne.KeyDown, fyne.KeyReturn, fyne.KeyDelete)
	l.want(t, "select 1", "open 1", "delete")
}

func TestSpaceTicksAndShiftTicksARange(t *testing.T) {
	l := showTable(t, 10)
	l.t.SetCheckable(true)
	press(l.w, fyne.KeyDown, fyne.KeySpace, fyne.KeySpace)
	l.want(t, "select 1", "check [1]", "check []")
	press(l.w, fyne.KeyDown)
	hold(l.w, desktop.KeyShiftLeft, func() { press(l.w, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp) })
	l.want(t, "select 2", "select 3", "check [2 3]", "select 4", "check [2 3 4]", "select 3", "check [2 3]")
	press(l.w, fyne.KeyDown)
	l.want(t, "select 4")
	if diff := cmp.Diff([]string{"2", "3"}, l.t.Checked()); diff != "" {
		t.Error(diff)
	}
}

func TestTableThatCannotBeTickedIsNot(t *testing.T) {
	l := showTable(t, 3)
	press(l.w, fyne.KeyDown, fyne.KeySpace)
	hold(l.w, desktop.KeyShiftRight, func() { press(l.w, fyne.KeyDown) })
	l.want(t, "select 1", "select 2")
	if got := l.t.Checked(); len(got) != 0 {
		t.Errorf("ticked: %v", got)
	}
}

func TestClickSelectsTicksAndOpens(t *testing.T) {
	l := showTable(t, 5)
	l.t.SetCheckable(true)
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	l.t.clicks.now = func() time.Time { return now }
	test.TapAt(l.row("2"), fyne.NewPos(200, 20))
	now = now.Add(time.Minute)
	test.TapAt(l.row("2"), fyne.NewPos(200, 20))
	l.want(t, "select 2")
	test.TapAt(l.row("2"), fyne.NewPos(200, 20))
	l.want(t, "open 2")
	test.TapAt(l.row("4"), fyne.NewPos(tableEdge+4, 20))
	l.want(t, "check [4]")
	l.row("5").MouseDown(&desktop.MouseEvent{Modifier: fyne.KeyModifierShift})
	test.TapAt(l.row("5"), fyne.NewPos(200, 20))
	l.want(t, "select 5", "check [4 5]")
}

func TestSelectionAndTicksStayWithTheirRows(t *testing.T) {
	l := showTable(t, 5)
	l.t.SetCheckable(true)
	l.t.Select("2")
	l.t.SetChecked([]string{"4", "5", "none"})
	l.calls = nil
	rows := numbered(5)
	slices.Reverse(rows)
	l.t.SetRows(rows)
	l.want(t)
	if l.t.Selected() != "2" {
		t.Errorf("selected %q", l.t.Selected())
	}
	if diff := cmp.Diff([]string{"5", "4"}, l.t.Checked()); diff != "" {
		t.Error(diff)
	}
	press(l.w, fyne.KeyDown)
	l.want(t, "select 1")
}

func TestLosingTheSelectedRowIsTold(t *testing.T) {
	l := showTable(t, 5)
	l.t.Select("5")
	l.t.SetChecked([]string{"4", "5"})
	l.calls = nil
	l.t.SetRows(numbered(4))
	l.want(t, "select ", "check [4]")
	if l.t.Selected() != "" {
		t.Errorf("selected %q", l.t.Selected())
	}
	press(l.w, fyne.KeyUp)
	l.want(t, "select 1")
}

func TestEmptyTableTakesAllKeys(t *testing.T) {
	l := showTable(t, 0)
	l.t.SetCheckable(true)
	press(l.w, fyne.KeyDown, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeySpace, fyne.KeyReturn)
	l.t.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(tableEdge, 10)})
	l.want(t, "check []")
}

func TestHeaderSortsByMouseAndKey(t *testing.T) {
	l := showTable(t, 3)
	l.t.SetSort(0, false)
	for _, i := range []int{0, 1, 2} { // the second is not sortable
		l.t.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(l.t.slots[i].x+5, 10)})
	}
	l.want(t, "sort 0", "sort 2")
	l.w.Canvas().Focus(l.t.header)
	press(l.w, fyne.KeySpace, fyne.KeyRight, fyne.KeyReturn, fyne.KeyRight, fyne.KeyLeft, fyne.KeyReturn)
	l.want(t, "sort 0", "sort 2", "sort 0")
}

func TestHeaderBoxTicksAllAndNone(t *testing.T) {
	l := showTable(t, 3)
	l.t.SetCheckable(true)
	box := &fyne.PointEvent{Position: fyne.NewPos(tableEdge+4, 10)}
	l.t.SetChecked([]string{"2"})
	l.t.header.Tapped(box)
	l.t.header.Tapped(box)
	l.want(t, "check [1 2 3]", "check []")
}

func TestColumnsHideWhereTheyFindNoRoom(t *testing.T) {
	l := showTable(t, 1)
	if l.t.slots[1].width == 0 {
		t.Error("it is hidden at 700")
	}
	l.w.Resize(fyne.NewSize(420, 400))
	if l.t.slots[1].width != 0 {
		t.Error("it is shown at 420")
	}
	end := l.t.slots[2].x + l.t.slots[2].width
	if end > 420-tableEdge+1 {
		t.Errorf("the last column ends at %v", end)
	}
}

func TestTheTableIsTwoStopsForTab(t *testing.T) {
	l := showTable(t, 3)
	var stops []fyne.Focusable
	for range 3 {
		press(l.w, fyne.KeyTab)
		stops = append(stops, l.w.Canvas().Focused())
	}
	if stops[0] != fyne.Focusable(l.t.header) || stops[1] != fyne.Focusable(l.t) || stops[2] != fyne.Focusable(l.t.header) {
		t.Errorf("stops: %T %T %T", stops[0], stops[1], stops[2])
	}
}

// A recycled row must not keep anything of the row that it showed before.
func TestRecycledRowShowsOnlyItsNewRow(t *testing.T) {
	l := showTable(t, 1)
	l.t.SetCheckable(true)
	full := Row{ID: "a", Cells: []Cell{{Text: "a", Sub: "sub", Strong: true}, {Tags: []string{"read", "update"}}, {Badge: &BadgeSpec{Kind: Bad, Text: "Revoked"}}}}
	bare := Row{ID: "b", Cells: []Cell{{Text: "plain"}}}
	l.t.SetRows([]Row{full})
	l.t.Select("a")
	l.t.SetChecked([]string{"a"})
	if diff := cmp.Diff([]string{"a", "sub", "read", "+1", "Revoked"}, l.drawn()); diff != "" {
		t.Error(diff)
	}
	l.t.SetRows([]Row{bare})
	if diff := cmp.Diff([]string{"plain"}, l.drawn()); diff != "" {
		t.Error(diff)
	}
	text := l.text("plain")
	if text.TextStyle.Bold || text.TextSize != 14 {
		t.Errorf("drawn bold %v in %v", text.TextStyle.Bold, text.TextSize)
	}
}

func (l *tableLog) drawn() []string {
	var all []string
	for _, o := range test.LaidOutObjects(l.t.list) {
		if text, ok := o.(*canvas.Text); ok && o.Visible() {
			all = append(all, text.Text)
		}
	}
	return all
}

func (l *tableLog) text(want string) *canvas.Text {
	for _, o := range test.LaidOutObjects(l.t.list) {
		if text, ok := o.(*canvas.Text); ok && text.Text == want {
			return text
		}
	}
	return nil
}

func TestLongTextEndsInAnEllipsisInsideItsColumn(t *testing.T) {
	l := showTable(t, 1)
	long := "Backup job of the finance department, with a name that is far longer than its column could ever be"
	l.t.SetRows([]Row{{ID: "1", Cells: []Cell{{Text: long, Sub: long}}}})
	for _, got := range l.drawn() {
		width := l.text(got).MinSize().Width
		if width > l.t.slots[0].width || !slices.Contains([]rune(got), '…') {
			t.Errorf("%q is %v wide, the column %v", got, width, l.t.slots[0].width)
		}
	}
}

func TestHundredThousandRowsNeedOnlyThoseInSight(t *testing.T) {
	l := showTable(t, 100_000)
	l.t.Select("99999")
	rows := 0
	for _, o := range test.LaidOutObjects(l.t) {
		if _, ok := o.(*tableRow); ok {
			rows++
		}
	}
	if rows == 0 || rows > 400/tableRowHeight+2 {
		t.Errorf("%d row widgets stand in a window of 400", rows)
	}
	if allocs := testing.AllocsPerRun(10, func() { l.t.SetRows(l.t.rows) }); allocs > 3000 {
		t.Errorf("showing the same rows again allocates %v times", allocs)
	}
}

func BenchmarkTableScroll(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(theme.New())
	t := NewTable([]Column{{Title: "Description"}, {Title: "Last used", Width: 96}, {Title: "Status", Width: 108}})
	t.SetRows(numbered(100_000))
	w := test.NewTempWindow(b, t)
	w.Resize(fyne.NewSize(1000, 800))
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		t.list.ScrollToOffset(float32(i%90_000) * 60)
	}
}

// BenchmarkBareListScroll is what BenchmarkTableScroll is measured against: Fyne's list with one label to a row.
func BenchmarkBareListScroll(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(theme.New())
	rows := numbered(100_000)
	list := widget.NewList(func() int { return len(rows) }, func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(rows[i].Cells[0].Text) })
	w := test.NewTempWindow(b, list)
	w.Resize(fyne.NewSize(1000, 800))
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		list.ScrollToOffset(float32(i%90_000) * 60)
	}
}
