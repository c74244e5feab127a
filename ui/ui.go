// Package ui is the desktop: the window, and the shell around its views.
//
// The shell knows who is signed in where and which view is shown; what a view
// does is the view's own. A view is a package with a New and a Refresh: it
// declares the few methods it needs of package client, fetches off the UI
// thread and touches widgets in one task.Do at the end of each fetch. Widgets
// know no business (package widgets), sentences about errors are made in
// package words, all text comes through package i18n.
package ui

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

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
	lockItem   *fyne.MenuItem
	aside      *mainView    // to come back to while another connection is added or opened
	enter      *signin.View // choosing a server, while it is shown

	secret  *secret.Dialog  // a new secret on screen; nil: none
	expired *expired        // asks for an expired sign-in; nil: nobody is asked
	cancel  func()          // of the start that is under way
	leaving bool            // signing out
	held    *widgets.Dialog // says why the program does not quit; nil: nobody wants it to

	finishing sync.Mutex      // held by finish
	tidy      atomic.Bool     // nothing is left of earlier runs
	settled   []connect.Saved // removed earlier, and signed out only now
	lost      []connect.Saved // removed earlier, and never to be signed out at the server
	unsettled error           // why others still are not
	notices   *fyne.Container // that, above the views or the first screen

	resumed *resuming     // the start's screen, while it is shown
	failed  connect.Saved // what could not be opened last
	skipped bool          // the encrypted file's passphrase was not given, and nothing was opened since
	waits   bool          // there is an encrypted file, and its passphrase was not given since the start
	refused atomic.Bool   // the keyring did not give the credential of failed
	locked  *locked       // nil: it is not
	idle    *lock.Idle    // locks when nobody is there

	away     sync.Map      // connections, by key, that are to be unlocked still: the lock was left for another
	lastTurn chan struct{} // the turn of the lock that was left last

	lockNext bool // a lock came while nobody was signed in, and nobody has begun to open anything since
}

// New makes the window; Start shows it.
func New(cfg Config) *UI {
	u := &UI{cfg: cfg, cancel: func() {}, notices: container.NewVBox()}
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
	task.Do(func() {
		u.window.Show()
		u.window.RequestFocus()
	})
}

// Window is the window, for tests.
func (u *UI) Window() fyne.Window { return u.window }

// OpenBrowser opens the system's browser for a sign-in. Where that fails the
// sign-in still waits: the window offers the address, to be opened by hand.
func (u *UI) OpenBrowser(address string) error {
	err := u.cfg.OpenURL(address)
	task.Do(func() { u.browserOpened(address, err) })
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
