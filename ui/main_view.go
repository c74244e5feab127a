package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"keyfob/assets"
	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/manager"
	"keyfob/ui/profile"
	"keyfob/ui/secret"
	"keyfob/ui/settings"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

type viewName int

const (
	viewInfo viewName = iota
	viewTokens
	viewApps
	viewSettings
)

// mainView is the window of somebody signed in: the sidebar, the view that is
// open, and the status line.
type mainView struct {
	content fyne.CanvasObject

	u      *UI
	conn   *connect.Connection
	me     client.Me
	rules  client.Capabilities
	opened viewName

	profile  *profile.View
	manager  *manager.View
	settings *settings.View
	info     fyne.CanvasObject

	card   *widgets.AccountCard
	items  map[viewName]*widgets.SidebarItem
	stack  *fyne.Container
	status *status
}

// entry is a view as menu and sidebar name it.
type entry struct {
	name viewName
	text string // a key of the translations
	icon fyne.Resource
}

// views are those that this person may see (requirement 36).
func (m *mainView) views() []entry {
	out := []entry{
		{viewInfo, "sidebar.info", assets.IconPerson},
		{viewTokens, "sidebar.tokens", assets.IconKey},
	}
	if m.me.IsAdmin {
		out = append(out, entry{viewApps, "sidebar.apps", assets.IconApp})
	}
	return append(out, entry{viewSettings, "sidebar.settings", assets.IconSettings})
}

func newMainView(u *UI, conn *connect.Connection, me client.Me, rules client.Capabilities) *mainView {
	m := &mainView{u: u, conn: conn, me: me, rules: rules, items: map[viewName]*widgets.SidebarItem{}, stack: container.NewStack()}
	kept := func() string { return u.whereKept(conn.Saved) }
	m.status = newStatus(me, conn.Unsaved, kept, u.cfg.Unkept, u.cfg.Keyring.GiveUp)
	server := issuing{conn, u}
	m.profile = profile.New(profile.Params{
		Window: u.window, Server: server, Me: me, Rules: rules, Now: u.cfg.Now,
		Secret: m.showSecret, Updated: m.tokensUpdated, Chosen: u.menuChanged,
	})
	if me.IsAdmin {
		m.manager = manager.New(manager.Params{
			Window: u.window, Server: server, Rules: rules, Now: u.cfg.Now,
			Secret: m.showSecret, Updated: m.status.updated, Chosen: u.menuChanged,
		})
	}
	m.settings = settings.New(settings.Params{
		App: u.cfg.App, Version: u.cfg.Version, Server: conn.Address, SignOut: u.signOut, Unkept: u.cfg.Unkept, Keep: u.cfg.Keep,
		Kept: kept, InFile: u.cfg.Kept.InFile, FileLocked: u.fileLocked, KeepInFile: u.offerKeepInFile(), ChangePassphrase: u.changePassphrase,
		Move: u.moveToKeyring, Forget: u.askForget, Moved: u.keptElsewhere,
		BuiltIn: conn.BuiltIn, Relock: u.idle.Start,
	})
	m.info = profile.Info(me, conn.Address)
	middle := container.NewBorder(u.notices, nil, nil, nil, m.stack)
	m.content = container.NewBorder(nil, m.status.content, m.sidebar(), nil, middle)
	return m
}

func (m *mainView) sidebar() fyne.CanvasObject {
	account := accountOf(m.conn.Saved)
	account.Name = m.me.Name
	m.card = widgets.NewAccountCard(account, m.accountMenu)
	box := container.NewVBox(
		m.card,
		widgets.NewSection(i18n.T("sidebar.profile")))
	for _, v := range m.views() {
		if v.name == viewApps {
			box.Add(widgets.NewSection(i18n.T("sidebar.manager")))
		}
		if v.name == viewSettings {
			continue
		}
		box.Add(m.item(v))
	}
	last := m.views()[len(m.views())-1]
	inner := container.New(layout.NewCustomPaddedLayout(10, 10, 8, 8),
		container.NewBorder(nil, m.item(last), nil, nil, box))
	return container.NewStack(widgets.NewPane(theme.ColorNameSidebar), container.New(sidebarLayout{}, widgets.NewScroll(inner)))
}

