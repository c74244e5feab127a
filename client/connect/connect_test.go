package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/internal/local"
	"keyfob/internal/testserver"
)

// desk is one person's computer: a built-in server, a keyring, a place for
// what is remembered.
type desk struct {
	dir  string
	own  *local.Server
	kept *credentials.Memory

	login string // who sits before the browser; empty: there is none
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir(), kept: &credentials.Memory{}}
	d.own = local.New(filepath.Join(d.dir, "data"), "test")
	t.Cleanup(func() { stop(t, d.own) })
	return d
}

func stop(t *testing.T, s *local.Server) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func (d *desk) connector() *connect.Connector {
	return connect.New(connect.Config{
		Dir:         filepath.Join(d.dir, "config"),
		BuiltIn:     d.own,
		Credentials: d.kept,
		HTTP:        &http.Client{},
		OpenBrowser: d.browse,
	})
}

func (d *desk) browse(address string) error {
	if d.login == "" {
		return errors.New("no browser in this test")
	}
	form := url.Values{"login": {d.login}, "password": {testserver.Password}}
	go func() { _, _ = testserver.LogIn(address, form) }()
	return nil
}

// restart is the program started again on the same computer.
func (d *desk) restart(t *testing.T) *connect.Connector {
	t.Helper()
	stop(t, d.own)
	d.own = local.New(filepath.Join(d.dir, "data"), "test")
	t.Cleanup(func() { stop(t, d.own) })
	return d.connector()
}

