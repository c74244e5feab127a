package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"keyfob/client"
	"keyfob/internal/testserver"
	"keyfob/ui/uitest"
)

// openTwo is the desktop with ada and bob signed in to one server; bob is on
// screen.
func openTwo(t *testing.T) (*desk, *testserver.Remote) {
	t.Helper()
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.addAt(remote.URL, "bob")
	d.Has("Signed in as bob")
	return d, remote
}

// addAt adds a connection, with login before the browser.
func (d *desk) addAt(address, login string) {
	d.t.Helper()
	d.ui.cfg.OpenURL = browser(d.t, login)
	d.Menu("Add a connection…")
	d.signInAt(address)
}

func TestTwoAccountsOfOneServerNeverShowInEachOther(t *testing.T) {
	d, remote := openTwo(t)
	host := hostOf(remote.URL)
	d.HasNot("INSTANCE MANAGER", "Ada")
	d.Menu(host + " · Ada Admin")
	d.Has("Signed in as ada", "Ada Admin", "INSTANCE MANAGER")
	d.HasNot("bob", "Bob")
	d.Menu(host + " · Bob Buyer")
	d.Has("Signed in as bob")
	d.HasNot("INSTANCE MANAGER", "Ada")
}

func TestTheAccountCardOpensTheSwitcher(t *testing.T) {
	d, remote := openTwo(t)
	d.ui.main.accountMenu(d.ui.main.card)
	host := hostOf(remote.URL)
	d.Has(host, "Ada Admin", "Bob Buyer", "Ctrl+Shift+1", "Add a connection…", "Manage connections…", "Sign out")
	d.Press(fyne.KeyUp, fyne.KeyReturn) // bob, on screen, has the focus; ada stands above
	d.Has("Signed in as ada")
	d.ui.main.accountMenu(d.ui.main.card)
	d.Press(fyne.KeyEscape)
	d.HasNot("Manage connections…")
}

func TestALateAnswerIsNeverDrawnInAnotherConnection(t *testing.T) {
	d, remote := openTwo(t)
	release := remote.Hold("/profile/tokens")
	before := d.ui.main
	d.ui.refresh() // bob's server thinks about it
	asked := d.ui.conn
	remote.AddUser(t, "cy", "Cy Clark", false)
	d.ui.switchTo(d.ui.known()[0])
	d.Await("Signed in as ada  ·  Sign-in kept in your keyring", "")
	if _, err := asked.ProfileTokens(context.Background()); err == nil || d.ui.main == before {
		t.Errorf("the views of the first are not dropped: %v", err)
	}
	release()
	d.Has("Ada Admin", "No tokens yet")
	d.HasNot("Bob", "Try again")
}

