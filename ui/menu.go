package ui

import (
	"fyne.io/fyne/v2"

	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// menu has every action, so that each has a key and a name; what cannot be done now is grey. Fyne delivers a shortcut with
// a modifier through the menu whatever has the focus.
func (u *UI) menu() *fyne.MainMenu {
	quit := item("menu.quit", ctrl(fyne.KeyQ), u.Quit)
	quit.IsQuit = true
	if u.locked != nil {
		return fyne.NewMainMenu(fyne.NewMenu(i18n.T("menu.file"), quit), u.connectionMenu())
	}
	u.lockItem = item("menu.lock", ctrl(fyne.KeyL), u.lockByHand)
	u.lockItem.Disabled = !u.canLock()
	file := fyne.NewMenu(i18n.T("menu.file"),
		u.whenSignedIn(item("menu.create", ctrl(fyne.KeyN), u.create)),
		u.whenSignedIn(item("menu.refresh", nil, u.refresh)), fyne.NewMenuItemSeparator(),
		item("menu.mine", ctrl(fyne.KeyI), u.askWhose),
		u.whenSignedIn(item("menu.settings", ctrl(fyne.KeyComma), u.opener(viewSettings))),
		u.lockItem,
		u.whenSignedIn(item("menu.signOut", nil, u.signOut)))
	file.Items = append(file.Items, fyne.NewMenuItemSeparator(), quit)
	if u.main == nil {
		return fyne.NewMainMenu(file, u.connectionMenu())
	}
	u.revokeItem = item("menu.revoke", nil, u.revoke)
	u.revokeItem.Disabled = !u.main.canRevoke()
	edit := fyne.NewMenu(i18n.T("menu.edit"), item("menu.search", ctrl(fyne.KeyF), u.search), u.revokeItem)
	view := fyne.NewMenu(i18n.T("menu.view"))
	for i, v := range u.main.views() {
		view.Items = append(view.Items, item(v.text, ctrl(digits[i]), u.opener(v.name)))
	}
	return fyne.NewMainMenu(file, edit, view, u.connectionMenu())
}

// menuChanged makes the menu anew when what it can do is another.
func (u *UI) menuChanged() {
	revoke := u.main != nil && u.revokeItem != nil && u.revokeItem.Disabled == u.main.canRevoke()
	lock := u.locked == nil && u.lockItem.Disabled == u.canLock()
	if revoke || lock {
		u.window.SetMainMenu(u.menu())
	}
}

// canLock reports whether there is anything to lock: what is signed in or about to be, or the encrypted file.
func (u *UI) canLock() bool {
	opening := u.resumed != nil || u.enter != nil && u.enter.Waits()
	fileOpen := u.cfg.Kept.InFile() && !u.cfg.Kept.FileLocked()
	return opening || fileOpen || u.main != nil || u.cfg.Connector.SignedIn() != nil
}

// lockByHand is also what the key of a grey item does.
func (u *UI) lockByHand() {
	if u.canLock() {
		u.lock()
	}
}

// whenSignedIn makes an item grey as long as nobody is signed in.
func (u *UI) whenSignedIn(m *fyne.MenuItem) *fyne.MenuItem {
	m.Disabled = u.main == nil
	return m
}

// connectionMenu has the connections and what can be done about them.
func (u *UI) connectionMenu() *fyne.Menu {
	menu := fyne.NewMenu(i18n.T("menu.connection"))
	for i, s := range u.known() {
		m := fyne.NewMenuItem(fullName(s), func() { u.switchTo(s) })
		m.Checked = u.isShown(s)
		if i < len(digits) {
			ctrlShift(digits[i]).bind(m)
		}
		menu.Items = append(menu.Items, m)
	}
	if len(menu.Items) > 0 {
		menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
	}
	menu.Items = append(menu.Items, item("connection.add", nil, u.add))
	if u.locked == nil {
		menu.Items = append(menu.Items, item("connection.manage", nil, u.manage))
	}
	return menu
}

// item is one with a text of the translations, and a key if it has one.
func item(text string, k *key, do func()) *fyne.MenuItem {
	m := fyne.NewMenuItem(i18n.T(text), func() {
		widgets.Used()
		do()
	})
	if k != nil {
		k.bind(m)
	}
	return m
}

// typedKey is for the keys without a modifier, which no menu can have.
func (u *UI) typedKey(e *fyne.KeyEvent) {
	widgets.Used()
	if u.enter != nil && e.Name == fyne.KeyEscape && !u.busy() {
		u.enter.Escape()
	}
	if e.Name == fyne.KeyF10 {
		u.openMenu()
	}
	if u.main == nil || u.busy() {
		return
	}
	switch e.Name {
	case fyne.KeyF5:
		u.refresh()
	case fyne.KeyDelete:
		u.revoke()
	case fyne.KeyEscape:
		u.main.back()
	}
}

// free reports whether a menu action may run: signed in and no dialog open.
func (u *UI) free() bool { return u.main != nil && !u.busy() }

func (u *UI) create() {
	if u.free() {
		u.main.create()
	}
}

func (u *UI) refresh() {
	if u.free() {
		u.main.refresh()
	}
}

func (u *UI) search() {
	if u.free() {
		u.main.search()
	}
}

func (u *UI) revoke() {
	if u.free() {
		u.main.revoke()
	}
}

func (u *UI) opener(name viewName) func() {
	return func() {
		if u.free() {
			u.main.open(name)
		}
	}
}
