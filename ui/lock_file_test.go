package ui

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/internal/testserver"
	"keyfob/ui/widgets"
)

const (
	thePassphrase = "short but longer now"
	asksForIt     = "Your sign-ins are in an encrypted file. Give its passphrase to unlock."
)

// keepInFile makes the encrypted file, by the settings.
func (d *desk) keepInFile() {
	d.t.Helper()
	d.Tap("Settings")
	d.Tap("Keep in an encrypted file…")
	d.Type(thePassphrase)
	d.Press(fyne.KeyReturn) // to the field that is still empty
	d.Type(thePassphrase)
	d.Press(fyne.KeyReturn)
	d.Has("Sign-in kept in an encrypted file")
}

// give gives a passphrase, by the keyboard alone.
func (d *desk) give(passphrase string) {
	d.t.Helper()
	d.Type(passphrase)
	d.Press(fyne.KeyReturn)
}

func (b *bare) wantLocked(t *testing.T, d *desk) {
	t.Helper()
	key := d.ui.conn.Server.Issuer + "|" + d.ui.conn.Subject
	if _, err := b.kept.Get(t.Context(), key); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("the file gives the credential, with %v", err)
	}
}

func TestTheEncryptedFileIsLockedWithTheWindow(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Tap("Use the built-in server")
	d.keepInFile()
	d.Shortcut(fyne.KeyL)
	d.Has(isLocked, asksForIt)
	b.wantLocked(t, d)
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "Type the passphrase first.")
	d.give("a wrong passphrase")
	d.Has(isLocked, "This is not the passphrase of the file.", "at its next start you can forget the file")
	d.HasNot("a wrong passphrase")
	b.wantLocked(t, d)
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file", "Settings")
}

// lockedMeanwhile is a file that is made only after a lock has dropped all there was.
type lockedMeanwhile struct {
	Keeper

	lock    func()
	dropped chan struct{}
}

func (k lockedMeanwhile) LockFile() {
	k.Keeper.LockFile()
	select {
	case k.dropped <- struct{}{}:
	default:
	}
}

func (k lockedMeanwhile) KeepInFile(ctx context.Context, p client.Secret) error {
	k.lock()
	<-k.dropped
	return k.Keeper.KeepInFile(ctx, p)
}

func TestAFileThatIsMadeBehindTheLockIsLockedToo(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Tap("Use the built-in server")
	d.ui.cfg.Kept = lockedMeanwhile{d.ui.cfg.Kept, d.ui.Lock, make(chan struct{}, 1)}
	d.Tap("Settings")
	d.Tap("Keep in an encrypted file…")
	d.Type(thePassphrase)
	d.Press(fyne.KeyTab)
	d.Type(thePassphrase)
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, asksForIt)
	b.wantLocked(t, d)
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

// The passphrase was right, but there is nothing to come back to: whoever comes by next is asked for it again.
func TestAFileThatWasOpenedInVainIsLockedAgain(t *testing.T) {
	b, remote, d := inFileAt(t)
	d.ui.Lock()
	remote.SetGone(true)
	d.give(thePassphrase)
	d.Has(isLocked, "cannot be reached")
	b.wantLocked(t, d)
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "Type the passphrase first.")

	remote.SetGone(false)
	release := remote.Hold("/profile/me")
	d.Type(thePassphrase)
	d.Begin(fyne.KeyReturn)
	d.Await("The file is open. Asking "+hostOf(remote.URL)+" whether the sign-in still works…", "Cancel")
	release()
	d.Has(isLocked, asksForIt)
	b.wantLocked(t, d)
	d.give(thePassphrase)
	d.Has("Signed in as ada")
}

func TestASignInAtTheLockIsMovedIntoTheFileOnceThatIsOpened(t *testing.T) {
	b, _, d := inFileAt(t)
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true) // the file asks for its passphrase all the same
	d.ui.Lock()
	d.Has(isLocked, asksForIt)
	d.Tap("Sign in with the browser")
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "The encrypted file is locked: signed in until you quit")
	d.Tap("Settings")
	d.HasNot("Try the keyring again", "Change passphrase…", "Unlock by signing in")
	d.Tap("Open the encrypted file…")
	d.give(thePassphrase)
	d.Has("Sign-in kept in an encrypted file", "Change passphrase…")

	d = b.start(t)
	d.give(thePassphrase)
	d.Has("Signed in as ada")
}

