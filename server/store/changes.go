package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// What a token is worth is remembered in memory (package cache), by this
// process and by others. So everything that may make it worth something else
// is noted, in the same transaction, in a sequence that they all follow.
//
// Numbers are given under a lock that is held until the transaction has ended:
// on PostgreSQL that of the change log and the row of change_head, both taken
// last of all, on SQLite that of the one writer. So whoever sees a number sees
// all lower ones too, and never has to look back for one that commits late; a
// number from a sequence or an identity column would not do. A transaction that
// is undone gives its numbers back: a gap means rows that were purged.

// Changes is what has changed in a while.
type Changes struct {
	Head int64    // the number of the last change
	IDs  []string // tokens, exchanged ones, apps and users
	All  bool     // more than IDs says: whatever is remembered may be wrong
}

// changesMax is how many changes are told one by one. Rows are kept for
// changesKept, which nobody who follows is behind.
const (
	changesMax  = 4096
	changesKept = time.Hour
)

// announced is the PostgreSQL channel on which changes are announced.
const announced = "keyfob_changes"

// alter runs an update, or a deletion, of the one row id of tokens,
// exchanges, apps or users, and notes that it changed. It reports whether it hit the row. All
// that decides what a token is worth is written by it.
func (t *Tx) alter(ctx context.Context, what, id, update string, args ...any) (bool, error) {
	hit, err := t.once(ctx, what, update, args...)
	if hit {
		t.changed = append(t.changed, id)
	}
	return hit, err
}

// writeChanges writes what alter noted. It is the last thing a transaction
// does: who waits for the row of change_head waits for the disk alone.
func (t *Tx) writeChanges(ctx context.Context) error {
	if len(t.changed) == 0 {
		return nil
	}
	var head int64
	err := t.db.QueryRowContext(ctx, `UPDATE change_head SET seq = seq + $1 WHERE id = 1 RETURNING seq`, len(t.changed)).Scan(&head)
	if err != nil {
		return writeError("changes", err)
	}
	first, now := head-int64(len(t.changed))+1, time.Now()
	for i, id := range t.changed {
		_, err := t.db.ExecContext(ctx, `INSERT INTO changes (seq, at, object_id) VALUES ($1, $2, $3)`, first+int64(i), millis(now), id)
		if err != nil {
			return writeError("changes", err)
		}
	}
	if t.late != nil { // a server that hears it looks for itself what it was
		_, err = t.db.ExecContext(ctx, `SELECT pg_notify($1, '')`, announced)
	}
	return writeError("changes", err)
}

// ChangesAfter is what has changed since the change number after.
func (q Queries) ChangesAfter(ctx context.Context, after int64) (Changes, error) {
	var out Changes
	// One statement, so that the head and the rows are of one moment.
	rows, err := q.db.QueryContext(ctx, `SELECT h.seq, c.seq, c.object_id FROM change_head h LEFT JOIN changes c ON c.seq > $1
		WHERE h.id = 1 ORDER BY c.seq LIMIT $2`, after, changesMax)
	if err != nil {
		return out, readError("changes", err)
	}
	defer rows.Close()
	next := after + 1
	for rows.Next() {
		var (
			seq sql.NullInt64
			id  sql.NullString
		)
		if err := rows.Scan(&out.Head, &seq, &id); err != nil {
			return out, readError("changes", err)
		}
		if seq.Valid && seq.Int64 == next {
			out.IDs = append(out.IDs, id.String)
			next++
		}
	}
	// Fewer than there were: purged, or too many. A head that went back: another database.
	out.All = next != out.Head+1
	return out, readError("changes", rows.Err())
}

// ChangesDue reports whether PurgeChanges has something to do.
func (q Queries) ChangesDue(ctx context.Context, now time.Time) (bool, error) {
	var due bool
	err := q.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM changes WHERE seq = (SELECT MIN(seq) FROM changes) AND at <= $1)`,
		millis(now.Add(-changesKept))).Scan(&due)
	return due, readError("changes", err)
}

// PurgeChanges drops the changes that everybody has seen.
func (t *Tx) PurgeChanges(ctx context.Context, now time.Time) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM changes WHERE at <= $1`, millis(now.Add(-changesKept)))
	return writeError("changes", err)
}

// watchers are told what this process changes.
type watchers struct {
	mu    sync.Mutex
	each  []func(ids []string)
	aside time.Duration // how long Write waits after a change
}

// OnChange has saw called with what each Write of this Store has changed,
// before that returns. It is called too where it is not known whether the
// changes were kept.
func (s *Store) OnChange(saw func(ids []string)) {
	s.watchers.mu.Lock()
	defer s.watchers.mu.Unlock()
	s.watchers.each = append(s.watchers.each, saw)
}

// WorkBeside says that another process may serve the same SQLite file, and may
// trust what it knows for another d. Write then returns after that time, where
// it changed what a token is worth: it holds everywhere when the call returns.
func (s *Store) WorkBeside(d time.Duration) {
	if s.postgres {
		return // others are told, and a wait would hold up a server
	}
	s.watchers.mu.Lock()
	defer s.watchers.mu.Unlock()
	s.watchers.aside = d
}

// tell tells of changes that were committed, or may have been.
func (s *Store) tell(ids []string) {
	if len(ids) == 0 {
		return
	}
	s.watchers.mu.Lock()
	each, aside := s.watchers.each, s.watchers.aside
	s.watchers.mu.Unlock()
	for _, saw := range each {
		saw(ids)
	}
	time.Sleep(aside)
}
