package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"keyfob/server/audit"
	"keyfob/server/backup"
	"keyfob/server/secret"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// Errors of Restore that callers match, beside backup.ErrDamaged,
// store.ErrNotEmpty, tokens.ErrOtherPepper and *audit.Break.
var (
	ErrNoPepper = errors.New("neither the backup nor the data directory has the pepper")
	ErrOtherKey = errors.New("the data directory has another file of this name than the backup")
)

// Restored says what Restore did.
type Restored struct {
	backup.Manifest
	At time.Time `json:"restoredAt"`

	// Noted: the records had been restored from this backup before, and the
	// checkpoints of this directory know it now too.
	Noted bool `json:"restoredBefore"`
}

// restoredAction is the event of a restore. Its object is the backup's ID.
const restoredAction = "server.restored"

// Restore checks all of a backup and then puts its records into the database,
// which must be empty, and its keys into Dir, unless the same are there. A
// directory whose checkpoints know more than the backup keeps them: Restore
// signs that the change log went back. Done again, it completes what was not
// done; in the directories of other servers on the same database it signs the
// same there. No server may run on Dir meanwhile.
func Restore(ctx context.Context, c Config, file string) (Restored, error) {
	c = c.withDefaults()
	if err := prepare(c.Dir); err != nil {
		return Restored{}, err
	}
	lock, err := takeLock(filepath.Join(c.Dir, "lock"))
	if err != nil {
		return Restored{}, err
	}
	done, err := restore(ctx, c, file)
	return done, errors.Join(err, lock.Close())
}

