package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/internal/testserver"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// hasFocus is what the button or the row that has the focus says.
func (d *desk) hasFocus(want string) {
	d.t.Helper()
	uitest.Settle()
	said := "nothing"
	switch o := d.ui.window.Canvas().Focused().(type) {
	case *widgets.Button:
		said = o.Text
	case *widgets.AccountRow:
		said = o.Text()
	}
	if said != want {
		d.t.Errorf("the focus is on %s, not on %s", said, want)
	}
}

func TestTheListOfConnectionsKeepsTheFocus(t *testing.T) {
	d, remote := openTwo(t)
	remote.AddUser(t, "cy", "Cy Clark", false)
	d.addAt(remote.URL, "cy")
	host := hostOf(remote.URL)
	d.Menu("Manage connections…")
	d.hasFocus(host + " · Ada Admin")
	d.Press(fyne.KeyTab, fyne.KeyReturn)
	d.Type("Work")
	d.Press(fyne.KeyReturn)
	d.Has("Work")
	d.hasFocus("Change…")
	d.Press(fyne.KeyReturn, fyne.KeyEscape)
	d.hasFocus("Change…")
	d.Press(fyne.KeyTab, fyne.KeyReturn) // Up is disabled: Down
	d.hasFocus("Down")
	d.Press(fyne.KeyReturn)
	if last := d.ui.known()[2]; last.Login != "ada" {
		t.Errorf("the last is %s", last.Login)
	}
	d.hasFocus("Work · Ada Admin") // Down is disabled

	for _, next := range []string{" · Cy Clark", "Work · Ada Admin"} {
		d.Tap("Remove…") // of the first; a tap leaves no focus
		d.Press(fyne.KeyEscape)
		d.hasFocus("Remove…")
		d.Press(fyne.KeyReturn, fyne.KeyTab, fyne.KeyReturn)
		d.Has("Connection removed")
		picture(t, d, "connection-removed")
		if next == "Work · Ada Admin" {
			break // cy is on screen, and so the next comes there
		}
		d.Press(fyne.KeyReturn)
		d.hasFocus(host + next)
		picture(t, d, "connections-focus")
	}
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada")
}

func TestTheBuiltInServerIsSignedInToInNoWay(t *testing.T) {
	d := signedIn(t)
	d.Menu("Manage connections…")
	d.Tap("Change…")
	d.Has("Colour", "http://127.0.0.1")
	d.HasNot("Sign-in", "With the browser")
	picture(t, d, "change-built-in")
}

// endedWithTheProgram is the desktop started anew where no keyring kept ada's sign-in.
func endedWithTheProgram(t *testing.T) (*desk, *testserver.Remote) {
	t.Helper()
	b, remote := newBare(t), testserver.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	d := b.start(t)
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.ui.cfg.Connector.End(t.Context())

	return b.start(t), remote
}

func TestAConnectionThatEndedWithTheProgramIsNotSaidToHaveExpired(t *testing.T) {
	d, remote := endedWithTheProgram(t)
	remote.AddUser(t, "bob", "Bob Buyer", false)
	d.ui.cfg.OpenURL = browser(t, "bob")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as bob")
	d.ui.switchTo(d.ui.known()[0])
	d.Await("Keyfob ended the sign-in of "+hostOf(remote.URL)+" · Ada Admin when it quit, since nothing could keep it. Sign in again to open the connection.", "")
	picture(t, d, "expired-quit")
	d.Await("Sign in again", "Not now")
	d.Has("Signed in as bob")
}

func TestRemovingAConnectionThatEndedWithTheProgramPromisesNoSignOut(t *testing.T) {
	d, remote := endedWithTheProgram(t)
	d.Has("Saved connections ▾")
	d.Menu("Manage connections…")
	d.Tap("Remove…")
	d.Has(hostOf(remote.URL)+" · Ada Admin is signed out already.", "Remove connection")
	d.HasNot("at the server")
	picture(t, d, "remove-ended")
	d.Tap("Remove connection")
	d.Has("Connection removed", "The sign-in has ended at the server.")
	d.Tap("Close")
	d.Has("There is no connection yet.")
	d.Tap("Close")
	d.Has("Use the built-in server")
	d.HasNot("Saved connections ▾")
	d.hasFocus("Use the built-in server")
}
