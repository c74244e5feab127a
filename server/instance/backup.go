package instance

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"keyfob/server/audit"
	"keyfob/server/backup"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// keyFiles are the files of a data directory that a backup has only if asked
// for, and those that a restore puts back.
func keyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); name == "signin.key" || name == audit.SigningFile || secret.IsPepperFile(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// Backup writes a consistent copy of the records to a new file, while servers
// work on them, and checks it: the database's integrity, the chain of the
// change log and the signed checkpoints of Dir. With keys, everything is in it
// that a server needs. It answers backup.ErrExists.
func Backup(ctx context.Context, c Config, file string, withKeys bool) (backup.Manifest, error) {
	var none backup.Manifest
	if _, err := os.Lstat(file); err == nil {
		return none, backup.ErrExists
	}
	c = c.withDefaults()
	r, err := OpenRecords(ctx, c)
	if err != nil {
		return none, err
	}
	defer func() { _ = r.Close(ctx) }() // nothing of it is written
	dir, err := os.MkdirTemp(filepath.Dir(file), ".keyfob-backup-*")
	if err != nil {
		return none, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files := []string{backup.Database}
	// The checkpoints come first: so none is of an event that the copy lacks.
	more := []string{audit.File, audit.VerifyingFile}
	if withKeys {
		keys, err := keyFiles(c.Dir)
		if err != nil {
			return none, err
		}
		more = append(more, keys...)
	}
	for _, name := range more {
		copied, err := copyFile(filepath.Join(c.Dir, name), filepath.Join(dir, name))
		if err != nil {
			return none, err
		}
		if copied {
			files = append(files, name)
		}
	}
	m := backup.Manifest{MadeAt: c.Clock().UTC(), Version: c.Version, Keys: withKeys}
	if err := r.copyTo(ctx, dir, &m); err != nil {
		return none, err
	}
	return backup.Write(file, dir, m, files)
}

// copyTo makes and checks the copy, beside the checkpoints in dir.
func (r *Records) copyTo(ctx context.Context, dir string, m *backup.Manifest) error {
	place := filepath.Join(dir, backup.Database)
	if err := private(place); err != nil {
		return err
	}
	portable, err := store.Open(ctx, place)
	if err != nil {
		return err
	}
	err = portable.CopyFrom(ctx, r.Store, nil)
	if err == nil {
		err = checkCopy(ctx, portable, dir, m)
	}
	return errors.Join(err, portable.Close())
}

// checkCopy checks the records of a backup whose other files are in dir.
func checkCopy(ctx context.Context, db *store.Store, dir string, m *backup.Manifest) error {
	if err := db.Intact(ctx); err != nil {
		return err
	}
	signed, err := audit.ReadCheckpoints(filepath.Join(dir, audit.File), filepath.Join(dir, audit.VerifyingFile))
	if err != nil {
		return err
	}
	report, err := audit.Verify(ctx, db, signed)
	if err != nil {
		return err
	}
	if report.Break != nil {
		return report.Break
	}
	m.Events, m.Hash = report.Head.Seq, report.Head.Hash.String()
	return nil
}

// copyFile makes a copy for its owner alone, unless there is nothing to copy.
func copyFile(from, to string) (bool, error) {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(to, text, 0o600) //nolint:gosec // G703: names of our own
}
