package ui

import (
	"testing"

	"keyfob/client"
)

const revokeThere = "If you no longer need it, revoke it at the server."

// A pasted token is the person's own, made elsewhere: Keyfob does not end it, and does not say so.
func TestRemovingAConnectionOfAPastedTokenSaysThatTheTokenGoesOn(t *testing.T) {
	d, remote := openRemote(t, "ada")
	pasted := d.pasted(remote)
	d.Has("Signed in as ada")

	d.Menu("Manage connections…")
	d.Tap("Remove…") // the pasted token took the place of the browser's sign-in
	d.Has("Keyfob deletes the token that you pasted for", "goes on working", revokeThere)
	d.HasNot("out at the server")
	d.Tap("Remove connection")
	d.Has("The token that you pasted goes on working until it expires", revokeThere, "The credential is deleted")
	d.HasNot("The sign-in has ended at the server")
	if _, err := remote.Tokens.CheckToken(t.Context(), pasted.Reveal(), ""); err != nil {
		t.Errorf("the token that goes on working: %v", err)
	}
}

func TestSigningOutWithAPastedTokenSaysThatTheTokenGoesOn(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.pasted(remote)
	d.Has("Signed in as ada")
	d.ui.signOut()
	d.Has("You are signed out of "+hostOf(remote.URL)+" · Ada Admin. The token that you pasted goes on working until it expires", revokeThere)
	picture(t, d, "pasted-left")
	d.Tap("Sign in with the browser")
	d.Has("Signed in as ada")
	d.ui.signOut()
	d.Has("You are signed out of " + hostOf(remote.URL) + " · Ada Admin.")
	d.HasNot("you pasted", revokeThere)
}

func TestAPastedTokenIsSaidToGoOnAlsoWhereNotAllOfASignOutCouldBeDone(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.pasted(remote)
	d.ui.left(d.ui.conn, &client.SignOutError{Delete: client.ErrKeyring})
	d.Has("not all of it could be undone", "not deleted from your keyring", "The token that you pasted goes on working", revokeThere)
}
