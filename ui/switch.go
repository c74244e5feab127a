package ui

import (
	"context"
	"errors"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// Another connection comes on screen in three steps: the views of the one that
// is shown are set aside, the other is opened, and only when its views are
// shown are those set aside dropped for good and their calls ended. Until then
// the person can come back to them.

// switchTo opens another connection. A new secret on screen is asked about
// first; what a dialog does comes to its end first.
func (u *UI) switchTo(s connect.Saved) {
	switch {
	case u.locked != nil:
		u.unlockOther(s)
	case u.secret != nil:
		u.secret.Ask(i18n.T("secret.closeOn"), func() { u.switchTo(s) })
	case u.leaving, u.busy(), u.main != nil && u.main.conn.Key() == s.Key():
	default:
		u.setAside()
		u.begin(s, u.reopen)
	}
}

// begin runs open for a connection that the person chose, or asks instead to unlock it.
func (u *UI) begin(s connect.Saved, open func(context.Context, connect.Saved) error) {
	u.begun()
	if u.isAway(s) {
		u.lockAgain(s)
		return
	}
	u.start(s, open)
}

// isShown reports whether s is on screen, or what the lock unlocks.
func (u *UI) isShown(s connect.Saved) bool {
	if u.locked != nil {
		return u.locked.saved.Key() == s.Key()
	}
	return u.conn != nil && u.conn.Key() == s.Key()
}

// start runs open for a connection, with what its Cancel ends.
func (u *UI) start(s connect.Saved, open func(context.Context, connect.Saved) error) {
	u.cancel()
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	u.showResuming(s)
	task.Go(func() {
		if err := open(ctx, s); err != nil {
			task.Do(func() { u.notOpened(ctx, s, err) })
		}
	})
}

// reopen blocks until s is signed in and its views are shown.
func (u *UI) reopen(ctx context.Context, s connect.Saved) error {
	conn, err := u.use(ctx, s)
	task.Go(u.finishOnce)
	if conn != nil && !s.BuiltIn && u.ended(s, err) {
		err = u.askAnew(ctx, conn, err)
	}
	if err != nil {
		return err
	}
	return u.enterWith(ctx, conn, nil)
}

// use opens s with what is kept of it. The built-in server needs nothing kept.
func (u *UI) use(ctx context.Context, s connect.Saved) (*connect.Connection, error) {
	conn, err := u.cfg.Connector.Use(ctx, s.Key())
	if s.BuiltIn && u.ended(s, err) {
		return u.cfg.Connector.UseBuiltIn(ctx)
	}
	return conn, err
}

// ended reports whether err says that nothing kept signs in any more.
func (u *UI) ended(s connect.Saved, err error) bool {
	return errors.Is(err, client.ErrSignInExpired) || errors.Is(err, connect.ErrNone) && !u.inLockedFile(s, err)
}

// inLockedFile reports whether err says that the credential is in the encrypted
// file, which stayed locked when the person went on without it. The built-in
// server can do without, unless it was locked.
func (u *UI) inLockedFile(s connect.Saved, err error) bool {
	return errors.Is(err, client.ErrFileLocked) && (!s.BuiltIn || u.cfg.Kept.FileLocked())
}

func (u *UI) setAside() {
	if u.enter != nil {
		u.enter.Cancel()
		u.enter = nil
	}
	if u.main != nil {
		u.aside = u.main
	}
	u.conn, u.main = nil, nil
}

// comeBack shows again what was set aside, or else the first screen.
func (u *UI) comeBack(instead connect.Saved) {
	u.cancel()
	m := u.aside
	if m == nil {
		u.showEnter(instead)
		u.enter.Focus()
		return
	}
	u.aside, u.enter = nil, nil
	u.show(m)
	m.refresh()
}

func (u *UI) show(m *mainView) {
	u.conn, u.main, u.enter, u.resumed = m.conn, m, nil, nil
	u.skipped = false
	u.window.SetContent(widgets.NewSense(m.content))
	u.showNotice()
	u.window.SetMainMenu(u.menu())
	u.idle.Start()
}

// dropAside ends the calls of the views that are not coming back.
func (u *UI) dropAside() {
	if u.aside != nil {
		u.aside.conn.Close()
		u.aside = nil
	}
}

// add offers to sign in to one more server, or as one more account.
func (u *UI) add() {
	switch {
	case u.locked != nil:
		u.addLocked()
	case u.secret != nil:
		u.secret.Ask(i18n.T("secret.closeOn"), u.add)
	case u.free():
		u.setAside()
		u.showEnter(connect.Saved{BuiltIn: true})
		u.enter.Focus()
	}
}
