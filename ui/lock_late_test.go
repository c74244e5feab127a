package ui

import (
	"context"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/internal/testserver"
)

// overtaken is an encrypted file that takes its time to open.
type overtaken struct {
	Keeper

	open   chan struct{} // closed: it opens
	locked chan struct{} // has one once the file was locked
}

func (k overtaken) OpenFile(ctx context.Context, p client.Secret) error {
	<-k.open
	return k.Keeper.OpenFile(ctx, p)
}

func (k overtaken) LockFile() {
	k.Keeper.LockFile()
	select {
	case k.locked <- struct{}{}:
	default:
	}
}

// slowFile makes the file of d take its time.
func (d *desk) slowFile() overtaken {
	k := overtaken{d.ui.cfg.Kept, make(chan struct{}), make(chan struct{}, 1)}
	d.ui.cfg.Kept = k
	return k
}

// besideEve is eve on screen, and ada's sign-in in the encrypted file, which is locked.
func besideEve(t *testing.T) (d *desk, ada string) {
	t.Helper()
	_, _, d = inFileAt(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.addAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.ui.Lock()
	d.Tap("Sign in with the browser")
	d.Has("Signed in as eve", "The encrypted file is locked")
	return d, fullName(d.ui.known()[0])
}

func (d *desk) wantNothingShown() {
	d.t.Helper()
	if d.ui.main != nil || d.ui.aside != nil {
		d.t.Error("there are views behind the lock")
	}
	if !d.ui.cfg.Kept.FileLocked() {
		d.t.Error("the file is open behind the lock")
	}
}

// Else whoever comes by would find ada's tokens in front of the lock.
func TestALockThatComesWhileTheFileOpensForAnotherConnectionStays(t *testing.T) {
	d, ada := besideEve(t)
	slow := d.slowFile()
	d.Menu(ada)
	d.Type(thePassphrase)
	d.Begin(fyne.KeyReturn)
	d.ui.lock()
	<-slow.locked
	close(slow.open)
	d.Has(isLocked, "Eve Other")
	d.HasNot("Signed in as", "Ada Admin")
	d.wantNothingShown()
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as eve")
}

func TestALockThatComesWhileTheFileOpensForTheSettingsLocksItToo(t *testing.T) {
	d, _ := besideEve(t)
	slow := d.slowFile()
	d.Tap("Settings")
	d.Tap("Open the encrypted file…")
	d.Type(thePassphrase)
	d.Begin(fyne.KeyReturn)
	d.ui.lock()
	<-slow.locked
	close(slow.open)
	d.Has(isLocked, "Eve Other")
	if !d.ui.cfg.Kept.FileLocked() {
		t.Error("the file is open behind the lock")
	}
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as eve", "Sign-in kept in an encrypted file")
}

func TestALockThatComesWhileTheFileIsForgottenAsksForItNoMore(t *testing.T) {
	d, _ := besideEve(t)
	slow := forgottenLate{d.ui.cfg.Kept, make(chan struct{}, 8)}
	d.ui.cfg.Kept = slow
	d.Tap("Settings")
	d.Tap("Open the encrypted file…")
	d.Tap("Forget the file…")
	d.tabTo(toButton("Delete the file"))
	for len(slow.asked) > 0 {
		<-slow.asked
	}
	d.Begin(fyne.KeyReturn)
	d.ui.lock()
	if !slices.Contains(d.Shown(), asksForIt) {
		t.Error("the file that is still there is not asked for")
	}
	d.Has(isLocked, "Eve Other", "Nothing keeps your sign-in but this program's memory")
	d.HasNot(asksForIt)
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as eve")
}

// The settings have two ways that take the file away.
func TestALockThatComesWhileTheSettingsTakeTheFileAwayAsksForItNoMore(t *testing.T) {
	for _, way := range []string{"Move to the keyring", "Delete the file…"} {
		t.Run(way, func(t *testing.T) {
			d := newBare(t).start(t)
			d.Tap("Use the built-in server")
			d.keepInFile()
			slow := forgottenLate{d.ui.cfg.Kept, make(chan struct{}, 8)}
			d.ui.cfg.Kept = slow
			d.tabTo(toButton(way))
			if way == "Delete the file…" {
				d.Press(fyne.KeyReturn)
				d.tabTo(toButton("Delete the file"))
			}
			for len(slow.asked) > 0 {
				<-slow.asked
			}
			d.Begin(fyne.KeyReturn)
			d.ui.lock()
			d.Has(isLocked)
			d.HasNot(asksForIt)
		})
	}
}

// forgottenLate is an encrypted file that goes only once a lock has asked twice what it holds: when it came, and when it
// had dropped all that there was.
type forgottenLate struct {
	Keeper

	asked chan struct{}
}

func (k forgottenLate) Holds(credential string) bool {
	defer func() { k.asked <- struct{}{} }()
	return k.Keeper.Holds(credential)
}

func (k forgottenLate) MoveToKeyring(ctx context.Context) error { return k.ForgetFile(ctx) }

func (k forgottenLate) ForgetFile(ctx context.Context) error {
	<-k.asked
	<-k.asked
	return k.Keeper.ForgetFile(ctx)
}

// Nobody is signed in, so there is nothing to show a lock for; the passphrase counts for nothing all the same.
func TestAPassphraseThatALockOvertakesIsAskedForAgain(t *testing.T) {
	for name, ask := range map[string]func(d *desk){
		"from the first screen": func(d *desk) { d.Tap("Open the encrypted file…") },
		"for a connection":      func(d *desk) { d.Menu(fullName(d.ui.known()[0])) },
	} {
		t.Run(name, func(t *testing.T) {
			b, _, _ := inFileAt(t)
			d := b.notNow(t)
			slow := d.slowFile()
			ask(d)
			d.Type(thePassphrase)
			d.Begin(fyne.KeyReturn)
			d.ui.lock()
			close(slow.open)
			d.Has("Your sign-ins are in an encrypted file")
			d.HasNot("Signed in as", "Ada Admin")
			d.wantNothingShown()
			d.give(thePassphrase)
			d.HasNot(isLocked)
			d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
		})
	}
}

func TestTheFileIsLockedAlsoWhileNobodyIsSignedIn(t *testing.T) {
	b, remote, _ := inFileAt(t)
	remote.SetGone(true)
	d := b.start(t)
	d.give(thePassphrase)
	d.Has("could not be opened", "Try again")
	d.ui.Lock()
	d.Has("could not be opened")
	d.wantNothingShown()
	remote.SetGone(false)
	d.Press(fyne.KeyReturn) // try again
	d.Has("Your sign-ins are in an encrypted file")
	d.HasNot("Signed in as")
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

// What was begun before the lock may come to its end behind it.
func TestOnlyItsOwnUnlockingTakesTheLockAway(t *testing.T) {
	d, _ := openTwo(t)
	conn := d.ui.conn
	before := d.ui.locked
	d.ui.lock()
	d.Has(isLocked)
	if err := conn.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.ui.enterWith(t.Context(), conn, before); err != nil {
		t.Fatal(err)
	}
	d.Has(isLocked)
	d.HasNot("Signed in as")
	if d.ui.main != nil {
		t.Error("there are views behind the lock")
	}
}
