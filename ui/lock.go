package ui

import (
	"context"

	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/lock"
	"keyfob/ui/settings"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// locked is the program while it is locked.
type locked struct {
	screen *lock.Screen
	saved  connect.Saved       // what it unlocks
	conn   *connect.Connection // nil: it is opened anew
	view   viewName            // that was open
	kept   bool                // the views are still there, since a dialog is
	turn   chan struct{}       // has one for who drops, or then unlocks: one at a time

	file  bool // the screen asks for the encrypted file's passphrase
	found bool // nobody knew that the sign-in is in the file, until it was not elsewhere
	asked bool // to quit, and told that a secret would be lost
}

// Lock hides what the window shows and drops what can be had again: the views,
// the access token, the credential, the encrypted file with its key, what was
// copied. A dialog that is open stays below, with the view it belongs to: it may
// hold a secret that exists nowhere else, or something half written. While nobody
// is signed in there is nothing to hide, but the file to lock; what is being opened
// comes up locked. It may be called from any goroutine.
func (u *UI) Lock() { task.Do(u.lock) }

func (u *UI) lock() {
	if u.locked != nil {
		return
	}
	u.dropHeld()
	l := u.toLock()
	if l.conn == nil {
		u.lockNext = true
		task.Go(u.dropFile)
		return
	}
	l.saved = l.conn.Saved
	u.putLock(l)
	task.Go(func() { u.drop(l) })
}

// putLock shows the lock, and nothing below it but what a dialog waits for.
func (u *UI) putLock(l *locked) {
	u.idle.Stop()
	u.locked = l
	u.showLock(l)
	if !l.kept {
		u.main = nil
		u.window.SetContent(widgets.NewPane(fynetheme.ColorNameBackground))
	}
	u.window.SetMainMenu(u.menu())
}

func (u *UI) asksFile(l *locked) bool { return l.found || u.holds(l.saved) }

func (u *UI) showLock(l *locked) {
	l.file = u.asksFile(l)
	l.screen = lock.Show(u.lockParams(l))
}

// toLock is what a lock is to come back to: the views on screen, or else those
// that were set aside, or else any that are signed in. A start or a sign-in
// under way is given up.
func (u *UI) toLock() *locked {
	l := &locked{view: viewTokens, turn: make(chan struct{}, 1)}
	if u.main != nil {
		l.conn, l.view, l.kept = u.conn, u.main.opened, widgets.DialogOpen(u.window.Canvas())
		return l
	}
	if u.aside != nil {
		l.conn, l.view = u.aside.conn, u.aside.opened
	} else {
		l.conn = u.cfg.Connector.SignedIn()
	}
	if l.conn == nil {
		return l
	}
	u.giveUpOpening()
	u.aside = nil
	return l
}

// giveUpOpening ends a start or a sign-in under way, with what it asks.
func (u *UI) giveUpOpening() {
	u.cancel()
	if u.enter != nil {
		u.enter.Cancel()
	}
	if u.expired != nil {
		u.expired.later()
	}
	widgets.HideDialogs(u.window.Canvas())
	u.enter, u.resumed = nil, nil
}

func (u *UI) lockParams(l *locked) lock.Params {
	p := lock.Params{
		Window: u.window, Name: l.saved.Name, Server: serverName(l.saved), Secret: u.secret != nil,
		OpenURL: u.cfg.OpenURL, Browser: l.saved.Way == connect.Browser, Another: u.offerAnother,
		Begun: func() { l.asked = false },
	}
	switch {
	case l.file: // whose passphrase is always asked for, so signing in need not be demanded
		p.Open = func(ctx context.Context, given client.Secret) error {
			return u.unlock(ctx, l, func(ctx context.Context) (*connect.Connection, error) { return u.openLocked(ctx, l, given) })
		}
	case l.saved.BuiltIn || !settings.LockSignsIn(u.cfg.App):
		p.Unlock = func(ctx context.Context) error {
			return u.unlock(ctx, l, func(ctx context.Context) (*connect.Connection, error) { return u.fetchLocked(ctx, l) })
		}
		p.Memory = u.cfg.Unkept() != nil
	}
	if !l.saved.BuiltIn { // which has no sign-in but that of the computer
		p.SignIn = func(ctx context.Context) error {
			return u.unlock(ctx, l, func(ctx context.Context) (*connect.Connection, error) { return u.signInLocked(ctx, l) })
		}
	}
	return p
}

// drop does not wait with the clipboard for a renewal under way. That then comes
// to its end, and is kept, before the file is locked.
func (u *UI) drop(l *locked) {
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	_ = u.cfg.Clipboard.Clear(ctx) // a loan that could not be ended says so itself
	u.dropCredentials()
	l.turn <- struct{}{}
	task.Do(func() { u.asksRight(l) })
}

// dropFile locks the encrypted file while nobody is signed in.
func (u *UI) dropFile() {
	u.cfg.Kept.LockFile()
	if u.cfg.Kept.InFile() {
		task.Do(u.keptElsewhere)
	}
}

// begun notes that somebody is here who opens something: what was to come up locked
// need not any more.
func (u *UI) begun() { u.lockNext = false }

// dropLate locks the encrypted file too if it was made behind the lock.
func (u *UI) dropLate() {
	if l := u.locked; l != nil {
		task.Go(func() {
			<-l.turn
			u.cfg.Kept.LockFile()
			l.turn <- struct{}{}
			task.Do(func() { u.asksRight(l) })
		})
	}
}

// asksRight has the lock ask for the passphrase of a file that was still being
// made when it came.
func (u *UI) asksRight(l *locked) {
	if u.locked == l && l.file != u.asksFile(l) {
		l.screen.Hide()
		u.showLock(l)
	}
}

// foundInFile has the lock ask for the passphrase of a file that was never opened.
func (u *UI) foundInFile(l *locked) {
	l.found = true
	u.asksRight(l)
}

func (u *UI) dropCredentials() {
	u.cfg.Connector.Lock()
	u.cfg.Kept.LockFile()
}

// quitLocked ends the program, but says first that a secret would be lost, or what
// was entered. What a dialog is asking the server for is waited for, as in Quit.
func (u *UI) quitLocked() {
	if widgets.DialogBusy(u.window.Canvas()) {
		u.locked.screen.Say(i18n.T("lock.busy"))
		return
	}
	lost := ""
	switch {
	case u.secret != nil:
		lost = "lock.quit"
	case widgets.Unfinished(u.window.Canvas()):
		lost = "lock.quitEntries"
	}
	if lost == "" || u.locked.asked {
		u.cfg.App.Quit()
		return
	}
	u.locked.asked = true
	u.locked.screen.Say(i18n.T(lost))
}
