package instance_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

func config(dir string) instance.Config {
	return instance.Config{Dir: dir, PublicURL: "http://127.0.0.1:1", Version: "1"}
}

func open(t *testing.T, dir string) *instance.Instance {
	t.Helper()
	in, err := instance.Open(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func closed(t *testing.T, c interface{ Close(context.Context) error }) {
	t.Helper()
	if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestOneServesAndOthersWorkOnTheRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	in := open(t, dir)
	if _, err := instance.Open(t.Context(), config(dir)); !errors.Is(err, instance.ErrInUse) {
		t.Errorf("a second server: %v", err)
	}
	r, err := instance.OpenRecords(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	app, err := r.Tokens.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: "A", Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	if got, err := in.Tokens.App(t.Context(), tokens.Operator(), app.ID); err != nil || got.Name != "A" {
		t.Errorf("the server sees %+v, %v", got, err)
	}
	closed(t, in)
	closed(t, open(t, dir)) // the lock is gone
}

func TestADatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closed(t, open(t, dir))
	db, err := sql.Open("sqlite", filepath.Join(dir, "keyfob.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.Open(t.Context(), config(dir)); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opened: %v", err)
	}
}

// A pepper that others may read is no secret, and the wrong one would refuse
// every token: better to say so at the start.
func TestAnOpenPepperIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closed(t, open(t, dir))
	if err := os.Chmod(filepath.Join(dir, "pepper"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.Open(t.Context(), config(dir)); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("opened: %v", err)
	}
}

func TestADirectoryThatTakesNoFilesIsErrNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := instance.Open(t.Context(), config(file))
	_, recordsErr := instance.OpenRecords(t.Context(), config(file))
	if !errors.Is(err, instance.ErrNotWritable) || !errors.Is(recordsErr, instance.ErrNotWritable) {
		t.Errorf("answered %v and %v", err, recordsErr)
	}
}

// Records that are in PostgreSQL, or lost, are not begun anew beside the peppers of those.
func TestADirectoryWhoseRecordsAreElsewhereGetsNoNewOnes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "checkpoints"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := instance.Open(t.Context(), config(dir))
	_, recordsErr := instance.OpenRecords(t.Context(), config(dir))
	if !errors.Is(err, instance.ErrElsewhere) || !errors.Is(recordsErr, instance.ErrElsewhere) {
		t.Errorf("answered %v and %v", err, recordsErr)
	}
	if _, err := os.Stat(filepath.Join(dir, "keyfob.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("keyfob.db: %v", err)
	}
}
