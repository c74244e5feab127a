package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// resume opens the last connection, if there is one.
func (u *UI) resume() {
	skipped := u.skipped
	task.Go(func() {
		if !skipped && u.cfg.Kept.FileWaits() {
			task.Do(u.askPassphrase)
			return
		}
		u.openLast()
	})
}

func (u *UI) openLast() {
	last, err := u.cfg.Connector.Last()
	if err != nil || u.cfg.Address != "" && hostOf(u.cfg.Address) != hostOf(last.Address) {
		task.Do(func() { u.stopResuming(connect.Saved{Address: u.cfg.Address}) })
		u.finishOnce()
		return
	}
	task.Do(func() { u.start(last, u.reconnect) })
}

// reconnect blocks until the last connection is open, and then shows it. What
// earlier runs left undone is finished meanwhile, also if it does not open: the
// keyring has said whether it answers.
func (u *UI) reconnect(ctx context.Context, last connect.Saved) error {
	conn, err := u.cfg.Connector.Use(ctx, last.Key())
	task.Go(u.finishOnce)
	if conn != nil && !last.BuiltIn && errors.Is(err, client.ErrSignInExpired) {
		err = u.askSignIn(ctx, conn)
	}
	if errors.Is(err, client.ErrFileLocked) {
		return connect.ErrNone // the person was asked for the passphrase a moment ago
	}
	if err != nil {
		return err
	}
	return u.enterWith(ctx, conn, nil)
}

// showResuming is on screen while the connection opens: a keyring may ask for
// its password, a server may be slow.
func (u *UI) showResuming(last connect.Saved) {
	u.resumed = &resuming{last: last, loading: widgets.NewLoading(i18n.T("resuming.text", "Server", u.shortName(last)))}
	u.window.SetContent(container.NewCenter(container.NewVBox(
		u.resumed.loading,
		container.NewCenter(widgets.NewButton(i18n.T("dialog.cancel"), func() { u.comeBack(last) })))))
	u.menuChanged()
}

// stopResuming shows the first screen.
func (u *UI) stopResuming(last connect.Saved) {
	u.cancel()
	u.showEnter(last)
	u.enter.Focus()
}

// notOpened offers to try again what may pass, and else to sign in.
func (u *UI) notOpened(ctx context.Context, s connect.Saved, err error) {
	if ctx.Err() != nil {
		return // given up meanwhile
	}
	if u.enter != nil { // it is shown meanwhile
		u.failedMeanwhile(s, err)
		return
	}
	passing := false
	for _, kind := range []error{client.ErrOffline, client.ErrTimeout, client.ErrServer, client.ErrBusy, client.ErrKeyring, client.ErrDataInUse, client.ErrDataUnwritable} {
		passing = passing || errors.Is(err, kind)
	}
	switch {
	case u.inLockedFile(s, err):
		u.openFileFor(s)
	case s.BuiltIn && u.aside == nil && errors.Is(err, client.ErrKeyring): // which it opens without
		u.noteRefused(s, err)
		u.stopResuming(s)
	case passing, u.aside != nil && !errors.Is(err, client.ErrSignInExpired):
		u.cancel()
		u.noteRefused(s, err)
		u.showFailed(s, words.For(err), func() { u.begin(s, u.reopen) })
	case u.aside != nil: // asked, and not now
		u.comeBack(s)
	default:
		u.stopResuming(s)
		u.sayFailed(s, err)
	}
}

// sayFailed says on the first screen why s did not open. The built-in server needs
// no keyring, so of one that is not there nothing is said.
func (u *UI) sayFailed(s connect.Saved, err error) {
	switch {
	case errors.Is(err, client.ErrNoKeyring):
		if !s.BuiltIn {
			u.enter.Note(i18n.T("resuming.away", "Server", fullName(s)), false)
		}
	case errors.Is(err, client.ErrSignInExpired):
		u.enter.Failed(words.Sentence{Text: i18n.T("resuming.ended", "Server", fullName(s))}, s.BuiltIn)
	case !errors.Is(err, connect.ErrNone) || errors.Is(err, client.ErrFileLocked):
		u.enter.Failed(words.For(err), s.BuiltIn)
	}
}

// failing reports whether it is s that the screen says of that it could not be opened.
func (u *UI) failing(s connect.Saved) bool {
	return u.main == nil && u.enter == nil && u.resumed == nil && u.failed.Key() == s.Key()
}

func (u *UI) showFailed(s connect.Saved, why words.Sentence, do func()) {
	u.resumed, u.failed = nil, s
	u.menuChanged()
	again := widgets.NewButton(why.Action, do)
	again.Importance = widget.HighImportance
	widgets.SetVisible(again, why.Action != "")
	text := widget.NewLabelWithStyle(why.Text, fyne.TextAlignCenter, fyne.TextStyle{})
	text.Wrapping = fyne.TextWrapWord
	title := widget.NewLabelWithStyle(i18n.T("resuming.failed", "Server", u.shortName(s)), fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	title.SizeName = theme.SizeNameSubHeading
	other := i18n.T("resuming.other")
	if u.aside != nil {
		other = i18n.T("signin.back", "Server", u.shortName(u.aside.conn.Saved))
	}
	buttons := container.NewCenter(container.New(layout.NewCustomPaddedHBoxLayout(10),
		widgets.NewButton(other, func() { u.comeBack(s) }), again))
	u.window.SetContent(container.NewCenter(container.NewGridWrap(fyne.NewSize(460, 160), container.NewVBox(title, text, buttons))))
	widgets.Focus(again)
}
