// Package store keeps the token server's records in SQLite or PostgreSQL:
// users, trusted applications, tokens, the change log and what signing in
// needs.
//
// Reads are methods of Queries and run on a pool. Writes are methods of Tx and
// run in a transaction, through Store.Write: what a write returned without
// error is on the disk (SQLite: WAL, synchronous=FULL). SQLite runs one write
// at a time, and those that wait share a commit: see group.go. PostgreSQL runs
// many, on as many machines: see postgres.go for what holds them apart. One set of queries with $n parameters serves both; only
// the migrations differ.
//
// Times are kept as Unix milliseconds in UTC; NULL means never. Token values
// are not kept: only their MAC is (package server/secret).
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver
)

// Errors that callers match.
var (
	ErrNotFound    = errors.New("store: no such row")
	ErrTaken       = errors.New("store: already taken")
	ErrNewer       = errors.New("store: the database was written by a newer version")
	ErrUnavailable = errors.New("store: the database cannot be used now") // locked, disk full or failing
)

//go:embed migrations
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
type Store struct {
	Queries
	read     *sql.DB
	write    *sql.DB
	group    *group // SQLite's writers
	postgres bool
	address  *pgx.ConnConfig // of PostgreSQL

	watchers watchers
	watch    watch
}

// dbtx is what queries need of *sql.DB or *sql.Tx.
type dbtx interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// Queries are the reads. Inside a Tx they see its own writes.
type Queries struct {
	db     dbtx
	checks *checkers // for one; nil: db

	hold, holdShare, skipHeld string // how to lock rows: postgres.go; empty outside its transactions
}

// one reads what a check needs, a row by its key.
func (q Queries) one(ctx context.Context, query string, args ...any) scanner {
	if q.checks == nil {
		return q.db.QueryRowContext(ctx, query, args...)
	}
	return check{ctx, q.checks, query, args}
}

// Tx is a write transaction. It can also read.
type Tx struct {
	Queries
	late    *[]func() error // for atEnd; nil: at once
	changed []string        // ids that alter noted
	actions *[]string       // what its events say was done
}

// readers is how many reads run at once; more wait.
const readers = 8

// Open opens, or creates, the database file place, or opens the PostgreSQL
// database whose URL it is (postgres://…), and brings its schema up to date. It
// answers ErrNewer for a database that a newer version wrote, and
// ErrUnavailable for a server that cannot be reached.
func Open(ctx context.Context, place string) (*Store, error) {
	if IsURL(place) {
		return openPostgres(ctx, place)
	}
	return openSQLite(ctx, place)
}

func openSQLite(ctx context.Context, path string) (*Store, error) {
	if err := migrateSQLite(ctx, path); err != nil {
		return nil, err
	}
	write, err := sqlitePool(path, "immediate", 1, 0, writing...) // SQLite has one writer: queue in Go, not on its lock
	if err != nil {
		return nil, err
	}
	n := min(runtime.GOMAXPROCS(0), checkersMost)
	read, err1 := sqlitePool(path, "deferred", readers, 0)
	check, err2 := sqlitePool(path, "deferred", n, checkersKeep/n)
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	q := Queries{db: prepared{read, &statements{db: read}}, checks: newCheckers(check, n)}
	s := &Store{Queries: q, read: read, write: write, group: newGroup(write)}
	if err := s.chain(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// writing is how the writer differs. What a savepoint needs to go back stays in
// memory: into a file it is written, and never read, for each of the writes that
// share a commit. What was written is moved into the database every 16 MB, not
// every 4: the inner pages of the indexes are in most of it again and again.
var writing = []string{"temp_store(MEMORY)", "wal_autocheckpoint(4000)"}

// migrateSQLite has a connection of its own, that sorts what it has to in files.
func migrateSQLite(ctx context.Context, path string) error {
	db, err := sqlitePool(path, "immediate", 1, 0)
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, db, goose.DialectSQLite3, "migrations/sqlite"), db.Close())
}

// sqlitePool is n connections at most, each of which keeps so many KiB of the file in
// memory, or SQLite's 2000, and what else pragmas ask of them. They stay open: to
// open one costs more than a read.
func sqlitePool(path, lock string, n, keep int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{
		"_txlock": {lock},
		"_pragma": append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, pragmas...),
	}
	if keep > 0 {
		q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", keep))
	}
	place := &url.URL{Scheme: "file", Opaque: url.PathEscape(filepath.ToSlash(path)), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", place.String())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", filepath.Base(path), err)
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// migrate applies what is missing, and refuses a schema from the future.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, folder string) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	at, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if at > known {
		return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, at, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}

// Write runs do in a durable transaction: when it answers nil, what do wrote is
// on the disk. If do answers an error, nothing of it is kept. Where the
// database cannot keep it, that is ErrUnavailable, for all writes that shared
// the commit. Calls may queue up: keep do short, and never read through the
// Store inside it, only through the Tx. do may run again from its beginning,
// after a race that its transaction lost.
func (s *Store) Write(ctx context.Context, do func(*Tx) error) error {
	var changed []string
	err := s.watch.write(do, func(do func(*Tx) error) error {
		if s.postgres {
			return s.writePostgres(ctx, do)
		}
		return s.group.write(ctx, func(tx *Tx) error {
			err := do(tx)
			if err == nil {
				err = tx.writeChanges(ctx)
			}
			changed = tx.changed
			return err
		})
	})
	s.tell(changed)
	return err
}

// ignoreDone drops the complaint that a cancelled context already rolled back.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Close finishes the writes that it took, and closes the database.
func (s *Store) Close() error {
	if s.postgres {
		return errors.Join(s.read.Close(), s.write.Close())
	}
	s.group.close()
	return errors.Join(s.checks.close(), s.read.Close(), s.write.Close())
}

// millis is t as kept: nil for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant is the opposite of millis.
func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}
