package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Cover hides all of a window, its dialogs too, until it is taken away. Dialogs live on below it: what they wait for
// may come, and they may open and close. Nothing of that shows, and no key or tap gets through. Only a dialog that was
// told to (SetInFront) shows above it.
type Cover struct {
	// OnEscape is called for that key, whatever has the focus on the cover.
	OnEscape func()

	widget.BaseWidget
	window  fyne.Window
	content fyne.CanvasObject
	first   fyne.Focusable
	keys    func(*fyne.KeyEvent) // the window's, for below
}

// NewCover puts content in front of all of w; first gets the focus.
func NewCover(w fyne.Window, content fyne.CanvasObject, first fyne.Focusable) *Cover {
	c := &Cover{window: w, content: container.NewStack(NewPane(fynetheme.ColorNameBackground), content), first: first}
	c.ExtendBaseWidget(c)
	closePopUps(w.Canvas())
	w.Canvas().Unfocus() // what shows a secret while it is held lets go
	c.put()
	return c
}

// Uncover takes the cover away. The dialog that then is in front has the focus as when it was opened.
func (c *Cover) Uncover() {
	c.lift()
	if s, ok := c.window.Canvas().Overlays().Top().(*surface); ok {
		s.dialog.focusFirst(c.window.Canvas())
	}
}

// SetFirst changes what has the focus.
func (c *Cover) SetFirst(first fyne.Focusable) {
	c.first = first
	c.window.Canvas().Focus(first)
}

func (c *Cover) put() {
	canvas := c.window.Canvas()
	c.keys = canvas.OnTypedKey()
	canvas.SetOnTypedKey(c.typedKey)
	canvas.Overlays().Add(c)
	canvas.Focus(c.first)
}

// typedKey keeps keys from what is below.
func (c *Cover) typedKey(ev *fyne.KeyEvent) {
	used()
	if ev.Name == fyne.KeyEscape && c.OnEscape != nil {
		c.OnEscape()
	}
}

func (c *Cover) lift() {
	canvas := c.window.Canvas()
	canvas.Overlays().Remove(c)
	canvas.SetOnTypedKey(c.keys)
}

// Tapped keeps taps from what is below, and the focus, which Fyne takes away for them, where it was at first.
func (c *Cover) Tapped(*fyne.PointEvent) { c.SetFirst(c.first) }

// Cursor is Fyne's. Fyne asks for it whenever the pointer moves.
func (c *Cover) Cursor() desktop.Cursor { return usedAt() }

// CreateRenderer is Fyne's.
func (c *Cover) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }

// closePopUps takes away what is open for a moment only: menus and lists.
func closePopUps(c fyne.Canvas) {
	for top := c.Overlays().Top(); top != nil; top = c.Overlays().Top() {
		if _, ok := top.(*surface); ok {
			return
		}
		c.Overlays().Remove(top)
	}
}

// beneathCover does what adds or removes a dialog, below the cover if there is one and below what is in front of that.
func beneathCover(c fyne.Canvas, do func()) {
	all := c.Overlays().List()
	at := slices.IndexFunc(all, func(o fyne.CanvasObject) bool { _, ok := o.(*Cover); return ok })
	if at < 0 {
		do()
		return
	}
	cover, front := all[at].(*Cover), slices.Clone(all[at+1:])
	keys, focused := c.OnTypedKey(), c.Focused()
	cover.lift()
	do()
	c.Unfocus()
	cover.put()
	if len(front) == 0 {
		return
	}
	for _, o := range front {
		c.Overlays().Add(o)
	}
	c.SetOnTypedKey(keys)
	c.Focus(focused)
}
