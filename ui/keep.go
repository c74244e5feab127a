package ui

import (
	"context"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/passphrase"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// Keeper is the encrypted file in which sign-ins are kept if the person chooses
// it, for want of a keyring.
type Keeper interface {
	InFile() bool     // they are kept there, locked or not
	FileLocked() bool // they are, and it was locked
	FileWaits() bool  // there is one, and its passphrase was not given yet
	LockFile()        // until OpenFile; may take a second
	OpenFile(context.Context, client.Secret) error
	KeepInFile(context.Context, client.Secret) error
	ChangePassphrase(ctx context.Context, old, passphrase client.Secret) error
	ForgetFile(context.Context) error
	MoveToKeyring(context.Context) error
}

// askPassphrase wants the passphrase of the encrypted file before anything is
// opened that it may hold.
func (u *UI) askPassphrase() {
	u.window.SetContent(widgets.NewPane(fynetheme.ColorNameBackground))
	u.openFile(u.fileOpened, u.skipFile)
}

func (u *UI) fileOpened() {
	u.lockNext.Store(false)
	u.resume()
}

// openFile asks for the passphrase of the encrypted file, or to forget that.
func (u *UI) openFile(done, skip func()) {
	passphrase.Ask(passphrase.AskParams{
		Window: u.window, Open: u.cfg.Kept.OpenFile, Forget: u.cfg.Kept.ForgetFile, Done: done, Skip: skip,
	})
}

// skipFile goes on without the file until the program is started again.
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
		fyne.Do(func() { u.askKeepInFile(waits) })
	})
}

func (u *UI) askKeepInFile(waits bool) {
	switch {
	case u.busy(), u.anyAway(): // pressed twice, or locked meanwhile
	case waits:
		u.openFile(u.keptElsewhere, func() {})
	case u.cfg.Kept.InFile():
		u.keptElsewhere()
	default:
		passphrase.Choose(passphrase.ChooseParams{Window: u.window, Done: u.keptElsewhere, Set: u.makeFile})
	}
}

// makeFile may come to its end behind a lock.
func (u *UI) makeFile(ctx context.Context, _, p client.Secret) error {
	err := u.cfg.Kept.KeepInFile(ctx, p)
	fyne.Do(u.dropLate)
	return err
}

func (u *UI) changePassphrase() {
	passphrase.Choose(passphrase.ChooseParams{Window: u.window, Old: true, Set: u.cfg.Kept.ChangePassphrase, Done: u.keptElsewhere})
}

// keptElsewhere shows that the place where sign-ins are kept has changed.
func (u *UI) keptElsewhere() {
	switch {
	case u.main != nil:
		u.main.settings.Refresh()
		u.main.status.showLeft()
	case u.enter != nil:
		u.enter.Refresh()
	}
}

// whereKept says where the sign-in is kept.
func (u *UI) whereKept() string {
	switch {
	case u.cfg.Kept.FileLocked():
		return i18n.T("status.fileLocked")
	case u.cfg.Unkept() != nil:
		return i18n.T("status.untilQuit")
	case u.cfg.Kept.InFile():
		return i18n.T("status.inFile")
	}
	return i18n.T("status.kept")
}
