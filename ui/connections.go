package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// connections is the dialog that lists the connections: their looks, their
// order, and removing them.
type connections struct {
	u      *UI
	dialog *widgets.Dialog
	rows   *fyne.Container
	gone   bool // the one on screen was removed

	at    place // what was used last
	parts map[place]fyne.Focusable
}

// place is what of the list can have the focus.
type place struct {
	row  int
	what string // a button's text, a key of the translations; empty: the row itself
}

func (u *UI) manage() {
	if u.secret != nil {
		u.secret.Ask(i18n.T("secret.closeOn"), u.manage)
		return
	}
	if u.leaving || u.busy() {
		return
	}
	c := &connections{u: u, rows: container.New(layout.NewCustomPaddedVBoxLayout(2))}
	c.fill()
	c.dialog = widgets.NewDialog(u.window, i18n.T("connections.title"), i18n.T("connections.text"), c.rows)
	c.dialog.SetCancel(i18n.T("connections.close"), c.close)
	c.dialog.SetSize(fyne.NewSize(680, 0))
	c.dialog.Show()
}

// close goes on with another connection if that on screen was removed.
func (c *connections) close() {
	c.dialog.Hide()
	u := c.u
	switch last, err := u.cfg.Connector.Last(); {
	case !c.gone && u.enter != nil && !u.enter.Waits() && u.aside == nil && len(u.known()) == 0: // it offered those that there were
		u.stopResuming(connect.Saved{BuiltIn: true})
	case !c.gone:
	case err == nil:
		u.conn, u.main = nil, nil
		u.begin(last, u.reopen)
	default:
		u.showEnter(connect.Saved{BuiltIn: true})
		u.enter.Focus()
	}
}

func (c *connections) fill() {
	c.rows.RemoveAll()
	c.parts = map[place]fyne.Focusable{}
	all := c.u.known()
	for i, s := range all {
		c.rows.Add(c.row(i, len(all), s))
	}
	if len(all) == 0 {
		c.rows.Add(widgets.NewQuiet(i18n.T("connections.none"), theme.SizeNameText))
	}
	for _, s := range c.u.cfg.Connector.Leaving() {
		c.rows.Add(widgets.NewBanner(widgets.Warn, i18n.T("leaving.row", "Name", fullName(s), "Again", c.u.triesAgain()), "", nil))
	}
}

func (c *connections) row(i, n int, s connect.Saved) fyne.CanvasObject {
	account := widgets.NewAccountRow(accountOf(s), "", c.u.isShown(s), func() { c.use(place{row: i}, func() { c.look(s) }) })
	c.parts[place{row: i}] = account
	change := c.link(i, "connections.change", func() { c.look(s) })
	up := c.link(i, "connections.up", func() { c.move(s, -1) })
	down := c.link(i, "connections.down", func() { c.move(s, 1) })
	if i == 0 {
		up.Disable()
	}
	if i == n-1 {
		down.Disable()
	}
	remove := c.link(i, "connections.remove", func() { c.remove(s) })
	if c.u.isAway(s) { // whoever is here has not unlocked it
		change.Disable()
		remove.Disable()
	}
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(2), change, up, down, remove)
	return container.NewBorder(nil, nil, nil, container.NewCenter(buttons), account)
}

func (c *connections) link(row int, text string, do func()) *widgets.Button {
	at := place{row, text}
	b := widgets.NewButton(i18n.T(text), func() { c.use(at, do) })
	b.Importance = widget.LowImportance
	c.parts[at] = b
	return b
}

func (c *connections) use(at place, do func()) {
	c.at = at
	do()
}

// focus puts the focus where it was before the list was made anew, or on what is
// nearest to that.
func (c *connections) focus() {
	c.at.row = min(c.at.row, len(c.u.known())-1)
	target := c.parts[c.at]
	if b, ok := target.(fyne.Disableable); target == nil || ok && b.Disabled() {
		target = c.parts[place{row: c.at.row}]
	}
	if target == nil {
		c.dialog.FocusFirst()
		return
	}
	c.u.window.Canvas().Focus(target)
}

func (c *connections) look(s connect.Saved) { showLook(c.u, s, c.looked) }

func (c *connections) remove(s connect.Saved) { showRemove(c.u, s, func() { c.removed(s) }, c.focus) }

func (c *connections) move(s connect.Saved, by int) {
	task.Go(func() {
		err := c.u.cfg.Connector.Move(s.Key(), by)
		task.Do(func() { c.moved(by, err) })
	})
}

func (c *connections) moved(by int, err error) {
	c.at.row += by
	c.edited(err)
	c.focus()
}

// edited shows the list as it is now, and that it will not be remembered if
// so.
func (c *connections) edited(err error) {
	c.changed()
	if err != nil {
		c.dialog.SetError(i18n.T("status.unsaved"), "", nil)
	}
}

func (c *connections) changed() {
	c.fill()
	c.dialog.SetError("", "", nil)
	c.u.relook()
}

func (c *connections) looked() {
	c.changed()
	c.focus()
}

func (c *connections) removed(s connect.Saved) {
	c.u.dropIfAside(s)
	if c.u.conn != nil && c.u.conn.Key() == s.Key() {
		c.u.conn.Close()
		c.gone = true
	}
	c.at.what = "" // the next one's is not to be removed by the same key
	c.changed()
	switch {
	case c.gone:
		c.close()
	case c.u.failing(s): // which cannot be tried again
		c.dialog.Hide()
		c.u.comeBack(connect.Saved{BuiltIn: true})
	default:
		c.focus()
	}
}

// dropIfAside takes away the way back to views that are signed out.
func (u *UI) dropIfAside(s connect.Saved) {
	if u.aside == nil || u.aside.conn.Key() != s.Key() {
		return
	}
	u.dropAside()
	if u.enter != nil { // which offers that way
		u.showEnter(connect.Saved{BuiltIn: true})
	}
}

// relook shows the looks that the person has given to the connections.
func (u *UI) relook() {
	for _, s := range u.known() {
		if u.main != nil && s.Key() == u.conn.Key() {
			u.conn.Label, u.conn.Colour = s.Label, s.Colour
			u.main.card.Set(accountOf(s))
		}
	}
	u.window.SetMainMenu(u.menu())
}
