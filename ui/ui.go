// Package ui is the desktop: the window, and the shell around its views.
//
// The shell knows who is signed in where and which view is shown; what a view
// does is the view's own. A view is a package with a New and a Refresh: it
// declares the few methods it needs of package client, fetches off the UI
// thread and touches widgets in one fyne.Do at the end of each fetch. Widgets
// know no business (package widgets), sentences about errors are made in
// package words, all text comes through package i18n.
package ui

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/issued"
	"keyfob/ui/clipboard"
	"keyfob/ui/i18n"
	"keyfob/ui/lock"
	"keyfob/ui/secret"
	"keyfob/ui/settings"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// Config is what the desktop works with; main fills it.
type Config struct {
	App       fyne.App
	Connector *connect.Connector
	Clipboard *clipboard.Clipboard
	Issued    *issued.Index               // what was issued on this computer
	Kept      Keeper                      // the encrypted file, if it is chosen
	Keyring   Keyring                     // says when it is waited for
	Probe     func(context.Context) error // whether there is a keyring; may wait
	Unkept    func() error                // why the sign-in ends with the program; nil: it is kept
	Keep      func(context.Context) error // tries the keyring again
	OpenURL   func(address string) error  // in the system's browser
	Address   string                      // --server: offered at the first start
	Version   string
	Crash     Crash // of an earlier run
	Now       func() time.Time
}

// UI is the desktop's one window.
type UI struct {
	cfg    Config
	window fyne.Window

	conn       *connect.Connection // nil: not signed in
	main       *mainView           // nil: not signed in
	revokeItem *fyne.MenuItem
	aside      *mainView    // to come back to while another connection is added or opened
	enter      *signin.View // choosing a server, while it is shown

	secret  *secret.Dialog  // a new secret on screen; nil: none
	expired *expired        // asks for an expired sign-in; nil: nobody is asked
	cancel  func()          // of the start that is under way
	leaving bool            // signing out
	held    *widgets.Dialog // says why the program does not quit; nil: nobody wants it to
	noting  sync.WaitGroup  // what was issued, in the index

	finishing sync.Mutex      // held by finish
	tidy      atomic.Bool     // nothing is left of earlier runs
	settled   []connect.Saved // removed earlier, and signed out only now
	lost      []connect.Saved // removed earlier, and never to be signed out at the server
	unsettled error           // why others still are not

	resumed *resuming   // the start's screen, while it is shown
	skipped bool        // the encrypted file's passphrase was not given, and nothing was opened since
	refused atomic.Bool // the keyring did not give the credential
	locked  *locked     // nil: it is not
	idle    *lock.Idle  // locks when nobody is there

	away     sync.Map      // connections, by key, that are to be unlocked still: the lock was left for another
	lastTurn chan struct{} // the turn of the lock that was left last

	lockNext atomic.Bool // a lock came while nobody was signed in, but somebody may soon be
}

// New makes the window; Start shows it.
func New(cfg Config) *UI {
	u := &UI{cfg: cfg, cancel: func() {}}
	u.idle = lock.NewIdle(func() time.Duration { return settings.LockAfter(cfg.App) }, u.Lock)
	widgets.OnUse(u.idle.Used)
	u.window = cfg.App.NewWindow(i18n.T("app.name"))
	u.window.Resize(fyne.NewSize(1240, 780))
	u.window.SetPadded(false)
	u.window.SetMaster()
	u.window.SetCloseIntercept(u.Quit)
	u.window.SetMainMenu(u.menu())
	u.window.Canvas().SetOnTypedKey(u.typedKey)
	settings.Apply(cfg.App)
	cfg.Connector.OnExpired(u.askSignIn)
	cfg.Keyring.OnWait(u.keyringWaits)
	u.window.SetContent(widgets.NewPane(fynetheme.ColorNameBackground)) // until it is known what to open
	return u
}

// Start shows the window and, once it is up, resumes the last connection.
func (u *UI) Start() {
	u.cfg.App.Lifecycle().SetOnStarted(func() {
		u.resume()
		u.tellCrash()
	})
	u.window.Show()
}

// Raise brings the window to the front, for another start of the program.
func (u *UI) Raise() {
	fyne.Do(func() {
		u.window.Show()
		u.window.RequestFocus()
	})
}

// Window is the window, for tests.
func (u *UI) Window() fyne.Window { return u.window }

func (u *UI) useBuiltIn(ctx context.Context) error {
	u.lockNext.Store(false)
	known := u.known()
	conn, err := u.cfg.Connector.UseBuiltIn(ctx)
	return u.signedIn(ctx, known, conn, err)
}

func (u *UI) signIn(ctx context.Context, w signin.Wish) error {
	u.lockNext.Store(false)
	known := u.known()
	conn, err := u.cfg.Connector.SignIn(ctx, connect.Wish{
		Address: w.Address, Way: ways[w.Way], LoopbackHost: w.LoopbackHost, CA: w.CA,
		Part: connect.Part{Token: w.Token, Show: u.showCode},
	})
	return u.signedIn(ctx, known, conn, err)
}

// ways are those of signing in, as the connections know them.
var ways = map[signin.Way]connect.Way{
	signin.Browser: connect.Browser, signin.Device: connect.Device, signin.Token: connect.Token,
}