func (m *mainView) item(v entry) fyne.CanvasObject {
	m.items[v.name] = widgets.NewSidebarItem(v.icon, i18n.T(v.text), "", func() { m.open(v.name) })
	return m.items[v.name]
}

func (m *mainView) accountMenu(card fyne.CanvasObject) {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(card)
	m.accountMenuAt(pos.AddXY(0, card.Size().Height+2))
}

func (m *mainView) accountMenuAt(pos fyne.Position) {
	m.u.showSwitcher(pos,
		offer{assets.IconAdd, "connection.add", m.u.add},
		offer{assets.IconServer, "connection.manage", m.u.manage},
		offer{assets.IconLogout, "menu.signOut", m.u.signOut})
}

// sidebarLayout gives the sidebar its width.
type sidebarLayout struct{}

func (sidebarLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func (sidebarLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(224, objects[0].MinSize().Height)
}

// open shows a view and fetches what it shows.
func (m *mainView) open(name viewName) {
	m.opened = name
	for n, it := range m.items {
		it.SetSelected(n == name)
	}
	m.u.window.Canvas().Unfocus() // what had the focus goes out of sight
	m.stack.Objects = []fyne.CanvasObject{m.object(name)}
	m.stack.Refresh()
	m.refresh()
	m.u.menuChanged()
}

func (m *mainView) object(name viewName) fyne.CanvasObject {
	switch name {
	case viewTokens:
		return m.profile.Content
	case viewApps:
		return m.manager.Content
	case viewSettings:
		return m.settings.Content
	default:
		return m.info
	}
}

func (m *mainView) refresh() {
	switch m.opened {
	case viewTokens:
		m.profile.Refresh()
	case viewApps:
		m.manager.Refresh()
	case viewSettings:
		m.settings.Refresh()
	}
}

func (m *mainView) create() {
	if m.opened == viewApps {
		m.manager.Create()
		return
	}
	m.open(viewTokens)
	m.profile.Create()
}

func (m *mainView) search() {
	switch m.opened {
	case viewTokens:
		m.profile.FocusSearch()
	case viewApps:
		m.manager.FocusSearch()
	}
}

func (m *mainView) revoke() {
	switch m.opened {
	case viewTokens:
		m.profile.Revoke()
	case viewApps:
		m.manager.Revoke()
	}
}

// canRevoke says whether revoke has anything to ask about.
func (m *mainView) canRevoke() bool {
	switch m.opened {
	case viewTokens:
		return m.profile.CanRevoke()
	case viewApps:
		return m.manager.CanRevoke()
	}
	return false
}

func (m *mainView) back() {
	switch m.opened {
	case viewTokens:
		m.profile.Back()
	case viewApps:
		m.manager.Back()
	}
}

func (m *mainView) tokensUpdated(count int, at time.Time) {
	m.items[viewTokens].SetCount(count)
	m.status.updated(at)
}

// showSecret shows a new secret, once. The program does not quit meanwhile.
func (m *mainView) showSecret(t client.Token, s client.Secret, revoke func(context.Context) error) {
	m.u.secret = secret.Show(m.u.window, secret.Params{
		Token: t, Secret: s, Server: m.conn.Address, Example: m.conn.Server.ProfileURL + "/me",
		Clipboard: m.u.cfg.Clipboard,
		Revoke:    revoke, OnDone: m.secretDone,
		Test:       func(ctx context.Context, s client.Secret) (client.UserRef, error) { return m.conn.TestToken(ctx, t, s) },
		Activation: m.rules.Activation,
	})
}

func (m *mainView) secretDone() {
	m.u.secret = nil
	m.refresh()
}