func TestASignInThatHasEndedIsRenewedIntoTheOpenedFile(t *testing.T) {
	b, remote, d := inFileAt(t)
	b.endSignIn(t, d, remote)
	d.ui.Lock()
	d.Type(thePassphrase)
	d.Begin(fyne.KeyReturn)
	d.Await("Sign in to unlock", "")
	d.Await("Your sign-in at "+fullName(d.ui.locked.conn.Saved)+" has ended. Sign in there with the same account to unlock.", "")
	picture(t, d, "lock-over")
	d.Await("Sign in to unlock", "Not now")
	d.Has(isLocked, asksForIt)
	b.wantLocked(t, d)
	d.Type(thePassphrase)
	d.Begin(fyne.KeyReturn)
	d.Await("Sign in to unlock", "Sign in with the browser")
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

func TestAConnectionInAFileThatStayedLockedAsksForThePassphrase(t *testing.T) {
	_, _, d := inFileAt(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.addAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.ui.Lock()
	d.Tap("Sign in with the browser")
	d.Has("Signed in as eve", "The encrypted file is locked")
	ada := d.ui.known()[0]
	d.Menu(fullName(ada))
	d.Has("Your sign-ins are in an encrypted file")
	d.Press(fyne.KeyEscape)
	d.Has("Signed in as eve")
	d.Menu(fullName(ada))
	d.give(thePassphrase)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

// notNow is the program started again, whose passphrase was not given.
func (b *bare) notNow(t *testing.T) *desk {
	t.Helper()
	d := b.start(t)
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.Tap("Not now")
	d.Has("Your encrypted file is locked.", "Another server")
	return d
}

// insteadAt signs in at another server than the one that is offered.
func (d *desk) insteadAt(address, login string) {
	d.t.Helper()
	d.ui.cfg.OpenURL = browser(d.t, login)
	d.tabTo(toAddress)
	d.ui.window.Canvas().Focused().(*widgets.Entry).SetText("")
	d.Type(address)
	d.Press(fyne.KeyReturn)
}

func TestAConnectionInAFileThatWasNotOpenedAtTheStartAsksForThePassphrase(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	ada := fullName(d.ui.known()[0])
	d.Menu(ada)
	d.Has("Your sign-ins are in an encrypted file", "The sign-in of "+serverName(d.ui.known()[0])+" is found nowhere else, so it may be in the file.")
	d.HasNot("expired")
	picture(t, d, "file-for")
	d.give(thePassphrase)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

func TestAConnectionInAFileThatStaysLockedSaysSoAndNotThatItHasExpired(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	d.Menu(fullName(d.ui.known()[0]))
	d.Press(fyne.KeyEscape)
	d.Has("could not be opened", "Its sign-in may be in your encrypted file, which is locked until you give its passphrase.", "Sign in anew")
	d.HasNot("expired", "keyring")
	picture(t, d, "file-left")
	d.Press(fyne.KeyReturn)
	d.Has("Your sign-ins are in an encrypted file")
	d.Press(fyne.KeyEscape)
	d.Tap("Open the file…")
	d.give(thePassphrase)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

// Of a file that was never opened nobody knows what it has.
func TestASignInThatTheFileNeverHadIsNotSaidToBeThere(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.insteadAt(other.URL, "eve")
	d.Has("Signed in as eve", "The encrypted file is locked: signed in until you quit")
	d = b.notNow(t)
	d.Menu(fullName(d.ui.known()[1]))
	d.Has("The sign-in of " + serverName(d.ui.known()[1]) + " is found nowhere else, so it may be in the file.")
	d.HasNot("kept nowhere else")
	d.Press(fyne.KeyEscape)
	d.Has("Its sign-in may be in your encrypted file")
	d.HasNot("Its sign-in is in")
}

func TestTheBuiltInServerOpensWithoutTheFileThatWasNotOpened(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Tap("Use the built-in server")
	d.keepInFile()
	d = b.start(t)
	d.Tap("Not now")
	d.Menu(fullName(d.ui.known()[0]))
	d.Has("Signed in as ada")
	d.HasNot("passphrase")
}

func TestAtTheLockAFileThatWasNeverOpenedIsAskedForWhenItTurnsOutToBeNeeded(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	ada := fullName(d.ui.known()[0])
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.insteadAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.ui.Lock()
	d.Has(isLocked, "Eve Other", "Nothing keeps your sign-in but this program's memory")
	d.Menu(ada)
	d.Has(isLocked, "Ada Admin")
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, asksForIt)
	d.HasNot("expired")
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

func TestASignOutThatTheLockedFileHeldUpIsFinishedOnceItIsOpen(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.insteadAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.Menu("Manage connections…")
	d.Tap("Remove…") // ada's
	d.Tap("Remove connection")
	d.Has("A credential may still be in your encrypted file.")
	d.Tap("Close")
	d.Press(fyne.KeyEscape)
	d.ui.Lock()
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as eve", "Not signed out yet", "encrypted file is locked")
	d.Tap("Settings")
	d.Tap("Open the encrypted file…")
	d.give(thePassphrase)
	d.Has("Ada Admin is now confirmed", "Sign-in kept in an encrypted file")
	d.HasNot("locked", "Not signed out yet")
}

func TestALockSaysThatASignInIsInMemoryOnly(t *testing.T) {
	d := newBare(t).start(t)
	d.Tap("Use the built-in server")
	d.Shortcut(fyne.KeyL)
	d.Has(isLocked, "Nothing keeps your sign-in but this program's memory")
	d.HasNot("keyring", "passphrase")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

// inFileAt is ada, signed in at a server, with her sign-in in the encrypted file.
func inFileAt(t *testing.T) (*bare, *testserver.Remote, *desk) {
	t.Helper()
	remote := testserver.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	b := newBare(t)
	d := b.start(t)
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.signInAt(remote.URL)
	d.keepInFile()
	return b, remote, d
}

// endSignIn ends the sign-in at the server, behind the desktop's back.
func (b *bare) endSignIn(t *testing.T, d *desk, remote *testserver.Remote) {
	t.Helper()
	kept, err := b.kept.Get(t.Context(), d.ui.conn.Server.Issuer+"|"+d.ui.conn.Subject)
	if err != nil {
		t.Fatal(err)
	}
	var credential struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(kept.Reveal()), &credential); err != nil {
		t.Fatal(err)
	}
	if found, err := remote.SignIn.Revoke(t.Context(), credential.RefreshToken); err != nil || !found {
		t.Fatal(found, err)
	}
}
