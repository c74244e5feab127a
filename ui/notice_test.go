package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client/connect"
	"keyfob/internal/testserver"
)

// removeFirst removes the first connection while its server is gone.
func (d *desk) removeFirst(remote *testserver.Remote) {
	remote.SetGone(true)
	d.Menu("Manage connections…")
	d.Tap("Remove…")
	d.Tap("Remove connection")
	d.Has("The server has not confirmed the sign-out", "tries again by itself, at its next start at the latest")
}

// removedWithoutServer is the desktop signed in as eve, after ada, at a server
// that was gone, was removed.
func removedWithoutServer(t *testing.T) (d *desk, remote *testserver.Remote, ada connect.Saved) {
	t.Helper()
	d, remote = openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	ada = d.ui.conn.Saved
	other := testserver.StartRemote(t)
	other.AddUser(t, "eve", "Eve Other", false)
	d.addAt(other.URL, "eve")
	d.Has("Signed in as eve")
	d.removeFirst(remote) // ada
	d.Tap("Close")
	d.Tap("Close")
	return d, remote, ada
}

func TestABannerSaysThatASignOutStillFailsAndTriesItAgain(t *testing.T) {
	d, remote, ada := removedWithoutServer(t)
	again := d.restart()
	again.Has("Signed in as eve", "Not signed out yet: "+fullName(ada)+". The server has not confirmed the sign-out: it cannot be reached.", "Try again")
	again.Tap("Try again")
	again.Has("Not signed out yet", "Try again")
	remote.SetGone(false)
	again.Tap("Try again")
	again.Has("The sign-out of " + fullName(ada) + " is now confirmed.")
	again.HasNot("Not signed out yet", "Try again")
	again.Tap("Close")
	again.HasNot("is now confirmed")

	last := again.restart()
	last.Has("Signed in as eve")
	last.HasNot("sign-out")
}

// onlyAda is the desktop signed in at a server, with no other connection.
func onlyAda(t *testing.T) (d *desk, remote *testserver.Remote, ada string) {
	t.Helper()
	d, remote = openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	return d, remote, fullName(d.ui.conn.Saved)
}

func TestTheFirstScreenSaysWhatBecameOfTheLastConnectionsRemoval(t *testing.T) {
	d, remote, ada := onlyAda(t)
	d.removeFirst(remote)
	d.Tap("Close")
	again := d.restart()
	again.Has("Use the built-in server", "Not signed out yet: "+ada+". The server has not confirmed the sign-out: it cannot be reached.")
	picture(t, again, "removal-left")
	again.Menu("Manage connections…")
	again.Press(fyne.KeyEscape)
	again.Has("Not signed out yet: " + ada)
	remote.SetGone(false)
	again.Tap("Try again")
	again.Has("The sign-out of " + ada + " is now confirmed.")
	again.HasNot("Not signed out yet", "tries again by itself")
	again.Tap("Close")
	again.HasNot("is now confirmed")
}

func TestASignOutThatIsNotConfirmedStaysOnTheFirstScreen(t *testing.T) {
	d, remote, ada := onlyAda(t)
	remote.SetGone(true)
	d.ui.signOut()
	d.Has("You are signed out of "+ada+" on this computer.", "Not signed out yet: "+ada)
	picture(t, d, "sign-out-left")
	d.Menu("Manage connections…")
	d.Has(ada + ": the sign-out is not confirmed yet.")
	d.Press(fyne.KeyEscape)
	d.Has("Another server", "Not signed out yet: "+ada, "tries again by itself")
	remote.SetGone(false)
	last := d.restart()
	last.Has("Use the built-in server", "The sign-out of "+ada+" is now confirmed.")
	last.HasNot("Not signed out yet")
	next := last.restart()
	next.Has("Use the built-in server")
	next.HasNot("sign-out of")
}

func TestABannerSaysThatASignOutIsLost(t *testing.T) {
	d, remote, ada := removedWithoutServer(t)
	remote.SetGone(false)
	if err := d.server.Kept.Delete(t.Context(), ada.Issuer+"|"+ada.Subject); err != nil {
		t.Fatal(err)
	}
	again := d.restart()
	again.Has("Signed in as eve", fullName(ada)+": the sign-in at the server could not be ended, because its credential is no longer on this computer.")
	again.HasNot("is now confirmed", "Try again")
	again.Tap("Close")
	again.HasNot("could not be ended")

	last := again.restart()
	last.Has("Signed in as eve")
	last.HasNot("could not be ended", "sign-out")
}
