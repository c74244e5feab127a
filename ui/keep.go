package ui

import (
	"context"

	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/passphrase"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// Keeper is the encrypted file in which sign-ins are kept if the person chooses
// it, for want of a keyring.
type Keeper interface {
	InFile() bool                 // they are kept there, locked or not
	FileLocked() bool             // they are, and it was locked
	FileWaits() bool              // there is one, and its passphrase was not given yet
	Holds(credential string) bool // it is kept there, as far as is known
	LockFile()                    // until OpenFile; may take a second
	OpenFile(context.Context, client.Secret) error
	KeepInFile(context.Context, client.Secret) error
	ChangePassphrase(ctx context.Context, old, passphrase client.Secret) error
	ForgetFile(context.Context) error
	MoveToKeyring(context.Context) error
}

// askPassphrase wants the passphrase of the encrypted file before anything is
// opened that it may hold.
func (u *UI) askPassphrase() {
	u.waits = true
	u.window.SetContent(widgets.NewPane(fynetheme.ColorNameBackground))
	u.openFile("", u.resume, u.skipFile)
}

// openFile asks for the passphrase of the encrypted file, or to forget that. Server
// is what cannot be opened without it; empty: nothing yet.
func (u *UI) openFile(server string, done, skip func()) {
	passphrase.Ask(passphrase.AskParams{
		Window: u.window, Server: server, Begun: u.begun, Open: u.tryFile, Forget: u.forgetFile, Skip: skip,
		Done: func() {
			switch {
			case u.locked != nil: // by which all this is given up
			case u.lockNext && u.cfg.Kept.InFile():
				u.openAgain(server, done, skip)
			default:
				u.fileIsOpen()
				done()
			}
		},
	})
}

// tryFile may come to its end behind a lock, which then locks the file too.
func (u *UI) tryFile(ctx context.Context, p client.Secret) error {
	err := u.cfg.Kept.OpenFile(ctx, p)
	task.Do(u.dropLate)
	return err
}

func (u *UI) forgetFile(ctx context.Context) error { return u.fileGoes(u.cfg.Kept.ForgetFile(ctx)) }

func (u *UI) askForget() {
	passphrase.Forget(passphrase.ForgetParams{Window: u.window, Forget: u.forgetFile, Done: u.keptElsewhere})
}

func (u *UI) moveToKeyring(ctx context.Context) error {
	return u.fileGoes(u.cfg.Kept.MoveToKeyring(ctx))
}

// fileGoes is what took the file away, or not. That may come to its end behind a lock,
// which then asks for no passphrase.
func (u *UI) fileGoes(err error) error {
	if err == nil {
		task.Do(u.forgotten)
	}
	return err
}

func (u *UI) forgotten() {
	u.waits = false
	if l := u.locked; l != nil {
		l.found = false
		u.asksRight(l)
	}
}

// openAgain asks once more for the passphrase: a lock came after it was given, and
// whoever gave it may have gone.
func (u *UI) openAgain(server string, done, skip func()) {
	task.Go(func() {
		u.cfg.Kept.LockFile()
		task.Do(func() {
			if u.main == nil && u.locked == nil && !u.busy() {
				u.openFile(server, done, skip)
			}
		})
	})
}

// openFileFor asks for the passphrase on the way to a connection.
func (u *UI) openFileFor(s connect.Saved) {
	u.openFile(serverName(s), func() { u.start(s, u.reopen) }, func() { u.leftInFile(s) })
}

// leftInFile says what keeps a connection from being opened, unless there is
// another one to come back to.
func (u *UI) leftInFile(s connect.Saved) {
	if u.aside != nil {
		u.comeBack(s)
		return
	}
	u.cancel()
	u.showFailed(s, words.Sentence{Text: i18n.T("resuming.inFile"), Action: i18n.T("resuming.openFile")}, func() { u.openFileFor(s) })
}

// fileIsOpen goes on with what waited for the passphrase: whoever gave it has
// unlocked what the file has, and sign-outs that it held up can be finished.
func (u *UI) fileIsOpen() {
	u.waits = false
	u.menuChanged()
	if u.cfg.Kept.InFile() && !u.cfg.Kept.FileLocked() { // else it was forgotten
		u.freeAway()
	}
	task.Go(u.finishOnce)
}

// holds reports whether the sign-in of s is in the encrypted file.
func (u *UI) holds(s connect.Saved) bool { return u.cfg.Kept.Holds(s.Credential()) }

// skipFile goes on without the file until a connection needs it.
func (u *UI) skipFile() {
	u.skipped = true
	u.resume()
}

// offerKeepInFile is keepInFile; nil while somebody may be here who could unlock
// nothing: the file, or what would go into it, is not theirs.
func (u *UI) offerKeepInFile() func() {
	if u.anyAway() {
		return nil
	}
	return u.keepInFile
}

// keepInFile asks for the passphrase of a new encrypted file, or of the one that
// stayed locked when the person signed in without it.
func (u *UI) keepInFile() {
	task.Go(func() {
		waits := u.cfg.Kept.FileWaits() || u.cfg.Kept.FileLocked()
		task.Do(func() { u.askKeepInFile(waits) })
	})
}

func (u *UI) askKeepInFile(waits bool) {
	switch {
	case u.busy(), u.anyAway(): // pressed twice, or locked meanwhile
	case waits:
		u.openFile("", u.openedLate, func() {})
	case u.cfg.Kept.InFile():
		u.keptElsewhere()
	default:
		passphrase.Choose(passphrase.ChooseParams{Window: u.window, Done: u.keptElsewhere, Set: u.makeFile})
	}
}

// openedLate opens the last connection after all, if nothing was opened since the
// person had no passphrase for it.
func (u *UI) openedLate() {
	if u.skipped && u.enter != nil && u.aside == nil {
		u.skipped = false
		u.resume()
		return
	}
	u.keptElsewhere()
}

// makeFile may come to its end behind a lock.
func (u *UI) makeFile(ctx context.Context, _, p client.Secret) error {
	err := u.cfg.Kept.KeepInFile(ctx, p)
	task.Do(u.dropLate)
	return err
}

func (u *UI) changePassphrase() {
	passphrase.Choose(passphrase.ChooseParams{Window: u.window, Old: true, Set: u.cfg.Kept.ChangePassphrase, Done: u.keptElsewhere})
}

// keptElsewhere shows that the place where sign-ins are kept has changed.
func (u *UI) keptElsewhere() {
	u.menuChanged()
	switch {
	case u.main != nil:
		u.main.settings.Refresh()
		u.main.status.showLeft()
	case u.enter != nil:
		u.enter.Refresh()
	}
}

// whereKept says where the sign-in of s is kept.
func (u *UI) whereKept(s connect.Saved) string {
	switch {
	case u.fileLocked():
		return i18n.T("status.fileLocked")
	case u.cfg.Unkept() != nil:
		return i18n.T("status.untilQuit")
	case u.holds(s):
		return i18n.T("status.inFile")
	}
	return i18n.T("status.kept")
}

// fileLocked reports whether the encrypted file would be used if it were open.
func (u *UI) fileLocked() bool {
	return u.cfg.Kept.FileLocked() || u.waits && u.cfg.Unkept() != nil
}
