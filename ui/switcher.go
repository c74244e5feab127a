package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

const switcherWidth = 340

// switcher is the menu below the account card: the connections, and what can
// be done about them.
type switcher struct {
	u     *UI
	popup *widget.PopUp
	first fyne.Focusable
}

// showSwitcher opens it at pos; own is what else it offers.
func (u *UI) showSwitcher(pos fyne.Position, signOut bool) {
	s := &switcher{u: u}
	box := container.New(layout.NewCustomPaddedVBoxLayout(2))
	all, _ := u.cfg.Connector.All()
	for i, saved := range all {
		box.Add(s.account(i, saved))
	}
	if len(all) > 0 {
		box.Add(widget.NewSeparator())
	}
	if signOut {
		box.Add(s.item(assets.IconAdd, "connection.add", u.add))
		box.Add(s.item(assets.IconServer, "connection.manage", u.manage))
		box.Add(s.item(assets.IconLock, "menu.signOut", u.signOut))
	}
	padded := container.New(layout.NewCustomPaddedLayout(6, 6, 6, 6), container.NewGridWrap(fyne.NewSize(switcherWidth, box.MinSize().Height), box))
	s.popup = widget.NewPopUp(padded, u.window.Canvas())
	s.popup.ShowAtPosition(pos)
	if s.first != nil {
		u.window.Canvas().Focus(s.first)
	}
}

func (s *switcher) account(i int, saved connect.Saved) fyne.CanvasObject {
	current := s.u.conn != nil && s.u.conn.Key() == saved.Key()
	row := widgets.NewAccountRow(accountOf(saved), keyOf(i), current, func() { s.choose(func() { s.u.switchTo(saved) }) })
	row.InMenu(s.close)
	if s.first == nil || current {
		s.first = row
	}
	return row
}

func (s *switcher) item(icon fyne.Resource, key string, do func()) fyne.CanvasObject {
	row := widgets.NewSidebarItem(icon, i18n.T(key), "", func() { s.choose(do) })
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