// known are the connections that there are already.
func (u *UI) known() []connect.Saved {
	all, _ := u.cfg.Connector.All()
	return all
}

// signedIn shows the views of a new connection. One that was given up while it
// came about is signed out again, unless it was known before.
func (u *UI) signedIn(ctx context.Context, known []connect.Saved, conn *connect.Connection, err error) error {
	if conn == nil {
		return err
	}
	task.Go(u.finishOnce)
	isNew := !slices.ContainsFunc(known, func(s connect.Saved) bool { return s.Key() == conn.Key() })
	if err == nil { // else it was locked meanwhile
		err = u.enterWith(ctx, conn) // after which it is the UI thread's
	}
	if ctx.Err() != nil && isNew {
		over, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
		defer cancel()
		return errors.Join(err, conn.SignOut(over))
	}
	return err
}

// enterWith asks who is signed in and what the server demands, and then shows
// the views.
func (u *UI) enterWith(ctx context.Context, conn *connect.Connection) error {
	me, err := conn.Me(ctx)
	if err != nil {
		return err
	}
	rules, err := conn.Capabilities(ctx)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	unsaved := rename(conn, me)
	fyne.Do(func() {
		if ctx.Err() == nil {
			conn.Login, conn.Name, conn.Unsaved = me.Login, me.Name, unsaved
			u.showMain(conn, me, rules)
		}
	})
	return nil
}

func (u *UI) showMain(conn *connect.Connection, me client.Me, rules client.Capabilities) {
	u.dropAside()
	u.freed(conn.Saved)
	u.show(newMainView(u, conn, me, rules))
	view := viewTokens
	if u.locked != nil {
		view = u.locked.view
		u.unlocked(u.locked)
	}
	u.main.open(view)
	u.showNotice()
	if u.lockNext.Swap(false) {
		u.lock()
	}
}

// showEnter shows the choice of a server; last, if it is another server than
// the built-in one, is offered there.
func (u *UI) showEnter(last connect.Saved) {
	u.conn, u.main, u.resumed = nil, nil, nil
	if u.cfg.Connector.SignedIn() == nil {
		u.idle.Stop()
	}
	address := last.Address
	if last.BuiltIn {
		address = u.cfg.Address
	}
	stop := u.cancel
	instead := func(ctx context.Context) context.Context {
		stop() // the last connection, if it is still being opened
		return ctx
	}
	p := signin.Params{
		UseBuiltIn:   func(ctx context.Context) error { return u.openOwn(instead(ctx)) },
		SignIn:       func(ctx context.Context, w signin.Wish) error { return u.signIn(instead(ctx), w) },
		Keyring:      u.keeping,
		GiveUp:       u.cfg.Keyring.GiveUp,
		KeepInFile:   u.offerKeepInFile(),
		OpenURL:      u.cfg.OpenURL,
		Certificates: connect.Certificates,
		HasOwn:       u.aside != nil && slices.ContainsFunc(u.known(), func(s connect.Saved) bool { return s.BuiltIn }),
		Address:      address,
	}
	switch {
	case u.aside != nil:
		p.Address = ""
		p.Back, p.BackText = func() { u.comeBack(last) }, i18n.T("signin.back", "Server", serverName(u.aside.conn.Saved))
	case len(u.known()) > 0:
		p.Back, p.BackText = u.chooseSaved, i18n.T("signin.saved")
	}
	u.enter = signin.New(p)
	u.window.SetContent(widgets.NewSense(u.enter.Content))
	u.enter.Refresh()
	u.window.SetMainMenu(u.menu())
}

// showCode puts the code of a sign-in by device on screen, wherever it is
// waited for.
func (u *UI) showCode(p connect.DevicePrompt) {
	code := signin.Code{Text: p.UserCode, URL: p.URL, Complete: p.CompleteURL, Expires: p.Expires}
	fyne.Do(func() {
		switch {
		case u.expired != nil:
			u.expired.showCode(code)
		case u.enter != nil:
			u.enter.ShowCode(code)
		}
	})
}

// keeping says what becomes of a sign-in when the program quits. A keyring that
// just refused is not counted on.
func (u *UI) keeping(ctx context.Context) signin.Keeping {
	switch {
	case u.cfg.Kept.FileLocked():
		return signin.FileLocked
	case u.cfg.Kept.InFile():
		return signin.InFile
	}
	switch {
	case !u.refused.Load() && u.cfg.Probe(ctx) == nil:
		return signin.Kept
	case u.cfg.Kept.FileWaits():
		return signin.FileLocked
	}
	return signin.UntilQuit
}

// OpenBrowser opens the system's browser for a sign-in. Where that fails the
// sign-in still waits: the window offers the address, to be opened by hand.
func (u *UI) OpenBrowser(address string) error {
	err := u.cfg.OpenURL(address)
	fyne.Do(func() { u.browserOpened(address, err) })
	return nil
}

func (u *UI) browserOpened(address string, err error) {
	switch {
	case u.locked != nil && (u.expired == nil || !u.expired.unlock):
		u.locked.screen.Opened(address, err)
	case u.expired != nil:
		u.expired.opened(address, err)
	case u.enter != nil:
		u.enter.Opened(address, err)
	}
}

// busy reports whether a dialog is open: it comes first.
func (u *UI) busy() bool { return len(u.window.Canvas().Overlays().List()) > 0 }
