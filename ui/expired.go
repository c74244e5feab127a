package ui

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// patience is how long a call that found the sign-in expired waits for the
// person.
const patience = 10 * time.Minute

// askSignIn asks the person to sign in again, in place; the call that found
// the sign-in expired waits and then runs once. It must not run on the UI
// thread.
func (u *UI) askSignIn(ctx context.Context, conn *connect.Connection) error {
	return u.ask(ctx, &expired{u: u, conn: conn})
}

// askAnew asks the person to sign in because what is kept does not: why says
// which it is. Also who does not sign in is told of a keyring that is not there.
func (u *UI) askAnew(ctx context.Context, conn *connect.Connection, why error) error {
	e := &expired{u: u, conn: conn, away: errors.Is(why, client.ErrNoKeyring), quit: errors.Is(why, connect.ErrQuit)}
	err := u.ask(ctx, e)
	if err != nil && e.away {
		return fmt.Errorf("%w: %w", err, why)
	}
	return err
}

func (u *UI) ask(ctx context.Context, e *expired) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e.ctx, e.answer = ctx, make(chan error, 1)
	task.Do(e.show)
	select {
	case err := <-e.answer:
		return err
	case <-ctx.Done():
		task.Do(e.later)
		return client.ErrSignInExpired
	}
}

// mayAsk reports whether conn is what the person sees: the connection on
// screen, or the one that is being opened.
func (u *UI) mayAsk(conn *connect.Connection) bool {
	if u.main != nil {
		return conn == u.conn
	}
	return u.enter == nil && !u.leaving && (u.aside == nil || u.aside.conn != conn)
}

// expired is the dialog for an expired sign-in. Its methods are for the UI
// thread, but for signIn.
type expired struct {
	u      *UI
	conn   *connect.Connection
	unlock bool     // asked for in front of the lock
	over   bool     // there, because the file was opened and the sign-in had ended
	away   bool     // because the keyring that may have the sign-in is not there
	quit   bool     // because it ended with the program
	below  *expired // that was open before
	dialog *widgets.Dialog
	code   *signin.CodePanel // for the way Device
	link   *signin.LinkPanel // for the way Browser
	token  *widgets.Entry    // for the way Token
	ctx    context.Context   // of the call that waits
	stop   func()            // ends the sign-in under way
	answer chan error        // takes one
}

func (e *expired) show() {
	if !e.unlock && !e.u.mayAsk(e.conn) {
		e.answer <- client.ErrSignInExpired
		return
	}
	title, why := "expired.title", "expired.text"
	if e.unlock {
		title, why = "lock.signInTitle", "lock.signInText"
	}
	switch {
	case e.over:
		why = "lock.overText"
	case e.away:
		title, why = "expired.awayTitle", "expired.awayText"
	case e.quit:
		title, why = "expired.quitTitle", "expired.quitText"
	case !e.unlock && e.u.main == nil: // nothing was being done yet
		why = "expired.openText"
	}
	text := widget.NewLabel(i18n.T(why, "Server", fullName(e.conn.Saved)))
	text.Wrapping = fyne.TextWrapWord
	content := container.NewVBox(widgets.Flush(text))
	submit := "expired.submit"
	e.code = signin.NewCodePanel(e.u.cfg.OpenURL, func() { e.dialog.Fit() })
	e.link = signin.NewLinkPanel(e.u.cfg.OpenURL, nil, func() { e.dialog.Fit() })
	switch e.conn.Way {
	case connect.Browser:
		content.Add(e.link.Content)
	case connect.Device:
		submit = "signin.device"
		content.Add(e.code.Content)
	case connect.Token:
		submit = "signin.useToken"
		e.token = widgets.NewEntry()
		e.token.Password = true
		content.Add(widgets.NewField(i18n.T("signin.token"), e.token, i18n.T("signin.tokenHint")))
	}
	e.dialog = widgets.NewDialog(e.u.window, i18n.T(title), "", content)
	if e.unlock {
		e.dialog.SetInFront()
	}
	e.dialog.SetSubmit(i18n.T(submit), widget.HighImportance, e.submit)
	e.dialog.SetCancel(i18n.T("expired.later"), e.later)
	e.dialog.SetSize(fyne.NewSize(460, 0))
	e.stop = func() {}
	e.below, e.u.expired = e.u.expired, e
	e.dialog.Show()
}

func (e *expired) submit() {
	ctx, cancel := context.WithCancel(e.ctx)
	e.stop = cancel
	part := connect.Part{Show: e.u.showCode}
	if e.token != nil {
		part.Token = client.NewSecret(e.token.Text)
		e.token.SetText("")
	}
	e.dialog.SetError("", "", nil)
	e.dialog.SetBusy(true, i18n.T(map[connect.Way]string{
		connect.Browser: "expired.busy", connect.Device: "signin.waitingDevice", connect.Token: "signin.looking",
	}[e.conn.Way]))
	task.Go(func() { e.signIn(ctx, part) })
}

func (e *expired) signIn(ctx context.Context, part connect.Part) {
	err := e.conn.SignInAgain(ctx, part)
	part.Token.Wipe()
	task.Do(func() { e.signedIn(err) })
}

// showCode puts the code of a sign-in by device into the dialog.
func (e *expired) showCode(c signin.Code) {
	e.code.Show(c)
	e.dialog.SetSize(fyne.NewSize(460, 0)) // lays out anew
}

func (e *expired) signedIn(err error) {
	e.stop()
	e.code.Stop()
	e.link.Stop()
	switch {
	case e.u.expired != e: // given up meanwhile
	case err != nil:
		e.dialog.SetBusy(false, "")
		e.dialog.SetError(words.For(err).Text, "", nil)
	default:
		e.close(nil)
	}
}

// opened says that the browser was sent to link, so that it can be sent there
// again; or, with err, that it did not come up.
func (e *expired) opened(link string, err error) {
	e.link.Show(link)
	if err != nil {
		e.dialog.SetError(i18n.T("signin.notOpened"), "", nil)
	}
	e.dialog.Fit()
}

func (e *expired) later() {
	if e.u.expired == e {
		e.stop()
		e.close(client.ErrSignInExpired)
	}
}

func (e *expired) close(answer error) {
	e.u.expired = e.below
	e.code.Stop()
	e.dialog.Hide()
	e.answer <- answer
}
