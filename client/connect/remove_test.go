package connect_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/internal/testserver"
)

func TestRemovingOneConnectionLeavesTheOthers(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	ada := d.signInAs(t, c, remote.URL, "ada")
	bob := d.signInAs(t, c, remote.URL, "bob")
	if err := c.Remove(t.Context(), ada.Saved); err != nil {
		t.Fatal(err)
	}
	if _, err := d.kept.Get(t.Context(), ada.Server.Issuer+"|"+ada.Subject); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the credential is still there: %v", err)
	}
	if _, err := bob.Me(t.Context()); err != nil {
		t.Error(err)
	}
	if all, current := c.All(); len(all) != 1 || current != bob.Key() || len(c.Leaving()) > 0 {
		t.Errorf("%+v, in use %s, leaving %+v", all, current, c.Leaving())
	}
}

// What the server did not confirm is said, and done at the next start, from a
// file without secrets.
func TestASignOutWithoutTheServerIsFinishedLater(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	ada := d.signInAs(t, c, remote.URL, "ada")
	refresh := d.refreshToken(t, ada)
	remote.SetGone(true)
	err := c.Remove(t.Context(), ada.Saved)
	part, ok := errors.AsType[*client.SignOutError](err)
	if !ok || !errors.Is(part.Revoke, client.ErrOffline) || part.Delete != nil || !part.Pending {
		t.Fatalf("got %v", err)
	}
	file, err := os.ReadFile(filepath.Join(d.dir, "config", "connections.json"))
	if err != nil || strings.Contains(string(file), refresh) {
		t.Errorf("the file is %s, %v", file, err)
	}

	again := d.restart(t)
	if all, _ := again.All(); len(all) > 0 || len(again.Leaving()) != 1 {
		t.Fatalf("in the list %+v, leaving %+v", all, again.Leaving())
	}
	if _, err := again.Finish(t.Context()); !errors.Is(err, client.ErrOffline) || len(again.Leaving()) != 1 {
		t.Errorf("without the server: %v, leaving %+v", err, again.Leaving())
	}
	remote.SetGone(false)
	if _, err := again.Finish(t.Context()); err != nil || len(again.Leaving()) > 0 {
		t.Errorf("with the server: %v, leaving %+v", err, again.Leaving())
	}
	ended(t, ada, refresh)
	if _, err := d.kept.Get(t.Context(), ada.Server.Issuer+"|"+ada.Subject); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the credential is still there: %v", err)
	}
}

func TestSigningInAgainOutlivesTheOldSignOut(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	ada := d.signInAs(t, c, remote.URL, "ada")
	remote.SetGone(true)
	if err := c.Remove(t.Context(), ada.Saved); err == nil {
		t.Fatal("signed out at a server that is gone")
	}
	remote.SetGone(false)
	ada = d.signInAs(t, c, remote.URL, "ada")
	if _, err := c.Finish(t.Context()); err != nil || len(c.Leaving()) > 0 {
		t.Errorf("%v, leaving %+v", err, c.Leaving())
	}
	if _, err := d.restart(t).Use(t.Context(), ada.Key()); err != nil {
		t.Errorf("the new sign-in is gone: %v", err)
	}
}

func TestAConnectionThatWasNotOpenedIsRemovedToo(t *testing.T) {
	d, remote := newDesk(t), people(t)
	ada := d.signInAs(t, d.connector(), remote.URL, "ada")
	refresh := d.refreshToken(t, ada)
	c := d.restart(t)
	if err := c.Remove(t.Context(), ada.Saved); err != nil {
		t.Fatal(err)
	}
	ended(t, ada, refresh)
	if _, err := c.Use(t.Context(), ada.Key()); !errors.Is(err, connect.ErrNone) && !errors.Is(err, client.ErrNotFound) {
		t.Error(err)
	}
}

func people(t *testing.T) *testserver.Remote {
	t.Helper()
	remote := testserver.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	remote.AddUser(t, "bob", "Bob Buyer", false)
	return remote
}

// ended says whether the server takes the refresh token no more.
func ended(t *testing.T, c *connect.Connection, refresh string) {
	t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {"keyfob-desktop"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Server.Issuer+"/connect/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "invalid_grant") {
		t.Errorf("the sign-in is still good at the server: %s", resp.Status)
	}
}