func TestASecretOnScreenIsAskedAboutBeforeSwitching(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu(hostOf(remote.URL) + " · Ada Admin")
	wish := client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read"}}
	if _, err := d.ui.conn.AddApp(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token")
	d.Menu(hostOf(remote.URL) + " · Bob Buyer")
	d.Has("Your new token", "Go back")
	d.Tap("Go back")
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	d.Has("Signed in as ada")
}

func TestASwitchThatFailsLeadsBack(t *testing.T) {
	d, remote := openTwo(t)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.addAt(other.URL, "eve")
	d.Has("Signed in as eve")
	again := d.restart()
	remote.SetGone(true)
	again.Menu(hostOf(remote.URL) + " · Ada Admin")
	again.Has(hostOf(remote.URL)+" · Ada Admin could not be opened", "cannot be reached", "Back to "+hostOf(other.URL))
	again.Tap("Back to " + hostOf(other.URL))
	again.Has("Signed in as eve")
	again.Menu(hostOf(remote.URL) + " · Ada Admin")
	remote.SetGone(false)
	again.Tap("Try again")
	again.Has("Signed in as ada")
}

func TestAddingCanBeGivenUp(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu("Add a connection…")
	d.Has("Another server", "Back to "+hostOf(remote.URL))
	d.Press(fyne.KeyEscape)
	d.ui.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	d.Has("Signed in as bob")
}

func TestConnectionsAreNamedOrderedAndRemoved(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu("Manage connections…")
	d.Has("Ada Admin", "Bob Buyer")
	d.Tap("Change…") // the first, ada
	d.Has("127.0.0.1", "With the browser")
	d.Type("W\u202eork")
	d.Has("U+202E")
	if !d.Disabled("Save") {
		t.Error("a name that turns the text around may be saved")
	}
	d.Press(fyne.KeyHome)
	for range 6 {
		d.Press(fyne.KeyDelete)
	}
	d.Type("Work")
	d.Choose("Colour", "Rose")
	d.Tap("Save")
	d.Has("Work")
	d.Tap("Close")
	d.Menu("Work · Ada Admin")
	d.Has("Work", "Signed in as ada")
	d.Menu("Manage connections…")
	d.Tap("Down") // the first, ada
	d.Tap("Close")
	if first := d.ui.known()[0]; first.Login != "bob" {
		t.Errorf("the first is %s", first.Login)
	}

	remote.SetGone(true)
	d.Menu("Manage connections…")
	d.Tap("Remove…") // the first, bob
	d.Has("Remove connection?", "Bob Buyer", "deletes the credential")
	d.Tap("Remove connection")
	d.HasNot("Remove connection?")
	d.Has("Connection removed", "Bob Buyer", "The server has not confirmed the sign-out", "marked as ended and stays where it was kept", "tries again by itself, at its next start at the latest")
	d.Tap("Close")
	d.Has("Bob Buyer", "the sign-out is not confirmed yet")
	d.Tap("Close")
	d.Has("Signed in as ada")

	remote.SetGone(false)
	again := d.restart()
	again.Has("Signed in as ada", "The sign-out of "+hostOf(remote.URL)+" · Bob Buyer is now confirmed.")
	again.Tap("Close")
	again.HasNot("now confirmed")
}

func TestRemovingTheOneOnScreenGoesOnWithTheNext(t *testing.T) {
	d, remote := openTwo(t)
	d.Menu(hostOf(remote.URL) + " · Ada Admin") // the first of the list
	for _, want := range []string{"Signed in as bob", "Use the built-in server"} {
		d.Menu("Manage connections…")
		d.Tap("Remove…")
		d.Tap("Remove connection")
		d.Has("The sign-in has ended at the server", "The credential is deleted")
		d.Tap("Close")
		d.Has(want)
	}
}

func TestANewNameAtTheServerIsSaidAsSoonAsItIsKnown(t *testing.T) {
	d, remote := openRemote(t, "ada")
	id := remote.AddUser(t, "eve", "Eve Other", false)
	d.signInAt(remote.URL)
	d.addAt(remote.URL, "eve")
	d.Has("Signed in as eve", "Eve Other")
	remote.Rename(t, id, "Eve Miller")
	d.ui.Lock()
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as eve")
	d.ui.main.accountMenu(d.ui.main.card)
	d.Has("Eve Miller")
	d.HasNot("Eve Other")
	d.Press(fyne.KeyEscape)
	d.Menu(hostOf(remote.URL) + " · Eve Miller")
	d.ui.Lock()
	d.Has("Eve Miller · ")

	remote.Rename(t, id, "Eve Smith")
	d = d.restart() // says what it knew last, and then what it is told
	d.Menu(hostOf(remote.URL) + " · Eve Smith")
	d.Has("Eve Smith")
}

// The next start goes on where the last one ended, however that was come to.
func TestAConnectionThatWasSignedInToAgainIsTheLastOne(t *testing.T) {
	d, remote := openRemote(t, "eve")
	id := remote.AddUser(t, "eve", "Eve Other", false)
	d.signInAt(remote.URL)
	d.Has("Signed in as eve")
	endSignIn(t, d, remote)
	remote.Rename(t, id, "Eve Miller")
	d.addAt(remote.URL, "bob")
	d.Has("Signed in as bob")
	d.ui.cfg.Connector.Lock() // so that what is kept is used, as after a start
	d.ui.cfg.OpenURL = browser(t, "eve")
	d.ui.switchTo(d.ui.known()[0])
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.Has("Signed in as eve", "Eve Miller")
	if last, err := d.ui.cfg.Connector.Last(); err != nil || last.Login != "eve" || last.Name != "Eve Miller" {
		t.Errorf("the last one is %s, %s, %v", last.Login, last.Name, err)
	}
}

func TestSigningOutDoesNotLookLikeTheLock(t *testing.T) {
	d, _ := openTwo(t)
	d.ui.main.accountMenu(d.ui.main.card)
	uitest.Settle()
	var icons []string
	for _, o := range test.LaidOutObjects(d.ui.window.Canvas().Overlays().Top()) {
		if image, ok := o.(*canvas.Image); ok && image.Resource != nil {
			icons = append(icons, image.Resource.Name())
		}
	}
	if all := strings.Join(icons, " "); !strings.Contains(all, "logout.svg") || strings.Contains(all, "lock.svg") {
		t.Errorf("the icons are %s", all)
	}
	picture(t, d, "switcher")
}

// restart is the program started again on the same computer.
func (d *desk) restart() *desk {
	d.t.Helper()
	again := &desk{t: d.t, server: d.server, ui: start(d.t, d.server)}
	again.Screen = uitest.Of(d.t, again.ui.window)
	again.ui.cfg.OpenURL = d.ui.cfg.OpenURL
	return again
}
