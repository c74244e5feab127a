package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
)

// disk is what a computer has on it after a power cut: its keyring and its
// file.
type disk struct {
	items map[string]string
	file  []byte
}

// cut is a keyring that remembers what was on the disk each time that a
// sign-in noted how far it is.
type cut struct {
	credentials.Memory

	path  string // of the file
	items map[string]string
	disks []disk
}

func (c *cut) Set(ctx context.Context, key string, s client.Secret) error {
	err := c.Memory.Set(ctx, key, s)
	c.items[key] = s.Reveal()
	if strings.HasSuffix(key, "|signing in") {
		file, _ := os.ReadFile(c.path) // there may be none
		c.disks = append(c.disks, disk{maps.Clone(c.items), file})
	}
	return err
}

// The server gave a refresh token, and nobody lived to keep it: with the
// account unknown, only the list can say where to look.
func TestAFirstSignInThatTheProgramDidNotSurviveIsEnded(t *testing.T) {
	d, remote := newDesk(t), people(t)
	d.login = "ada"
	kept := &cut{path: filepath.Join(d.dir, "config", "connections.json"), items: map[string]string{}}
	first := connect.New(connect.Config{
		Dir: filepath.Dir(kept.path), BuiltIn: d.own, Credentials: kept, HTTP: &http.Client{}, OpenBrowser: d.browse,
	})
	conn, err := first.SignIn(t.Context(), connect.Wish{Address: remote.URL})
	if err != nil {
		t.Fatal(err)
	}
	if file, err := os.ReadFile(kept.path); err != nil || strings.Contains(string(file), "pending") {
		t.Errorf("a sign-in that is through is pending: %s, %v", file, err)
	}
	if len(kept.disks) != 2 {
		t.Fatalf("noted %d times, want: begun, through", len(kept.disks))
	}
	refresh := refreshTokenIn(t, kept.items[conn.Server.Issuer+"|"+conn.Subject])

	for _, was := range kept.disks {
		again := newDesk(t)
		again.restore(t, was)
		c := again.connector()
		if all, _ := c.All(); len(all) > 0 {
			t.Fatalf("remembered already: %+v", all)
		}
		remote.SetGone(true)
		if _, err := c.Finish(t.Context()); !errors.Is(err, client.ErrOffline) {
			t.Errorf("without the server: %v", err)
		}
		remote.SetGone(false)
		c = again.restart(t)
		if _, err := c.Finish(t.Context()); err != nil {
			t.Error(err)
		}
		ended(t, conn, refresh)
		for key := range was.items {
			if _, err := again.kept.Get(t.Context(), key); !errors.Is(err, credentials.ErrNotFound) {
				t.Errorf("%s is still there: %v", key, err)
			}
		}
		if file, err := os.ReadFile(again.file()); err != nil || strings.Contains(string(file), "pending") {
			t.Errorf("still pending: %s, %v", file, err)
		}
	}
}

func TestASignInThatCameToNothingIsNotPending(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := d.connector()
	if _, err := c.SignIn(t.Context(), connect.Wish{Address: remote.URL}); !errors.Is(err, client.ErrNoBrowser) {
		t.Fatal(err)
	}
	if file, err := os.ReadFile(d.file()); err != nil || strings.Contains(string(file), "pending") {
		t.Errorf("pending: %s, %v", file, err)
	}
}

func (d *desk) file() string { return filepath.Join(d.dir, "config", "connections.json") }

// restore is the computer started again with what was on it. It is another run
// of the program, which the notes of a sign-in tell apart.
func (d *desk) restore(t *testing.T, was disk) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(d.file()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file(), was.file, 0o600); err != nil {
		t.Fatal(err)
	}
	for key, text := range was.items {
		var item map[string]any
		if err := json.Unmarshal([]byte(text), &item); err != nil {
			t.Fatal(err)
		}
		if _, ok := item["run"]; ok {
			item["run"] = "an earlier one"
		}
		b, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.kept.Set(t.Context(), key, client.NewSecret(string(b))); err != nil {
			t.Fatal(err)
		}
	}
}
