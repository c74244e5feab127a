package instance_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keyfob/api"
	"keyfob/internal/pgtest"
	"keyfob/server/backup"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// place is a new data directory, on a database of its own where these tests
// run on PostgreSQL.
func place(t *testing.T) instance.Config {
	t.Helper()
	c := config(filepath.Join(t.TempDir(), "data"))
	c.Database = pgtest.Place(t, "")
	return c
}

func opened(t *testing.T, c instance.Config) *instance.Instance {
	t.Helper()
	in, err := instance.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// furnish adds a user and an app; issue issues that user a token.
func furnish(t *testing.T, in *instance.Instance) (issue func() api.Issued) {
	t.Helper()
	ada, err := in.Tokens.AddUser(t.Context(), tokens.Operator(), store.User{Login: "ada", IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	app, err := in.Tokens.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: "A", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	return func() api.Issued {
		issued, err := in.Tokens.CreatePAT(t.Context(), tokens.Operator(), api.NewToken{UserID: ada.ID, AppID: app.ID, Scopes: []string{"read"}}, "")
		if err != nil {
			t.Error(err)
		}
		return issued
	}
}

func backedUp(t *testing.T, c instance.Config, keys bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := instance.Backup(t.Context(), c, file, keys); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	return file
}

func verified(t *testing.T, c instance.Config) api.Verified {
	t.Helper()
	r, err := instance.OpenRecords(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, r)
	v, err := r.Tokens.VerifyEvents(t.Context(), tokens.Operator())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Requirements 16, 30 of the notes on security.
func TestABackupTakenWhileTheServerWritesIsWhole(t *testing.T) {
	c := place(t)
	in := opened(t, c)
	issue := furnish(t, in)
	live, ended := issue(), issue()
	if err := in.Tokens.RevokeAny(t.Context(), tokens.Operator(), ended.Token.ID); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writing sync.WaitGroup
	for range 4 {
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					issue()
				}
			}
		})
	}
	file := backedUp(t, c, true)
	close(stop)
	writing.Wait()
	later := issue()
	if text, err := os.ReadFile(file); err != nil || bytes.Contains(text, []byte(live.Secret)) {
		t.Errorf("a secret is in it, or %v", err)
	}
	other := place(t)
	if _, err := instance.Restore(t.Context(), other, file); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, other); !v.OK || len(v.Restored) != 1 {
		t.Errorf("the change log: %+v", v)
	}
	back := opened(t, other)
	for secret, works := range map[string]bool{live.Secret: true, ended.Secret: false, later.Secret: false} {
		if _, err := back.Tokens.CheckToken(t.Context(), secret, ""); (err == nil) != works {
			t.Errorf("works: %v, want %v", err, works)
		}
	}
	closed(t, back)
	closed(t, in)
}

// A database that went back behind what was signed: the same directory, with
// the database lost; and, of several servers, the directory of another.
func TestARestoreBehindItsCheckpointsIsTold(t *testing.T) {
	c := place(t)
	in := opened(t, c)
	issue := furnish(t, in)
	file := backedUp(t, c, false)
	issue()
	closed(t, in) // signs event 3
	second := config(filepath.Join(t.TempDir(), "second"))
	if err := errors.Join(os.CopyFS(second.Dir, os.DirFS(c.Dir)), os.Chmod(filepath.Join(second.Dir, "pepper"), 0o600)); err != nil {
		t.Fatal(err)
	}
	again := c
	if again.Database != "" {
		again.Database = pgtest.Place(t, "")
		second.Database = again.Database
	} else {
		lose(t, c.Dir)
	}
	if _, err := instance.Restore(t.Context(), again, file); err != nil {
		t.Fatal(err)
	}
	in = opened(t, again)
	furnishMore(t, in)
	closed(t, in) // goes on signing
	v := verified(t, again)
	if !v.OK || len(v.Restored) != 1 || v.Restored[0].Seq != 2 || v.Restored[0].LostSeq == nil || *v.Restored[0].LostSeq != 3 || v.Last.Seq != 4 {
		t.Errorf("after the restore: %+v", v)
	}
	if second.Database == "" {
		return
	}
	if v := verified(t, second); v.OK {
		t.Error("the other server was not told, and found nothing")
	}
	done, err := instance.Restore(t.Context(), second, file)
	if err != nil || !done.Noted {
		t.Errorf("in the other directory: %+v, %v", done, err)
	}
	if v := verified(t, second); !v.OK || len(v.Restored) != 1 {
		t.Errorf("the other server, told: %+v", v)
	}
}

