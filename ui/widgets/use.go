package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// used is called at each key, each movement of the pointer and each turn of its wheel. Fyne tells a window of none, so
// every widget that takes keys does, what covers a window does for the pointer, and what scrolls does for the wheel.
var used = func() {}

// OnUse has do called whenever the person uses the program.
func OnUse(do func()) { used = do }

// Used is for what the person does by other ways than our widgets: menus, and the window's own keys.
func Used() { used() }

func usedAt() desktop.Cursor {
	used()
	return desktop.DefaultCursor
}

// Sense is all of a window's content, and notes when the pointer moves over it.
type Sense struct {
	widget.BaseWidget
	content fyne.CanvasObject
}

// NewSense wraps content.
func NewSense(content fyne.CanvasObject) *Sense {
	s := &Sense{content: content}
	s.ExtendBaseWidget(s)
	return s
}

// contents lets what has the focus be found and scrolled to.
func (s *Sense) contents() []fyne.CanvasObject { return []fyne.CanvasObject{s.content} }

// Cursor is Fyne's, which asks for it whenever the pointer moves.
func (s *Sense) Cursor() desktop.Cursor { return usedAt() }

// CreateRenderer is Fyne's.
func (s *Sense) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.content) }

// NewScroll lets content be scrolled up and down.
func NewScroll(content fyne.CanvasObject) *container.Scroll {
	return sensed(container.NewVScroll(content))
}

// NewScrollBoth lets content be scrolled sideways too.
func NewScrollBoth(content fyne.CanvasObject) *container.Scroll {
	return sensed(container.NewScroll(content))
}

func sensed(s *container.Scroll) *container.Scroll {
	s.OnScrolled = func(fyne.Position) { used() }
	return s
}