func TestBuiltInServerIsOneCallAwayAndStaysSignedIn(t *testing.T) {
	d := newDesk(t)
	first, err := d.connector().UseBuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	me, err := first.Me(t.Context())
	if err != nil || !me.IsAdmin {
		t.Fatalf("signed in as %+v, %v; want its administrator", me, err)
	}
	apps, err := first.ProfileApps(t.Context())
	if err != nil || len(apps) != 1 || apps[0].Name != "Local scripts" {
		t.Fatalf("the main job needs one app prepared, got %+v, %v", apps, err)
	}

	again, err := d.restart(t).Resume(t.Context())
	if err != nil {
		t.Fatalf("after a restart: %v", err)
	}
	if again.Address != first.Address {
		t.Errorf("the server moved from %s to %s", first.Address, again.Address)
	}
	if _, err := again.ProfileTokens(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNothingToResumeSaysSo(t *testing.T) {
	if _, err := newDesk(t).connector().Resume(t.Context()); !errors.Is(err, connect.ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
}

func TestLostCredentialIsToldApartFromNoConnection(t *testing.T) {
	d := newDesk(t)
	if _, err := d.connector().UseBuiltIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.kept = &credentials.Memory{}
	if _, err := d.restart(t).Resume(t.Context()); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestDamagedMemoryOfConnectionsCostsAClickOnly(t *testing.T) {
	d := newDesk(t)
	if _, err := d.connector().UseBuiltIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "config", "connections.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.restart(t).Resume(t.Context()); !errors.Is(err, connect.ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
}

func TestSignOutEndsTheSignInEverywhere(t *testing.T) {
	d := newDesk(t)
	c := d.connector()
	conn, err := c.UseBuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.kept.Get(t.Context(), conn.Server.Issuer+"|"+conn.Subject); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the credential is still there: %v", err)
	}
	if _, err := c.Resume(t.Context()); !errors.Is(err, connect.ErrNone) {
		t.Errorf("still resumable: %v", err)
	}
}

// requirement 8: what is remembered of a connection is no secret.
func TestRememberedConnectionHoldsNoCredential(t *testing.T) {
	d := newDesk(t)
	conn, err := d.connector().UseBuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.kept.Get(t.Context(), conn.Server.Issuer+"|"+conn.Subject)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(d.dir, "config", "connections.json"))
	if err != nil {
		t.Fatal(err)
	}
	var credential struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(kept.Reveal()), &credential); err != nil || credential.RefreshToken == "" {
		t.Fatalf("no refresh token kept: %v", err)
	}
	if strings.Contains(string(file), credential.RefreshToken) {
		t.Error("the refresh token is in connections.json")
	}
}

func TestUnwritableDataDirectoryIsSaid(t *testing.T) {
	d := newDesk(t)
	if err := os.WriteFile(filepath.Join(d.dir, "data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.connector().UseBuiltIn(t.Context()); !errors.Is(err, client.ErrDataUnwritable) {
		t.Errorf("got %v, want ErrDataUnwritable", err)
	}
}

func TestSecondProgramOnTheSameDataIsSaid(t *testing.T) {
	d := newDesk(t)
	if _, err := d.connector().UseBuiltIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := local.New(filepath.Join(d.dir, "data"), "test")
	defer stop(t, other)
	if _, err := other.Start(t.Context()); !errors.Is(err, client.ErrDataInUse) {
		t.Errorf("got %v, want ErrDataInUse", err)
	}
}

func TestTwoAccountsOnOneServerAreKeptApart(t *testing.T) {
	d, remote := newDesk(t), people(t)
	ada := d.signInAs(t, d.connector(), remote.URL, "ada")
	c := d.connector()
	bob := d.signInAs(t, c, remote.URL, "bob")
	d.signInAs(t, c, remote.URL, "bob") // again: nothing is added
	all, current := c.All()
	if len(all) != 2 || all[0].Login != "ada" || all[1].Login != "bob" || current != bob.Key() {
		t.Fatalf("%+v, in use %s", all, current)
	}
	for _, want := range []*connect.Connection{ada, bob, ada} {
		conn, err := c.Use(t.Context(), want.Key())
		if err != nil {
			t.Fatal(err)
		}
		if me, err := conn.Me(t.Context()); err != nil || me.Login != want.Login {
			t.Errorf("as %s: %+v, %v", want.Login, me, err)
		}
		if last, err := c.Last(); err != nil || last.Key() != want.Key() {
			t.Errorf("last is %+v, %v", last, err)
		}
	}
}

func TestANewNameIsRememberedAndComesBack(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	ada := d.signInAs(t, c, remote.URL, "ada")
	if err := c.SetLook(ada.Key(), "Work", "rose"); err != nil {
		t.Fatal(err)
	}
	if err := ada.Remember("ada", "Ada Lovelace"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*connect.Connector{c, d.connector()} { // this run, and the next
		conn, err := c.Use(t.Context(), ada.Key())
		if err != nil || conn.Name != "Ada Lovelace" || conn.Label != "Work" {
			t.Errorf("comes back as %+v, %v", conn, err)
		}
		if last, err := c.Last(); err != nil || last.Name != "Ada Lovelace" || last.Label != "Work" {
			t.Errorf("is remembered as %+v, %v", last, err)
		}
	}
	if err := c.Remove(t.Context(), ada.Saved); err != nil {
		t.Fatal(err)
	}
	if err := ada.Remember("ada", "Ada Byron"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("one that is removed: %v, want ErrNotFound", err)
	}
}

func TestComingBackAsksTheServerForNoNewSignIn(t *testing.T) {
	remote := testserver.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	d := newDesk(t)
	c := d.connector()
	first := d.signInAs(t, c, remote.URL, "ada")
	before := d.credential(t, first)
	first.Close()
	second, err := c.Use(t.Context(), first.Key())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.credential(t, first) != before {
		t.Error("the credential was spent for it")
	}
	if _, err := first.Me(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("the first is closed and answers %v", err)
	}
}

// signInAs signs login in through a browser of theirs.
func (d *desk) signInAs(t *testing.T, c *connect.Connector, address, login string) *connect.Connection {
	t.Helper()
	d.login = login
	conn, err := c.SignIn(t.Context(), connect.Wish{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func (d *desk) credential(t *testing.T, c *connect.Connection) string {
	t.Helper()
	kept, err := d.kept.Get(t.Context(), c.Server.Issuer+"|"+c.Subject)
	if err != nil {
		t.Fatal(err)
	}
	return kept.Reveal()
}

func (d *desk) refreshToken(t *testing.T, c *connect.Connection) string {
	t.Helper()
	return refreshTokenIn(t, d.credential(t, c))
}

func refreshTokenIn(t *testing.T, credential string) string {
	t.Helper()
	var item struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(credential), &item); err != nil || item.RefreshToken == "" {
		t.Fatalf("no refresh token is kept: %v", err)
	}
	return item.RefreshToken
}
