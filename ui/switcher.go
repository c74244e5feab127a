package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

const (
	switcherWidth = 340
	inset         = 6
	margin        = 12 // to the window's edges, at least
)

// switcher is the menu below the account card: the connections, and what can
// be done about them.
type switcher struct {
	u     *UI
	popup *widget.PopUp
	rows  *container.Scroll // shown where the window is too low for all of them
	first fyne.Focusable
}

// offer is what the switcher lets be done beside choosing.
type offer struct {
	icon fyne.Resource
	text string // a key of the translations
	do   func()
}

// showSwitcher opens it at pos.
func (u *UI) showSwitcher(pos fyne.Position, offers ...offer) {
	box := container.New(layout.NewCustomPaddedVBoxLayout(2))
	s := &switcher{u: u, rows: widgets.NewScroll(container.NewStack())}
	all, _ := u.cfg.Connector.All()
	for i, saved := range all {
		box.Add(s.account(i, saved))
	}
	if len(offers) > 0 && len(all) > 0 {
		box.Add(widget.NewSeparator())
	}
	for _, o := range offers {
		box.Add(s.item(o))
	}
	s.show(box, pos)
}

// show opens it at pos or, where it would not fit there, as near as the window has room; it scrolls in one that has none.
func (s *switcher) show(box fyne.CanvasObject, pos fyne.Position) {
	c := s.u.window.Canvas()
	room := c.Size().SubtractWidthHeight(2*margin+2*inset, 2*margin+2*inset)
	wanted := fyne.NewSize(switcherWidth, box.MinSize().Height)
	size := wanted.Min(room)
	widgets.SetVisible(s.rows, size.Height < wanted.Height)
	if s.rows.Visible() {
		s.rows.Content = box
		box = s.rows
	}
	frame := container.New(layout.NewCustomPaddedLayout(inset, inset, inset, inset), container.NewGridWrap(size, box))
	s.popup = widget.NewPopUp(frame, c)
	edge := fyne.NewPos(margin, margin).Add(room).AddXY(2*inset, 2*inset).Subtract(s.popup.MinSize())
	s.popup.ShowAtPosition(fyne.NewPos(min(pos.X, edge.X), min(pos.Y, edge.Y)))
	if s.first != nil {
		c.Focus(s.first)
	}
}

// chooseSaved offers the connections that there are already.
func (u *UI) chooseSaved() { u.showSwitcher(u.enter.BelowBack()) }

func (s *switcher) account(i int, saved connect.Saved) fyne.CanvasObject {
	current := s.u.isShown(saved)
	row := widgets.NewAccountRow(accountOf(saved), keyOf(i), current, func() { s.choose(func() { s.u.switchTo(saved) }) })
	row.InMenu(s.rows, s.close)
	if s.first == nil || current {
		s.first = row
	}
	return row
}

func (s *switcher) item(o offer) fyne.CanvasObject {
	row := widgets.NewSidebarItem(o.icon, i18n.T(o.text), "", func() { s.choose(o.do) })
	row.InMenu(s.rows, s.close)
	if s.first == nil {
		s.first = row
	}
	return row
}

func (s *switcher) choose(do func()) {
	s.close()
	do()
}

func (s *switcher) close() { s.popup.Hide() }
