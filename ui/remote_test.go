package ui

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/internal/testserver"
	"keyfob/ui/task"
	"keyfob/ui/uitest"
)

// openRemote is the desktop beside a server for many, and a browser in which
// login fills in the login page.
func openRemote(t *testing.T, login string) (*desk, *testserver.Remote) {
	t.Helper()
	remote := testserver.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	remote.AddUser(t, "bob", "Bob Buyer", false)
	server := testserver.Start(t)
	var u *UI
	server.OpenBrowser = func(address string) error { return u.OpenBrowser(address) }
	u = start(t, server)
	u.cfg.OpenURL = browser(t, login)
	return &desk{t: t, server: server, ui: u, Screen: uitest.Of(t, u.window)}, remote
}

// browser opens beside the program, with login in front of it.
func browser(t *testing.T, login string) func(string) error {
	return func(address string) error {
		go func() {
			if _, err := testserver.LogIn(address, url.Values{"login": {login}, "password": {testserver.Password}}); err != nil {
				t.Error(err)
			}
		}()
		return nil
	}
}

func (d *desk) signInAt(address string) {
	d.t.Helper()
	d.Press(fyne.KeyTab)
	d.Type(address)
	d.Press(fyne.KeyReturn)
}

// requirements 30, 35, 36
func TestAnotherServerIsSignedInToByTheBrowser(t *testing.T) {
	d, remote := openRemote(t, "bob")
	d.signInAt(remote.URL)
	d.Has("Bob Buyer", "No tokens yet", "Signed in as bob")
	d.HasNot("INSTANCE MANAGER")
	d.Shortcut(fyne.KeyN)
	d.Has("No application allows tokens", "policy is None, or it is for administrators only") // requirement 33
}

// security requirement 11
func TestTheKeyringIsLookedForBeforeTheBrowserOpens(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.Has("kept in your keyring")
	d.ui.cfg.Probe = func(context.Context) error { return credentials.ErrUnavailable } // gone since
	opens, said := d.ui.cfg.OpenURL, ""
	d.ui.cfg.OpenURL = func(address string) error {
		done := make(chan struct{})
		task.Do(func() {
			defer close(done)
			said = strings.Join(d.Shown(), "\n")
		})
		<-done
		return opens(address)
	}
	d.signInAt(remote.URL)
	if !strings.Contains(said, "lasts only until you quit") {
		t.Errorf("as the browser opened the window said:\n%s", said)
	}
	d.Has("Signed in as ada")
}

func TestExpiredSignInIsRenewedInPlaceAndTheActionRunsOnce(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	endSignIn(t, d, remote)
	d.ui.refresh()
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.HasNot("Your sign-in has expired", "Try again")
	d.Has("Signed in as ada", "No tokens yet")
}

func TestSignInThatExpiresInMidCreateIsAskedForOverTheForm(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.fill("Nightly export")
	endSignIn(t, d, remote)
	d.Begin(fyne.KeyReturn)
	d.Await("Your sign-in has expired", "")
	if n := len(d.ui.window.Canvas().Overlays().List()); n != 2 {
		t.Errorf("%d dialogs are open, want the form and the question over it", n)
	}
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.Has("Your new token", "Nightly export")
	all, err := d.ui.conn.ProfileTokens(t.Context())
	if err != nil || len(all) != 1 || all[0].Description != "Nightly export" {
		t.Errorf("one wish made %v, %v", all, err)
	}
}

func TestRenewingWithAnotherAccountIsRefused(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	endSignIn(t, d, remote)
	d.ui.cfg.OpenURL = browser(t, "bob")
	d.ui.refresh()
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.Await("You signed in as another account. Sign in again with the account that this window shows, or sign out here first.", "Not now")
	d.Has("Ada Admin", "Sign in again")

	d.ui.cfg.OpenURL = browser(t, "ada")
	d.ui.refresh()
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.HasNot("Sign in again")
	d.Has("Ada Admin", "No tokens yet")
}

func TestBrowserThatDoesNotComeUpLeavesTheLink(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.ui.cfg.OpenURL = func(string) error { return errors.New("no browser") }
	d.Press(fyne.KeyTab)
	d.Type(remote.URL)
	d.Begin(fyne.KeyReturn)
	d.Await("Your browser could not be opened. Copy the link and open it there.", "Copy link")
	d.wantCopied()
	picture(t, d, "enter-link")
	link := d.ui.cfg.App.Clipboard().Content()
	if _, err := testserver.LogIn(link, url.Values{"login": {"ada"}, "password": {testserver.Password}}); err != nil {
		t.Fatal(err)
	}
	d.Has("Signed in as ada")
}

// The first page of a sign-in may be closed by mistake, or never come up.
func TestAnExpiredSignInOffersThePageOfTheBrowserAgain(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	endSignIn(t, d, remote)
	opened := make(chan string, 2)
	d.ui.cfg.OpenURL = func(address string) error {
		opened <- address
		return errors.New("no browser")
	}
	d.ui.refresh()
	d.Await("Your sign-in has expired", "Sign in with the browser")
	d.Await("Your browser could not be opened. Copy the link and open it there.", "")
	d.Await("Copy link", "Copy link")
	d.wantCopied()
	picture(t, d, "expired-link")
	d.Await("Open it again", "Open it again")
	link := <-opened
	if again := <-opened; again != link || d.ui.cfg.App.Clipboard().Content() != link {
		t.Errorf("%s is opened again as %s, and copied as %s", link, again, d.ui.cfg.App.Clipboard().Content())
	}
	if _, err := testserver.LogIn(link, url.Values{"login": {"ada"}, "password": {testserver.Password}}); err != nil {
		t.Fatal(err)
	}
	d.HasNot("Your sign-in has expired", "Open it again")
	d.Has("Signed in as ada", "No tokens yet")
}

func TestSigningOutComesBeforeSigningIn(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.ui.signOut()
	d.Await("Signing out of "+hostOf(remote.URL)+"…", "")
	d.Has("Use the built-in server", remote.URL)
}

func TestAddressesThatAreNoServerSayWhatToDo(t *testing.T) {
	for address, want := range map[string]string{
		"not a url at all":   "not a server address",
		"http://example.com": "https",
		"127.0.0.1:1":        "cannot be reached",
	} {
		d, _ := openRemote(t, "ada")
		d.signInAt(address)
		d.Has(want, address)
	}
}

// fill opens the form of a new token for an application that takes them.
func (d *desk) fill(description string) {
	d.t.Helper()
	wish := client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read"}}
	if _, err := d.ui.conn.AddApp(d.t.Context(), wish); err != nil {
		d.t.Fatal(err)
	}
	d.Shortcut(fyne.KeyN)
	d.Type(description)
}

// endSignIn ends the sign-in at the server, behind the desktop's back.
func endSignIn(t *testing.T, d *desk, remote *testserver.Remote) {
	t.Helper()
	conn := d.ui.conn
	found, err := remote.SignIn.Revoke(t.Context(), d.server.RefreshToken(t, conn.Server.Issuer, conn.Subject))
	if err != nil || !found {
		t.Fatal(found, err)
	}
}
