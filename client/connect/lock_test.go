package connect_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
)

// slow is a keyring during whose next answer something happens.
type slow struct {
	*credentials.Memory

	meanwhile func()
}

func (s *slow) Get(ctx context.Context, key string) (client.Secret, error) {
	defer s.happens()
	return s.Memory.Get(ctx, key)
}

func (s *slow) happens() {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
}

func (d *desk) connectorOver(kept credentials.Store) *connect.Connector {
	return connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, Credentials: kept, HTTP: &http.Client{}, OpenBrowser: d.browse,
	})
}

func TestWhatIsSignedInWhileALockComesIsLockedToo(t *testing.T) {
	d, remote := newDesk(t), people(t)
	ada := d.signInAs(t, d.connector(), remote.URL, "ada")
	keyring := &slow{Memory: d.kept}
	c := d.connectorOver(keyring)
	keyring.meanwhile = c.Lock
	conn, err := c.Use(t.Context(), ada.Key())
	wantLocked(t, conn, err)
	if again, err := c.Use(t.Context(), ada.Key()); err != nil {
		t.Errorf("opening it again: %v", err)
	} else if _, err := again.Me(t.Context()); err != nil {
		t.Error(err)
	}

	keyring.meanwhile = c.Lock
	conn, err = c.UseBuiltIn(t.Context())
	wantLocked(t, conn, err)

	d.login = "bob"
	keyring.meanwhile = c.Lock
	bob, err := c.SignIn(t.Context(), connect.Wish{Address: remote.URL})
	wantLocked(t, bob, err)
	if err := bob.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	keyring.meanwhile = c.Lock
	wantLocked(t, bob, bob.SignInAgain(t.Context(), connect.Part{}))
}

func wantLocked(t *testing.T, conn *connect.Connection, err error) {
	t.Helper()
	if conn == nil || !errors.Is(err, client.ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	if _, err := conn.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("a call goes on with %v", err)
	}
}

func TestWhatIsLockedIsSignedOutWithTheCredentialThatIsKept(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	ada := d.signInAs(t, c, remote.URL, "ada")
	c.Lock()
	refresh := d.refreshToken(t, ada)
	if err := ada.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended(t, ada, refresh)
}

// The passphrase comes first: nothing is signed in anew around it.
func TestALockedFileIsNotGoneAround(t *testing.T) {
	d := newDesk(t)
	kept := credentials.NewFallback(noKeyring{}).WithFile(credentials.NewFileOf(filepath.Join(d.dir, "config", "credentials.json"), 10))
	passphrase := client.NewSecret("correct horse battery")
	if err := kept.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	c := d.connectorOver(kept)
	conn, err := c.UseBuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Lock()
	kept.LockFile()
	if err := conn.Unlock(t.Context()); !errors.Is(err, client.ErrFileLocked) {
		t.Errorf("without the passphrase: %v, want ErrFileLocked", err)
	}
	if err := kept.OpenFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := conn.Unlock(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := conn.Me(t.Context()); err != nil {
		t.Error(err)
	}
}

// hanging is a server that answers no token request once it hangs.
type hanging struct {
	hangs    atomic.Bool
	reached  chan struct{}
	released chan struct{}
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") && h.hangs.CompareAndSwap(true, false) {
		close(h.reached)
		<-h.released
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestALockWaitsForNoServerThatDoesNotAnswer(t *testing.T) {
	d, remote := newDesk(t), people(t)
	h := &hanging{reached: make(chan struct{}), released: make(chan struct{})}
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, Credentials: d.kept, HTTP: &http.Client{Transport: h}, OpenBrowser: d.browse,
	})
	ada := d.signInAs(t, c, remote.URL, "ada")
	bob := d.signInAs(t, c, remote.URL, "bob")
	c.Lock()
	if err := bob.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.hangs.Store(true)
	over := make(chan error, 1)
	go func() { over <- ada.Unlock(t.Context()) }()
	<-h.reached
	c.Lock() // comes to its end before the server answers
	if _, err := bob.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("another account's call goes on with %v", err)
	}
	close(h.released)
	if err := <-over; err != nil {
		t.Error(err)
	}
	if _, err := ada.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("a call of the one that was being renewed goes on with %v", err)
	}
}
