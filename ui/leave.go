package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// leaving bounds signing out: a server may be gone, a keyring slow.
const leaving = 20 * time.Second

// Quit ends the program. A new secret on screen is asked about first: nobody
// could ever see it again. What a dialog is asking the server for is waited
// for, since it may be a secret; its Cancel does not wait.
func (u *UI) Quit() {
	switch {
	case u.locked != nil:
		u.quitLocked()
	case u.secret != nil:
		u.secret.Ask()
	case !widgets.DialogBusy(u.window.Canvas()):
		u.cfg.App.Quit()
	}
}

// signOut ends the sign-in and then returns to the first screen, which says so
// if the server or the keyring could not be told.
func (u *UI) signOut() {
	if u.conn == nil || u.busy() {
		return
	}
	conn := u.conn
	u.conn, u.main = nil, nil
	u.window.SetMainMenu(u.menu())
	u.window.SetContent(container.NewCenter(widgets.NewLoading(i18n.T("signOut.busy", "Server", serverName(conn.Saved)))))
	task.Go(func() { u.leave(conn) })
}

func (u *UI) leave(conn *connect.Connection) {
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	err := errors.Join(u.cfg.Clipboard.Clear(ctx), conn.SignOut(ctx))
	fyne.Do(func() { u.left(conn, err) })
}

func (u *UI) left(conn *connect.Connection, err error) {
	u.showEnter(conn.Saved)
	if err != nil {
		s := words.For(err)
		s.Text = i18n.T("signOut.partly") + " " + s.Text
		u.enter.Failed(s, conn.BuiltIn)
	}
	u.enter.Focus()
}
