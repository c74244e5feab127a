package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
)

func TestATokenIsPastedAndCheckedBeforeItIsKept(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	ada := d.ui.conn
	app, err := ada.AddApp(t.Context(), client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "tokens"}})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := ada.CreateToken(t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read", "tokens"}})
	if err != nil {
		t.Fatal(err)
	}
	d.ui.signOut()
	d.Has("Use the built-in server", remote.URL)

	d.Tap("Other ways ▾")
	d.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	d.Type("enrt_no_such_token")
	d.Press(fyne.KeyReturn)
	d.Has("does not accept this token")
	d.Type(secret.Reveal())
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada", "Ada Admin")
	d.HasNot(secret.Reveal())
}

func TestTheConnectionsLookAsDesigned(t *testing.T) {
	d, _ := openTwo(t)
	d.ui.main.accountMenu(d.ui.main.card)
	picture(t, d, "switcher")
	d.Press(fyne.KeyEscape)
	d.Menu("Manage connections…")
	d.Has("Change…", "Up", "Down", "Remove…")
	picture(t, d, "connections")
	d.Tap("Change…")
	d.Has("Colour", "Sign-in")
	picture(t, d, "connection")
}