func furnishMore(t *testing.T, in *instance.Instance) {
	t.Helper()
	if _, err := in.Tokens.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: "B", Scopes: []string{"read"}}); err != nil {
		t.Fatal(err)
	}
}

func lose(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"keyfob.db", "keyfob.db-wal", "keyfob.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func TestARestoreRefusesWhatDoesNotBelongTogether(t *testing.T) {
	c := place(t)
	in := opened(t, c)
	furnish(t, in)()
	closed(t, in)
	bare, whole := backedUp(t, c, false), backedUp(t, c, true)

	refused := func(c instance.Config, file string, want error) {
		t.Helper()
		if _, err := instance.Restore(t.Context(), c, file); !errors.Is(err, want) {
			t.Errorf("answered %v, want %v", err, want)
		}
		if db := filepath.Join(c.Dir, "keyfob.db"); !errors.Is(want, store.ErrNotEmpty) && !errors.Is(want, instance.ErrInUse) {
			if _, err := os.Stat(db); !errors.Is(err, fs.ErrNotExist) {
				t.Error("something was put in place")
			}
		}
	}
	refused(place(t), bare, instance.ErrNoPepper)
	stranger := place(t)
	other := opened(t, stranger)
	issue := furnish(t, other)
	refused(stranger, whole, instance.ErrInUse)
	issue()
	closed(t, other)
	lose(t, stranger.Dir)
	refused(stranger, bare, tokens.ErrOtherPepper)
	refused(stranger, whole, instance.ErrOtherKey)

	full := place(t)
	for _, want := range []error{nil, nil} { // again is no harm
		if _, err := instance.Restore(t.Context(), full, whole); !errors.Is(err, want) {
			t.Error(err)
		}
	}
	in = opened(t, c)
	furnishMore(t, in)
	closed(t, in)
	refused(full, backedUp(t, c, true), store.ErrNotEmpty)
	if _, err := instance.Backup(t.Context(), c, whole, false); !errors.Is(err, backup.ErrExists) {
		t.Errorf("over a file: %v", err)
	}
}

// Whatever is changed in a backup, nothing of it is put in place.
func TestADamagedBackupIsRefused(t *testing.T) {
	c := place(t)
	in := opened(t, c)
	furnish(t, in)()
	closed(t, in)
	text, err := os.ReadFile(backedUp(t, c, true))
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(text []byte) {
		t.Helper()
		file, at := filepath.Join(t.TempDir(), "damaged.tar"), place(t)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := instance.Restore(t.Context(), at, file); err == nil {
			t.Error("restored")
		}
		if left, err := os.ReadDir(at.Dir); err != nil || len(left) > 1 { // the lock
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	for at := 700; at < len(text)-2048; at += len(text)/12 + 1 {
		spoiled := bytes.Clone(text)
		spoiled[at] ^= 1
		if spoiled[at-1] != 0 || spoiled[at+1] != 0 { // not between files, where tar looks at nothing
			damaged(spoiled)
		}
	}
	damaged(text[:len(text)/2])
	damaged(nil)
	damaged(bytes.Replace(text, []byte("keyfob backup 1"), []byte("keyfob backup 2"), 1))
	damaged(bytes.ReplaceAll(text, []byte("signin.key"), []byte("../../.key")))
}

// What does not verify is evidence, not a backup.
func TestABrokenChangeLogIsNotBackedUp(t *testing.T) {
	c := place(t)
	in := opened(t, c)
	furnish(t, in)
	closed(t, in)
	db, err := sql.Open("sqlite", filepath.Join(c.Dir, "keyfob.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE events SET detail = '{}' WHERE seq = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := instance.Backup(t.Context(), c, file, true); err == nil || !strings.Contains(err.Error(), "event 1 was altered") {
		t.Errorf("answered %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a backup was made")
	}
}
