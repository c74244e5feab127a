package widgets

import "math"

// slot is where a column stands; a hidden one has no width.
type slot struct{ x, width float32 }

// layoutColumns shares the width out: fixed columns get theirs, the others share the rest.
func (t *Table) layoutColumns(width float32) {
	t.width = width
	t.slots = make([]slot, len(t.columns))
	left := float32(tableEdge)
	if t.checkable {
		left += checkWidth
	}
	share := t.share(width - left - tableEdge)
	for i, c := range t.columns {
		if c.hidden(width) {
			continue
		}
		w := c.Width
		if w == 0 {
			w = share
		}
		t.slots[i] = slot{left, w}
		left += w + columnGap
	}
}

func (c Column) hidden(width float32) bool { return width > 0 && width < c.Min }

// flexibleWidth is the least that a column without a width of its own gets: what finds no room beyond is cut off.
const flexibleWidth = 120

// share is the width of a column that has none of its own. It is whole, so that texts are drawn sharp.
func (t *Table) share(room float32) float32 {
	flexible := 0
	for _, c := range t.columns {
		if c.hidden(t.width) {
			continue
		}
		room -= c.Width + columnGap
		if c.Width == 0 {
			flexible++
		}
	}
	if flexible == 0 {
		return 0
	}
	return float32(math.Floor(float64(max((room+columnGap)/float32(flexible), flexibleWidth))))
}
