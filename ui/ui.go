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
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/clipboard"
	"keyfob/ui/i18n"
	"keyfob/ui/secret"
	"keyfob/ui/settings"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/words"
)

// Config is what the desktop works with; main fills it.
type Config struct {
	App       fyne.App
	Connector *connect.Connector
	Clipboard *clipboard.Clipboard
	Probe     func(context.Context) error // whether there is a keyring; may wait
	Unkept    func() error                // why the sign-in ends with the program; nil: it is kept
	OpenURL   func(address string) error  // in the system's browser
	Address   string                      // --server: offered at the first start
	Version   string
	Now       func() time.Time
}

// UI is the desktop's one window.
type UI struct {
	cfg    Config
	window fyne.Window

	conn  *connect.Connection // nil: not signed in
	main  *mainView           // nil: not signed in
	enter *signin.View        // the first start, while it is shown

	secret *secret.Dialog // a new secret on screen; nil: none
	cancel func()         // of the start that is under way
}

// New makes the window; Start shows it.
func New(cfg Config) *UI {
	u := &UI{cfg: cfg}
	u.window = cfg.App.NewWindow(i18n.T("app.name"))
	u.window.Resize(fyne.NewSize(1240, 780))
	u.window.SetPadded(false)
	u.window.SetMaster()
	u.window.SetCloseIntercept(u.Quit)
	u.window.SetMainMenu(u.menu())
	u.window.Canvas().SetOnTypedKey(u.typedKey)
	settings.Apply(cfg.App)
	cfg.Connector.OnExpired(u.askSignIn)
	u.showEnter()
	return u
}

// Start shows the window and, once it is up, resumes the last connection.
func (u *UI) Start() {
	u.cfg.App.Lifecycle().SetOnStarted(u.resume)
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
	conn, err := u.cfg.Connector.UseBuiltIn(ctx)
	if err != nil {
		return err
	}
	return u.enterWith(ctx, conn)
}

func (u *UI) signIn(ctx context.Context, address string) error {
	conn, err := u.cfg.Connector.SignIn(ctx, address)
	if err != nil {
		return err
	}
	return u.enterWith(ctx, conn)
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
	fyne.Do(func() { u.showMain(conn, me, rules) })
	return nil
}

func (u *UI) showMain(conn *connect.Connection, me client.Me, rules client.Capabilities) {
	u.conn = conn
	u.main = newMainView(u, conn, me, rules)
	u.enter = nil
	u.window.SetContent(u.main.content)
	u.window.SetMainMenu(u.menu())
	u.main.open(viewTokens)
}

func (u *UI) showEnter() {
	u.conn, u.main = nil, nil
	u.enter = signin.New(signin.Params{
		UseBuiltIn: u.useBuiltIn,
		SignIn:     u.signIn,
		Keyring:    u.keeping,
		OpenURL:    u.cfg.OpenURL,
		Address:    u.cfg.Address,
	})
	u.window.SetContent(u.enter.Content)
	u.enter.Refresh()
	u.window.SetMainMenu(u.menu())
}

// keeping says what becomes of a sign-in when the program quits.
func (u *UI) keeping(ctx context.Context) signin.Keeping {
	if u.cfg.Probe(ctx) != nil {
		return signin.UntilQuit
	}
	return signin.Kept
}

// OpenBrowser opens the system's browser for a sign-in, and lets the first
// screen offer the address once more.
func (u *UI) OpenBrowser(address string) error {
	fyne.Do(func() {
		if u.enter != nil {
			u.enter.Opened(address)
		}
	})
	return u.cfg.OpenURL(address)
}

// signOut ends the sign-in and returns to the first screen, which says so if
// the server or the keyring could not be told.
func (u *UI) signOut() {
	if u.conn == nil || u.busy() {
		return
	}
	conn := u.conn
	u.showEnter()
	task.Go(func() { u.leave(conn) })
}

func (u *UI) leave(conn *connect.Connection) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := errors.Join(u.cfg.Clipboard.Clear(ctx), conn.SignOut(ctx))
	fyne.Do(func() {
		if err != nil && u.enter != nil {
			s := words.For(err)
			s.Text = i18n.T("signOut.partly") + " " + s.Text
			u.enter.Failed(s, conn.BuiltIn)
		}
	})
}

// busy reports whether a dialog is open: it comes first.
func (u *UI) busy() bool { return len(u.window.Canvas().Overlays().List()) > 0 }
