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
	margin        = 12 // to the window's lower edge, at least
)

// switcher is the menu below the account card: the connections, and what can
// be done about them.
type switcher struct {
	u     *UI
	popup *widget.PopUp
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
	s := &switcher{u: u}
	box := container.New(layout.NewCustomPaddedVBoxLayout(2))
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
	padded := container.New(layout.NewCustomPaddedLayout(6, 6, 6, 6), container.NewGridWrap(fyne.NewSize(switcherWidth, box.MinSize().Height), box))
	c := u.window.Canvas()
	if below := c.Size().Height - padded.MinSize().Height - margin; pos.Y > below {
		pos.Y = max(below, 0)
	}
	s.popup = widget.NewPopUp(padded, c)
	s.popup.ShowAtPosition(pos)
	if s.first != nil {
		u.window.Canvas().Focus(s.first)
	}
}

// chooseSaved offers the connections that there are already.
func (u *UI) chooseSaved() { u.showSwitcher(u.enter.BelowBack()) }

func (s *switcher) account(i int, saved connect.Saved) fyne.CanvasObject {
	current := s.u.isShown(saved)
	row := widgets.NewAccountRow(accountOf(saved), keyOf(i), current, func() { s.choose(func() { s.u.switchTo(saved) }) })
	row.InMenu(s.close)
	if s.first == nil || current {
		s.first = row
	}
	return row
}

func (s *switcher) item(o offer) fyne.CanvasObject {
	row := widgets.NewSidebarItem(o.icon, i18n.T(o.text), "", func() { s.choose(o.do) })
	row.InMenu(s.close)
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