func restore(ctx context.Context, c Config, file string) (done Restored, err error) {
	dir, err := os.MkdirTemp(c.Dir, ".restore-*")
	if err != nil {
		return done, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if done.Manifest, err = backup.Read(file, dir); err != nil {
		return done, err
	}
	from, err := store.Open(ctx, filepath.Join(dir, backup.Database)) // of an earlier version: brings it up to date
	if err != nil {
		return done, fmt.Errorf("the records of the backup: %w", err)
	}
	defer func() { _ = from.Close() }()
	head, err := checkBackup(ctx, c, from, dir, done.Manifest)
	if err != nil {
		return done, err
	}
	done.At = c.Clock().UTC()
	to, err := c.openStore(ctx)
	if err != nil {
		return done, err
	}
	if err = placeKeys(c.Dir, dir); err == nil {
		err = fill(ctx, to, from, &done)
	}
	if err == nil {
		err = noteRestored(c.Dir, head, done)
	}
	return done, errors.Join(err, to.Close())
}

// checkBackup checks the records, and that they and the keys belong together.
func checkBackup(ctx context.Context, c Config, from *store.Store, dir string, m backup.Manifest) (audit.Head, error) {
	found := m
	if err := checkCopy(ctx, from, dir, &found); err != nil {
		return audit.Head{}, fmt.Errorf("the change log of the backup: %w", err)
	}
	if found.Events != m.Events || found.Hash != m.Hash {
		return audit.Head{}, fmt.Errorf("%w: its change log ends otherwise than its manifest says", backup.ErrDamaged)
	}
	if err := sameKeys(c.Dir, dir); err != nil {
		return audit.Head{}, err
	}
	if err := peppered(ctx, c, from, dir); err != nil {
		return audit.Head{}, err
	}
	head, err := from.ChainHead(ctx)
	if err != nil {
		return head, err
	}
	return head, fits(ctx, c, from, head)
}

// sameKeys demands that where both have a key it is the same one.
func sameKeys(here, dir string) error {
	names, err := keyFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		ours, err := os.ReadFile(filepath.Join(here, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		theirs, err2 := os.ReadFile(filepath.Join(dir, name))
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if !bytes.Equal(ours, theirs) {
			return fmt.Errorf("%w: %s", ErrOtherKey, name)
		}
	}
	return nil
}

// peppered demands the peppers that the records are under: of the backup, or
// else of Dir. An old one that nothing works by any more may be missing.
func peppered(ctx context.Context, c Config, from *store.Store, dir string) error {
	needed, err := neededPeppers(ctx, from)
	if err != nil {
		return err
	}
	theirs, err := secret.Peppers(dir)
	ours, err2 := secret.Peppers(c.Dir)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	here := slices.Concat(theirs, ours)
	if len(needed) > 0 && len(here) == 0 {
		return ErrNoPepper
	}
	for i, id := range needed {
		if slices.ContainsFunc(here, func(p secret.Pepper) bool { return p.ID() == id }) {
			continue
		}
		use, err := from.UsesOfPepper(ctx, id, c.Clock())
		if err != nil {
			return err
		}
		if i == 0 || use.Tokens+use.Secrets > 0 {
			return fmt.Errorf("%w (%s)", tokens.ErrOtherPepper, id)
		}
	}
	return nil
}

// fits demands that the checkpoints of Dir are of the same change log as far
// as the backup goes.
func fits(ctx context.Context, c Config, from *store.Store, head audit.Head) error {
	here, err := c.checkpoints()
	if err != nil {
		return err
	}
	var upTo []audit.Signed
	for _, s := range here {
		if s.Seq <= head.Seq {
			upTo = append(upTo, s)
		}
	}
	report, err := audit.Verify(ctx, from, upTo)
	if err != nil {
		return err
	}
	if report.Break != nil {
		return fmt.Errorf("the checkpoints of the data directory are not of this backup's change log: %w", report.Break)
	}
	return nil
}

// fill copies the records, unless that was done before.
func fill(ctx context.Context, to, from *store.Store, done *Restored) error {
	detail, err := json.Marshal(map[string]any{"backupAt": done.MadeAt.Format(time.RFC3339), "events": done.Events})
	if err != nil {
		return err
	}
	event := store.Event{At: done.At, ActorID: tokens.Operator().User.ID, Action: restoredAction, ObjectID: done.ID(), Detail: string(detail)}
	err = to.CopyFrom(ctx, from, &event)
	if !errors.Is(err, store.ErrNotEmpty) {
		return err
	}
	rows, rowsErr := to.ChainRows(ctx, done.Events, 1)
	if rowsErr != nil || len(rows) == 0 || rows[0].Action != restoredAction || rows[0].Object != done.ID() {
		return errors.Join(err, rowsErr)
	}
	done.Noted, done.At = true, rows[0].At
	return nil
}

// placeKeys moves the keys of the backup to where there are none. Its
// checkpoints go with their signing key; without it they are kept under
// another name, and the directory begins checkpoints of its own. They are on
// the disk when it returns.
func placeKeys(here, dir string) error {
	pairs, err := places(here, dir)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		err := os.Link(filepath.Join(dir, p.from), filepath.Join(here, p.to))
		if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return backup.SyncDir(here)
}

// placed is a file of a backup, and its name in the data directory.
type placed struct{ from, to string }

// places are the files to place, in this order: the signing key is the last
// one, because a directory that has it takes no checkpoints any more.
func places(here, dir string) ([]placed, error) {
	names, err := keyFiles(dir) // sorted
	if err != nil {
		return nil, err
	}
	var out []placed
	signing := slices.Contains(names, audit.SigningFile)
	for _, name := range names {
		if name != audit.SigningFile {
			out = append(out, placed{name, name})
		}
	}
	if _, err := os.Stat(filepath.Join(here, audit.SigningFile)); errors.Is(err, fs.ErrNotExist) {
		suffix := ""
		if !signing {
			suffix = ".before"
		}
		out = append(out, placed{audit.File, audit.File + suffix}, placed{audit.VerifyingFile, audit.VerifyingFile + suffix})
	}
	if signing {
		out = append(out, placed{audit.SigningFile, audit.SigningFile})
	}
	return out, nil
}

// noteRestored signs, in this directory's checkpoints, where the change log of
// the backup ended.
func noteRestored(dir string, head audit.Head, done Restored) error {
	book, err := audit.OpenBook(dir)
	if err != nil {
		return err
	}
	return book.Restored(head, done.MadeAt, done.At)
}
