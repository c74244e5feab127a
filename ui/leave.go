package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// Quit ends the program. A new secret on screen is asked about first: nobody
// could ever see it again.
func (u *UI) Quit() {
	if u.secret != nil {
		u.secret.Leave()
		return
	}
	u.cfg.App.Quit()
}

// askSignIn asks the person to sign in again, in place; the call that found
// the sign-in expired waits and then runs once. It must not run on the UI
// thread.
func (u *UI) askSignIn(ctx context.Context, conn *connect.Connection) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	answer := make(chan error, 1)
	fyne.Do(func() { newExpired(ctx, u.window, conn, answer) })
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return client.ErrSignInExpired
	}
}

// expired is the dialog for an expired sign-in.
type expired struct {
	conn   *connect.Connection
	dialog *widgets.Dialog
	ctx    context.Context
	answer chan<- error
}

func newExpired(ctx context.Context, w fyne.Window, conn *connect.Connection, answer chan<- error) *expired {
	e := &expired{conn: conn, ctx: ctx, answer: answer}
	text := widget.NewLabel(i18n.T("expired.text", "Server", serverName(conn.Saved)))
	text.Wrapping = fyne.TextWrapWord
	e.dialog = widgets.NewDialog(w, i18n.T("expired.title"), "", text)
	e.dialog.SetSubmit(i18n.T("expired.submit"), widget.HighImportance, e.submit)
	e.dialog.SetCancel(i18n.T("expired.later"), e.later)
	e.dialog.SetSize(fyne.NewSize(460, 0))
	e.dialog.Show()
	return e
}

func (e *expired) submit() {
	e.dialog.SetError("", "", nil)
	e.dialog.SetBusy(true, i18n.T("expired.busy"))
	task.Go(e.signIn)
}

func (e *expired) signIn() {
	err := e.conn.SignInAgain(e.ctx)
	fyne.Do(func() { e.signedIn(err) })
}

func (e *expired) signedIn(err error) {
	e.dialog.SetBusy(false, "")
	if err != nil {
		e.dialog.SetError(words.For(err).Text, "", nil)
		return
	}
	e.dialog.Hide()
	e.answer <- nil
}

func (e *expired) later() {
	e.dialog.Hide()
	e.answer <- client.ErrSignInExpired
}
