package ui

import (
	"context"
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2/container"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// The way in: the choice of a server, signing in there, and the views that come
// up then.

func (u *UI) useBuiltIn(ctx context.Context) error {
	known := u.known()
	conn, err := u.cfg.Connector.UseBuiltIn(ctx)
	return u.signedIn(ctx, known, conn, err)
}

func (u *UI) signIn(ctx context.Context, w signin.Wish) error {
	u.sayKeeping(ctx)
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
		err = u.enterWith(ctx, conn, nil) // after which it is the UI thread's
	}
	if ctx.Err() != nil && isNew {
		over, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
		defer cancel()
		return errors.Join(err, conn.SignOut(over))
	}
	return err
}

// enterWith asks who is signed in and what the server demands, and then shows
// the views, and takes away the lock that this unlocks; nil: it unlocks none.
func (u *UI) enterWith(ctx context.Context, conn *connect.Connection, l *locked) error {
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
	unsaved := conn.Remember(me.Login, me.Name)
	task.Do(func() {
		if ctx.Err() == nil && u.locked == l {
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
	if u.lockNext {
		u.lockNext = false
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
		Begun:        u.begun,
		Changed:      u.menuChanged,
		UseBuiltIn:   func(ctx context.Context) error { return u.openOwn(instead(ctx)) },
		SignIn:       func(ctx context.Context, w signin.Wish) error { return u.signIn(instead(ctx), w) },
		Keyring:      u.keeping,
		GiveUp:       u.cfg.Keyring.GiveUp,
		KeepInFile:   u.offerKeepInFile(),
		AskAgain:     u.askKeyring,
		OpenURL:      u.cfg.OpenURL,
		Certificates: connect.Certificates,
		HasOwn:       u.aside != nil && slices.ContainsFunc(u.known(), func(s connect.Saved) bool { return s.BuiltIn }),
		Address:      address,
	}
	switch {
	case u.aside != nil:
		p.Address = ""
		p.Back, p.BackText = func() { u.comeBack(last) }, i18n.T("signin.back", "Server", u.shortName(u.aside.conn.Saved))
	case len(u.known()) > 0:
		p.Back, p.BackText = u.chooseSaved, i18n.T("signin.saved")
	}
	u.enter = signin.New(p)
	u.window.SetContent(widgets.NewSense(container.NewBorder(u.notices, nil, nil, nil, u.enter.Content)))
	u.showNotice()
	u.enter.Refresh()
	u.window.SetMainMenu(u.menu())
}

// showCode puts the code of a sign-in by device on screen, wherever it is
// waited for.
func (u *UI) showCode(p connect.DevicePrompt) {
	code := signin.Code{Text: p.UserCode, URL: p.URL, Complete: p.CompleteURL, Expires: p.Expires}
	task.Do(func() {
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
	there := u.cfg.Probe(ctx) == nil
	switch {
	case there && !u.refused.Load():
		return signin.Kept
	case u.cfg.Kept.FileWaits():
		return signin.FileLocked
	case there:
		return signin.Refused
	}
	return signin.UntilQuit
}

// looking is how long a sign-in waits for what sayKeeping asks.
const looking = time.Second

// sayKeeping asks where a sign-in at the first screen will be kept, and says it
// before the browser opens (security requirement 11).
func (u *UI) sayKeeping(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	k := u.keeping(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return
	case ctx.Err() != nil: // nor will it be waited for
		k = signin.Refused
	}
	task.Do(func() {
		if u.enter != nil {
			u.enter.ShowKeeping(k)
		}
	})
}

// noteRefused notes whether it was for the keyring that s did not open.
func (u *UI) noteRefused(s connect.Saved, err error) {
	u.failed = s
	u.refused.Store(errors.Is(err, client.ErrKeyring))
}

// askKeyring opens what the keyring refused once more.
func (u *UI) askKeyring() {
	u.refused.Store(false)
	u.setAside()
	u.begin(u.failed, u.reopen)
}
