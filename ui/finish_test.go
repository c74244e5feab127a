package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/internal/testserver"
	"keyfob/ui/clipboard"
)

// What the words after a sign-out promise is true with no connection left.
func TestTheOnlySignOutIsFinishedAtTheNextStart(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.removeFirst(remote)
	remote.SetGone(false)
	again := d.restart()
	again.Has("Use the built-in server")
	if left := again.server.Connector.Leaving(); len(left) > 0 {
		t.Errorf("still to be signed out: %+v", left)
	}
}

func TestASignOutIsFinishedWhileTheLastServerIsOffline(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.addAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.removeFirst(remote)

	remote.SetGone(false)
	other.SetGone(true)
	again := d.restart()
	again.Has("could not be opened")
	if left := again.server.Connector.Leaving(); len(left) > 0 {
		t.Errorf("still to be signed out: %+v", left)
	}
	other.SetGone(false)
	again.Tap("Try again")
	again.Has("Signed in as eve", hostOf(remote.URL)+" · Ada Admin is now confirmed.")
}

func TestWhatCouldNotBeOpenedAndIsRemovedIsNotTriedAgain(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	remote.SetGone(true)
	again := d.restart()
	again.Has("could not be opened", "Try again")
	again.Menu("Manage connections…")
	again.Tap("Remove…")
	again.Tap("Remove connection")
	again.Has("Connection removed")
	again.Tap("Close")
	again.Has("Use the built-in server", "Not signed out yet")
	again.HasNot("could not be opened")
}

func TestRemovingTheOneSetAsideTakesTheWayBackAway(t *testing.T) {
	d, remote := openTwo(t) // bob is on screen
	d.Menu("Add a connection…")
	d.Has("Back to " + hostOf(remote.URL))
	d.Menu("Manage connections…")
	d.Tap("Down") // the first, ada
	d.Tap("Remove…")
	d.Has("Bob Buyer")
	d.Tap("Remove connection")
	d.Has("The sign-in has ended at the server")
	d.Tap("Close")
	d.Tap("Close")
	d.HasNot("Back to", "Signed in as bob")
	d.Has("Another server")
	if d.ui.aside != nil {
		t.Error("signed-out views can still be come back to")
	}
}

// security requirement 4
func TestRemovingAConnectionClearsTheClipboard(t *testing.T) {
	display(t)
	d, _ := openTwo(t)
	loan := d.copies()
	d.Menu("Manage connections…")
	d.Tap("Remove…")
	d.Tap("Remove connection")
	d.Has("The sign-in has ended at the server")
	d.wantEnded(loan, clipboard.Cleared, "")
	d.Press(fyne.KeyReturn)
}
