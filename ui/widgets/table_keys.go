package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// TypedKey moves the selection and acts on it.
func (t *Table) TypedKey(ev *fyne.KeyEvent) {
	used()
	if index, ok := t.target(ev.Name); ok {
		t.moveTo(index)
		return
	}
	switch ev.Name {
	case fyne.KeySpace:
		t.toggle(t.current)
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.OnOpen == nil {
			dialogKey(t, ev)
			return
		}
		t.open(t.selected)
	case fyne.KeyDelete:
		if t.OnDelete != nil {
			t.OnDelete()
		}
	default:
		dialogKey(t, ev)
	}
}

// target is the row that a key leads to.
func (t *Table) target(key fyne.KeyName) (int, bool) {
	last := len(t.rows) - 1
	if last < 0 {
		return 0, false
	}
	to := t.current
	switch key {
	case fyne.KeyUp:
		to--
	case fyne.KeyDown:
		to++
	case fyne.KeyPageUp:
		to -= t.page()
	case fyne.KeyPageDown:
		to += t.page()
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = last
	default:
		return 0, false
	}
	return min(max(to, 0), last), true
}

// page is one row less than fit, so that the eye keeps its place.
func (t *Table) page() int { return max(int(t.list.Size().Height/tableRowHeight)-1, 1) }

func (t *Table) moveTo(index int) {
	if !t.shift {
		t.anchor = -1
		t.selectIndex(index)
		return
	}
	t.extend(index)
	t.selectIndex(index)
	if t.checkable {
		t.tellChecks()
	}
}

// TypedRune is Fyne's.
func (t *Table) TypedRune(rune) {}

// KeyDown learns that Shift is held: Fyne does not tell it with the other keys.
func (t *Table) KeyDown(ev *fyne.KeyEvent) { t.hold(ev, true) }

// KeyUp learns that Shift is let go.
func (t *Table) KeyUp(ev *fyne.KeyEvent) { t.hold(ev, false) }

func (t *Table) hold(ev *fyne.KeyEvent, on bool) {
	if ev.Name == desktop.KeyShiftLeft || ev.Name == desktop.KeyShiftRight {
		t.shift = on
	}
}

// FocusGained is Fyne's.
func (t *Table) FocusGained() {
	t.focused = true
	t.Refresh()
}

// FocusLost is Fyne's.
func (t *Table) FocusLost() {
	t.focused, t.shift = false, false
	t.Refresh()
}

// clicks finds double clicks. Fyne's own would hold back every single click until it is sure that no second one comes.
type clicks struct {
	now  func() time.Time // time.Now when nil
	last time.Time
	id   string

	shift bool // held when the mouse button went down
}

// double says whether this click on a row follows another one closely.
func (c *clicks) double(id string) bool {
	now := time.Now
	if c.now != nil {
		now = c.now
	}
	at := now()
	near := c.id == id && at.Sub(c.last) <= fyne.CurrentApp().Driver().DoubleTapDelay()
	c.last, c.id = at, id
	if near {
		c.id = ""
	}
	return near
}

// tapped is a click on a row, at x from its left edge.
func (t *Table) tapped(index int, x float32) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		c.Focus(t)
	}
	switch {
	case index >= len(t.rows):
		return
	case t.checkable && x < tableEdge+checkWidth-8:
		t.toggle(index)
	case t.checkable && t.clicks.shift:
		t.extend(index)
		t.selectIndex(index)
		t.tellChecks()
	default:
		t.anchor = -1
		t.selectIndex(index)
		if t.clicks.double(t.rows[index].ID) {
			t.open(t.rows[index].ID)
		}
	}
}
