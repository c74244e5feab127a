package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/issued"
	"keyfob/internal/testserver"
)

// lockedOut is ada's and eve's connections at two servers, and the program
// locked on eve's, whose server is gone.
func lockedOut(t *testing.T) (d *desk, ada, eve string, gone *testserver.Remote) {
	t.Helper()
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	gone = testserver.StartRemote(t)
	gone.AddUser(t, "eve", "Eve Other", false)
	d.addAt(gone.URL, "eve")
	d.Has("Signed in as eve")
	d = d.restart() // ada's was not opened since
	d.server.OpenBrowser = d.ui.OpenBrowser
	d.Has("Signed in as eve")
	gone.SetGone(true)
	d.ui.Lock()
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "Eve Other", "cannot be reached")
	return d, fullName(d.ui.known()[0]), fullName(d.ui.known()[1]), gone
}

func TestALockWhoseServerIsGoneIsLeftForAnotherConnection(t *testing.T) {
	d, _, eve, gone := lockedOut(t)
	hidden := d.ui.conn
	d.Press(fyne.KeyTab, fyne.KeyReturn) // from Unlock to the next button
	d.Has("Ada Admin", "Eve Other", "Add a connection…")
	picture(t, d, "lock-another")
	d.HasNot("Manage connections…", "Sign out")
	d.Press(fyne.KeyEscape)
	d.Has(isLocked, "Eve Other")
	d.Press(fyne.KeyReturn, fyne.KeyUp, fyne.KeyReturn) // eve's has the focus; ada's stands above
	d.Has(isLocked, "Ada Admin")
	d.HasNot("Eve")
	if _, err := hidden.Me(t.Context()); err == nil || errors.Is(err, client.ErrOffline) {
		t.Errorf("a call of what was locked goes on with %v", err)
	}
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")

	gone.SetGone(false)
	d.Menu(eve)
	d.Has(isLocked, "Eve Other")
	d.HasNot("Signed in as", "Ada")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as eve")
	d.Menu("Add a connection…")
	d.Press(fyne.KeyEscape)
	d.ui.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	d.Has("Signed in as eve") // unlocked once is enough
}

func TestTheKeysOfConnectionsWorkAtTheLock(t *testing.T) {
	d, ada, eve, _ := lockedOut(t)
	d.Menu(eve)
	d.Has(isLocked, "Eve Other")
	d.Menu(ada)
	d.Has(isLocked, "Ada Admin")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada")
}

func TestALockIsLeftForTheChoiceOfAServer(t *testing.T) {
	d, _, _, gone := lockedOut(t)
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.HasNot(isLocked, "Eve")
	d.Has("Use the built-in server", "Another server")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada", "Built-in server")
	gone.SetGone(false)
	d.Menu(fullName(d.ui.known()[1]))
	d.Has(isLocked, "Eve Other")
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.ui.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) // the connections there are
	d.Tap(fullName(d.ui.known()[1]))
	d.Has(isLocked, "Eve Other")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as eve")
}

// Else the list at the lock would lead around what the settings demand.
func TestWhereTheSettingsDemandSigningInAnotherConnectionDemandsItToo(t *testing.T) {
	d, ada, _, _ := lockedOut(t)
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	asked := 0
	open := browser(t, "ada")
	d.ui.cfg.OpenURL = func(address string) error {
		asked++
		return open(address)
	}
	d.Menu(ada)
	d.Has(isLocked, "Ada Admin", "Sign in with your browser to unlock")
	d.HasNot("Unlock")
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.Menu(ada)
	d.Has(isLocked, "Sign in with your browser to unlock")
	if asked != 0 {
		t.Errorf("the browser was asked %d times", asked)
	}
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
	if asked != 1 {
		t.Errorf("the browser was asked %d times", asked)
	}
}

func TestTheBuiltInServerIsNoWayAroundALockedFile(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Tap("Use the built-in server")
	d.keepInFile()
	d.Shortcut(fyne.KeyL)
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.HasNot(isLocked, "Until you give its passphrase")
	d.Has("To open the file, go back to a connection that is in it.")
	d.Tap("Use the built-in server")
	d.Has(isLocked, asksForIt)
	d.HasNot("Signed in as")
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

func TestASecretThatIsNotStoredHoldsTheLock(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu(hostOf(remote.URL) + " · Ada Admin")
	d.fill("Nightly export")
	release := remote.Hold("/profile/tokens")
	d.Begin(fyne.KeyReturn)
	d.ui.lock()
	d.ui.switchTo(d.ui.known()[1])
	d.Await("Keyfob is still waiting for an answer that may hold a new secret. Try again in a moment.", "")
	release()
	d.Has(isLocked, "Ada Admin")
	d.Tap("Another connection…")
	d.Tap(hostOf(remote.URL) + " · Bob Buyer")
	d.Has(isLocked, "Ada Admin", "Unlock to store it first")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token", "enrt_p")
}

// A form that is half written is given up by leaving.
func TestADialogBehindTheLockIsGoneWithIt(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu(hostOf(remote.URL) + " · Ada Admin")
	d.Menu("Manage connections…")
	d.ui.Lock()
	d.Has(isLocked)
	d.Menu(hostOf(remote.URL) + " · Bob Buyer")
	d.Has(isLocked, "Bob Buyer")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked, "Connections", "Ada Admin")
	d.Has("Signed in as bob")
	if d.ui.busy() {
		t.Error("there is still a dialog")
	}
}

