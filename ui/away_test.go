package ui

import (
	"context"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/internal/testserver"
	"keyfob/ui/uitest"
)

// mortal is a keyring that may be there no more.
type mortal struct {
	credentials.Memory
	gone atomic.Bool
}

func (m *mortal) Get(ctx context.Context, key string) (client.Secret, error) {
	if m.gone.Load() {
		return client.Secret{}, credentials.ErrUnavailable
	}
	return m.Memory.Get(ctx, key)
}

func (m *mortal) Set(ctx context.Context, key string, s client.Secret) error {
	if m.gone.Load() {
		return credentials.ErrUnavailable
	}
	return m.Memory.Set(ctx, key, s)
}

// openMortal is the desktop with ada and bob signed in to one server, and bob on
// screen.
func openMortal(t *testing.T) (*desk, *mortal, *testserver.Remote) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "no-bus"))
	keyring, dir := &mortal{}, t.TempDir()
	remote, server := testserver.StartRemote(t), testserver.Start(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	remote.AddUser(t, "bob", "Bob Buyer", false)
	d := &desk{t: t, server: server}
	d.startMortal(keyring, dir)
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.addAt(remote.URL, "bob")
	d.Has("Signed in as bob")
	keyring.gone.Store(true)
	t.Cleanup(func() { keyring.gone.Store(false) })
	return d, keyring, remote
}

// startMortal is the program started.
func (d *desk) startMortal(keyring credentials.Store, dir string) {
	d.t.Helper()
	d.server.Connector = connect.New(connect.Config{
		Dir: dir, BuiltIn: d.server, Credentials: credentials.NewFallback(keyring), HTTP: &http.Client{},
		OpenBrowser: func(address string) error { return d.ui.OpenBrowser(address) },
	})
	d.ui = start(d.t, d.server)
	d.Screen = uitest.Of(d.t, d.ui.window)
}

func TestASwitchWithoutTheKeyringDoesNotSayThatTheSignInHasExpired(t *testing.T) {
	d, _, remote := openMortal(t)
	d.ui.cfg.Connector.Lock() // so that what is kept is needed, as after a start
	ada := d.ui.known()[0]
	d.ui.switchTo(ada)
	d.Await("Your keyring cannot be used", "")
	d.Await("The sign-in of "+hostOf(remote.URL)+" · Ada Admin may be in your keyring, which cannot be used now. "+
		"Start or unlock the keyring and open the connection again, or sign in anew here.", "")
	picture(t, d, "away-switch")
	d.Await("Your keyring cannot be used", "Not now")
	d.Has("Bob Buyer")
	d.HasNot("Your keyring cannot be used", "could not be opened")
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.ui.switchTo(ada)
	d.Await("Your keyring cannot be used", "Sign in with the browser")
	d.Has("Signed in as ada")
}

func TestUnlockingWithoutTheKeyringDoesNotSayThatTheSignInHasEnded(t *testing.T) {
	d, keyring, _ := openMortal(t)
	d.ui.Lock()
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "Your keyring cannot be used now, and your sign-in may be in it.", "try again, or sign in anew")
	d.HasNot("has ended")
	picture(t, d, "away-lock")
	keyring.gone.Store(false)
	d.Press(fyne.KeyReturn) // the focus is on trying again
	d.HasNot(isLocked)
	d.Has("Signed in as bob")
}

func TestAStartWithoutTheKeyringSaysWhatMayBeInIt(t *testing.T) {
	d, keyring, remote := openMortal(t)
	dir := t.TempDir()
	d.startMortal(keyring, dir)
	d.Has("Use the built-in server")
	d.HasNot("may be in your keyring")
	keyring.gone.Store(false)
	d.ui.cfg.OpenURL = browser(t, "bob")
	d.signInAt(remote.URL)
	d.Has("Signed in as bob")
	keyring.gone.Store(true)

	d.startMortal(keyring, dir)
	says := "The sign-in of " + hostOf(remote.URL) + " · Bob Buyer may be in your keyring"
	d.Has("Use the built-in server", says, "choose the connection among the saved ones below", "Saved connections ▾")
	picture(t, d, "away-start")
	bob := d.ui.known()[0]
	d.ui.switchTo(bob)
	d.Await("Your keyring cannot be used", "Not now")
	d.Has("Use the built-in server", says)
	keyring.gone.Store(false)
	d.ui.switchTo(bob)
	d.Has("Signed in as bob")
}
