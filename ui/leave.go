package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// leaving bounds signing out: a server may be gone, a keyring slow.
const leaving = 20 * time.Second

// Quit ends the program. A new secret on screen is asked about first, since nobody
// could ever see it again, and the answer goes on to quit. What a dialog is asking
// the server for is waited for, since it may be a secret, which is said; its Cancel
// does not wait. What was entered, or waits for an expired sign-in, is asked about
// where it would be lost.
func (u *UI) Quit() {
	u.dropHeld()
	switch {
	case u.locked != nil:
		u.quitLocked()
	case u.secret != nil && u.expired != nil: // which is in front of it
		u.hold()
	case u.secret != nil:
		u.secret.Ask(i18n.T("secret.closeQuit"), u.Quit)
	case widgets.DialogBusy(u.window.Canvas()):
		u.hold()
	case widgets.Unfinished(u.window.Canvas()):
		u.askDiscard()
	default:
		u.cfg.App.Quit()
	}
}

// askDiscard asks in the dialog in front.
func (u *UI) askDiscard() {
	text := "quit.discard"
	if u.expired != nil {
		text = "quit.waits"
	}
	widgets.AskFront(u.window.Canvas(), i18n.T(text), i18n.T("quit.discardNow"), i18n.T("quit.back"), u.cfg.App.Quit)
}

// hold says, in front of the dialog that waits, why the program does not quit.
// When that dialog goes, or has its answer, so does this.
func (u *UI) hold() {
	text := widget.NewLabel(i18n.T("quit.busyText"))
	text.Wrapping = fyne.TextWrapWord
	u.held = widgets.NewDialog(u.window, i18n.T("quit.busy"), "", widgets.Flush(text))
	u.held.SetCancel("", u.dropHeld)
	u.held.SetSubmit(i18n.T("quit.wait"), widget.HighImportance, u.dropHeld)
	u.held.SetSize(fyne.NewSize(420, 0))
	widgets.OnAnswer(u.window.Canvas(), u.dropHeld)
	u.held.Show()
}

// dropHeld takes that away, so that the dialog that waits is the one in front.
func (u *UI) dropHeld() {
	if u.held != nil {
		u.held.Hide()
		u.held = nil
	}
}

// signOut ends the sign-in and then returns to the first screen, which says so
// if the server or the keyring could not be told.
func (u *UI) signOut() {
	if u.conn == nil || u.busy() {
		return
	}
	conn := u.conn
	u.conn, u.main, u.leaving = nil, nil, true
	u.window.SetMainMenu(u.menu())
	u.window.SetContent(container.NewCenter(widgets.NewLoading(i18n.T("signOut.busy", "Server", serverName(conn.Saved)))))
	task.Go(func() { u.leave(conn) })
}

func (u *UI) leave(conn *connect.Connection) {
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	err := errors.Join(u.cfg.Clipboard.Clear(ctx), conn.SignOut(ctx))
	task.Do(func() { u.left(conn, err) })
}

func (u *UI) left(conn *connect.Connection, err error) {
	u.leaving = false
	u.showEnter(conn.Saved)
	u.sayLeft(conn, err)
	u.enter.Focus()
}

// sayLeft says what a sign-out ended, and what not: a token that was pasted is the
// person's to revoke.
func (u *UI) sayLeft(conn *connect.Connection, err error) {
	pasted := conn.Way == connect.Token
	said := []string{i18n.T("signOut.done", "Name", fullName(conn.Saved))}
	e, ok := errors.AsType[*client.SignOutError](err)
	pending := ok && !e.Lost
	if pending {
		u.tidy.Store(false)
	}
	noticed := slices.ContainsFunc(u.cfg.Connector.Leaving(), func(s connect.Saved) bool { return s.Key() == conn.Key() })
	switch {
	case noticed: // the notice says why
		u.unsettled = err
		said = []string{i18n.T("signOut.here", "Name", fullName(conn.Saved))}
	case err != nil:
		said = []string{i18n.T("signOut.partly", "Name", fullName(conn.Saved)), words.SignedOut(err, pasted)}
	}
	if pending && !noticed {
		said = append(said, u.triesAgain())
	}
	if pasted {
		said = append(said, i18n.T("leaving.pasted"))
	}
	text := strings.Join(said, " ")
	if err != nil && !noticed {
		u.enter.Failed(words.Sentence{Text: text}, conn.BuiltIn)
		return
	}
	u.enter.Note(text, conn.BuiltIn)
	u.showNotice()
}

// finishOnce is finish, unless nothing is left.
func (u *UI) finishOnce() {
	if !u.tidy.Load() || len(u.cfg.Connector.Leaving()) > 0 {
		u.finish()
	}
}

// finish tries again the sign-outs that were not confirmed, and ends what a
// sign-in left that was cut off.
func (u *UI) finish() {
	u.finishing.Lock()
	defer u.finishing.Unlock()
	before := u.cfg.Connector.Leaving()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	u.tidy.Store(true) // before, so that a sign-out that fails meanwhile is not lost
	lost, err := u.cfg.Connector.Finish(ctx)
	if err != nil {
		u.tidy.Store(false)
	}
	task.Do(func() { u.finished(before, lost, err) })
}

func (u *UI) finished(before, lost []connect.Saved, err error) {
	u.lost = append(u.lost, lost...)
	left := slices.Concat(u.cfg.Connector.Leaving(), lost)
	for _, s := range before {
		if !slices.ContainsFunc(left, func(l connect.Saved) bool { return l.Key() == s.Key() }) {
			u.settled = append(u.settled, s)
		}
	}
	u.unsettled = err
	u.showNotice()
}

// notice is what became of earlier sign-outs, and what can be done about it.
type notice struct {
	kind   widgets.BadgeKind
	text   string
	button string
	do     func()
}

func (u *UI) notice() notice {
	left := u.cfg.Connector.Leaving()
	switch {
	case len(left) > 0 && u.unsettled != nil:
		text := i18n.T("leaving.left", "Names", names(left)) + " " + words.SignedOut(u.unsettled, allPasted(left)) + " " + u.triesAgain()
		return notice{widgets.Warn, text, i18n.T("words.tryAgain"), func() { task.Go(u.finish) }}
	case len(u.lost) > 0:
		return notice{widgets.Warn, i18n.T("leaving.lostNames", "Names", names(u.lost)), i18n.T("leaving.close"), u.forgetLost}
	case len(u.settled) > 0:
		return notice{widgets.Good, i18n.T("leaving.done", "Names", names(u.settled)), i18n.T("leaving.close"), u.forgetNotice}
	}
	return notice{}
}

// showNotice says above the views, or above the first screen, what became of
// earlier sign-outs.
func (u *UI) showNotice() {
	u.notices.RemoveAll()
	if n := u.notice(); n.text != "" {
		u.notices.Add(container.New(layout.NewCustomPaddedLayout(12, 0, 22, 22), widgets.NewBanner(n.kind, n.text, n.button, n.do)))
	}
	u.window.Content().Refresh()
}

func (u *UI) forgetNotice() {
	u.settled = nil
	u.showNotice()
}

func (u *UI) forgetLost() {
	u.lost = nil
	u.showNotice()
}

func allPasted(all []connect.Saved) bool {
	return !slices.ContainsFunc(all, func(s connect.Saved) bool { return s.Way != connect.Token })
}

func names(all []connect.Saved) string {
	var out []string
	for _, s := range all {
		out = append(out, fullName(s))
	}
	return strings.Join(out, ", ")
}