// Whoever is at the lock may add a connection. That must not lead around it.
func TestWhoLeavesTheLockComesToNothingOfTheLockedConnections(t *testing.T) {
	d, ada, eve, gone := lockedOut(t)
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.ui.askWhose()
	d.HasNot("Is this token mine?")
	of := d.ui.known()[0]
	d.ui.switchFor(issued.Entry{Address: of.Address, Subject: of.Subject})()
	d.Has(isLocked, "Ada Admin", "Sign in with your browser to unlock")
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	for range 2 { // also when somebody has signed in with a connection of their own
		d.Menu("Manage connections…")
		d.Has("Ada Admin", "Eve Other")
		for _, text := range []string{"Change…", "Remove…"} {
			if !d.Disabled(text) { // the first one's: ada's
				t.Errorf("%s may be pressed", text)
			}
		}
		d.Press(fyne.KeyEscape)
		d.ui.keepInFile()
		d.HasNot("Passphrase", "passphrase")
		if d.ui.main == nil {
			d.Tap("Use the built-in server")
			d.Has("Built-in server", "Signed in as ada")
		}
	}
	gone.SetGone(false)
	for _, name := range []string{ada, eve} {
		d.Menu(name)
		d.Has(isLocked)
	}
}

// besideTheFile is ada, with her sign-in in the encrypted file, and eve and bob
// with theirs in it or not: each is a connection, and bob's is the one locked.
func besideTheFile(t *testing.T) (d *desk, ada, eve, bob string) {
	t.Helper()
	_, remote, d := inFileAt(t)
	remote.AddUser(t, "eve", "Eve Other", false)
	d.addAt(remote.URL, "eve")
	d.Has("Signed in as eve")
	d.ui.Lock()
	d.Tap("Another connection…")
	d.Tap("Add a connection…")
	d.HasNot(isLocked)
	other := testserver.StartRemote(t)
	other.AddUser(t, "bob", "Bob Buyer", false)
	d.ui.cfg.OpenURL = browser(t, "bob")
	d.signInAt(other.URL)
	d.Has("Signed in as bob", "The encrypted file is locked")
	known := d.ui.known()
	return d, fullName(known[0]), fullName(known[1]), fullName(known[2])
}

func TestAtTheLockOnlyAConnectionInTheFileAsksForItsPassphrase(t *testing.T) {
	d, ada, eve, bob := besideTheFile(t)
	d.ui.Lock()
	d.Has(isLocked, "Bob Buyer", "Nothing keeps your sign-in but this program's memory")
	d.HasNot("passphrase")
	for _, name := range []string{ada, eve} {
		d.Menu(name)
		d.Has(isLocked, asksForIt)
	}
	d.Menu(bob)
	d.Has(isLocked, "Bob Buyer")
	d.HasNot("passphrase")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as bob")
	d.Menu(ada) // which the lock of bob's says nothing about
	d.Has(isLocked, asksForIt)
}

func TestThePassphraseThatIsGivenOnceUnlocksAllThatItsFileHas(t *testing.T) {
	d, ada, eve, bob := besideTheFile(t)
	d.Menu(ada)
	d.Has(isLocked, asksForIt)
	d.give(thePassphrase)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
	for _, c := range []struct{ name, login string }{{eve, "eve"}, {bob, "bob"}, {ada, "ada"}, {eve, "eve"}} {
		d.Menu(c.name)
		d.HasNot(isLocked, "passphrase")
		d.Has("Signed in as " + c.login)
	}
	d.ui.Lock()
	d.Menu(ada)
	d.Has(isLocked, asksForIt) // it was locked again
}

// Else a passphrase would stand for what the settings demand signing in for.
func TestThePassphraseUnlocksNothingElseWhereTheSettingsDemandSigningIn(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.notNow(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.insteadAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d = b.start(t) // eve's sign-in is nowhere any more
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.give(thePassphrase)
	ada, eve := fullName(d.ui.known()[0]), fullName(d.ui.known()[1])
	d.Menu(ada)
	d.Has("Signed in as ada")
	d.ui.Lock()
	d.Menu(eve)
	d.Has(isLocked, "Sign in with your browser to unlock")
	d.Menu(ada)
	d.Has(isLocked, asksForIt)
	d.give(thePassphrase)
	d.Has("Signed in as ada")
	d.Menu(eve)
	d.Has(isLocked, "Sign in with your browser to unlock")
}
