package ui

import (
	"context"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/assets"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/settings"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// The lock can be left for another connection: its server may be gone. What it
// hid is dropped then, and each connection is unlocked on its own when it is
// next opened, by the means of the lock.

// offerAnother opens the list of the connections in front of the lock.
func (u *UI) offerAnother(pos fyne.Position) {
	u.showSwitcher(pos, offer{assets.IconAdd, "connection.add", u.add})
}

// unlockOther asks to unlock another connection instead.
func (u *UI) unlockOther(s connect.Saved) {
	before := u.locked
	if before.saved.Key() == s.Key() || !u.leaveLock() {
		return
	}
	u.putLock(&locked{saved: s, view: viewTokens, turn: before.turn})
}

// addLocked leaves the lock for the choice of a server.
func (u *UI) addLocked() {
	if u.leaveLock() {
		u.showEnter(connect.Saved{BuiltIn: true})
		u.enter.Focus()
	}
}

// leaveLock takes the lock away with all that it hid. It does not, and says why,
// while a secret would be lost that nobody could ever see again.
func (u *UI) leaveLock() bool {
	l := u.locked
	switch {
	case widgets.DialogBusy(u.window.Canvas()):
		l.screen.Stay(i18n.T("lock.stayBusy"))
		return false
	case u.secret != nil:
		l.screen.Stay(i18n.T("lock.stay"))
		return false
	}
	for _, s := range u.known() {
		u.away.Store(s.Key(), true)
	}
	u.window.SetContent(widgets.NewPane(fynetheme.ColorNameBackground))
	u.dropShown()
	u.locked, u.lastTurn = nil, l.turn
	l.screen.Hide()
	return true
}

// lockAgain locks what is on screen, to unlock a connection at which the lock
// was left.
func (u *UI) lockAgain(s connect.Saved) {
	u.dropShown()
	l := &locked{saved: s, view: viewTokens, turn: u.lastTurn}
	u.putLock(l)
	task.Go(func() {
		<-l.turn // what was tried at the lock before comes to its end first
		u.drop(l)
	})
}

// dropShown ends what is on screen, and its calls, for good.
func (u *UI) dropShown() {
	u.giveUpOpening()
	u.dropAside()
	if u.conn != nil {
		u.conn.Close()
	}
	u.conn, u.main = nil, nil
}

// freed notes that s is unlocked, and all that the same passphrase unlocks.
func (u *UI) freed(s connect.Saved) {
	u.away.Delete(s.Key())
	if u.locked != nil && u.locked.file && u.cfg.Kept.InFile() && !u.cfg.Kept.FileLocked() {
		u.fileIsOpen()
	}
}

// freeAway unlocks what the lock was left at, for who has given the passphrase of
// the encrypted file: all but what the settings demand signing in for.
func (u *UI) freeAway() {
	for _, s := range u.known() {
		if u.holds(s) || s.BuiltIn || !settings.LockSignsIn(u.cfg.App) {
			u.away.Delete(s.Key())
		}
	}
}

// isAway reports whether s is to be unlocked before it is opened.
func (u *UI) isAway(s connect.Saved) bool {
	_, away := u.away.Load(s.Key())
	return away
}

// anyAway reports whether somebody may be here who could unlock nothing.
func (u *UI) anyAway() bool {
	for range u.away.Range {
		return true
	}
	return false
}

// openOwn opens the built-in server from the choice of a server, or asks to
// unlock it.
func (u *UI) openOwn(ctx context.Context) error {
	for _, s := range u.known() {
		if s.BuiltIn && u.isAway(s) {
			task.Do(func() { u.lockAgain(s) })
			return context.Canceled
		}
	}
	return u.useBuiltIn(ctx)
}
