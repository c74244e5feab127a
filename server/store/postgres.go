package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// On PostgreSQL write transactions run side by side, in this process and in
// all others on the database, at READ COMMITTED. What SQLite's one writer
// gives for nothing holds there by three rules:
//
//   - A row that a transaction reads by its key is locked until it ends, so
//     what was decided on it is still true when the decision is kept.
//   - What is decided on rows that are not there yet, such as a number that
//     must not be exceeded, is held by its name first: Tx.Hold.
//   - The change log is written last of all, one transaction at a time, so
//     that its order is the order in which changes take effect.
//
// Two transactions that wait for each other are told apart by the database,
// and the one that loses runs again from its beginning.
const (
	hold      = " FOR NO KEY UPDATE" // lets others refer to the row, not change or hold it
	holdShare = " FOR SHARE"         // lets others hold it so too
	skipHeld  = " FOR UPDATE SKIP LOCKED"
)

const (
	postgresReaders = 16
	postgresWriters = 16
	attempts        = 5               // of one Write, at most
	connectTimeout  = 5 * time.Second // unless the URL has another
)

// session is what each connection is set to. A database that is told to
// acknowledge what it has not written is overruled; one that waits for its
// standbys is not. Nobody waits for a lock for ever, and a program that hangs
// in the middle of a transaction does not make all others wait.
const session = `SELECT
	set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
	set_config('lock_timeout', '5s', false), set_config('idle_in_transaction_session_timeout', '10s', false)`

// migrationLock is the advisory lock under which the schema is changed.
const migrationLock = 0x6b6579666f62 // "keyfob"

// IsURL tells a PostgreSQL database's URL from a file's name.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

func openPostgres(ctx context.Context, address string) (*Store, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("reading the database's URL: %w", err) // pgx leaves the password out
	}
	if !strings.Contains(address, "connect_timeout=") {
		config.ConnectTimeout = connectTimeout
	}
	if err := migratePostgres(ctx, config); err != nil {
		return nil, err
	}
	read, write := pool(config, postgresReaders), pool(config, postgresWriters)
	s := &Store{Queries: Queries{db: texts{read}}, read: read, write: write, postgres: true, address: config}
	if err := s.chain(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func pool(config *pgx.ConnConfig, most int) *sql.DB {
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, session)
		return err
	}))
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// migratePostgres brings the schema up to date on connections of its own,
// which may wait as long as another process that does the same takes.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config)
	lock, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(readError("database", err), db.Close())
	}
	// Held until the connection is closed. goose's own lock would not cover the
	// look at the versions, which makes goose's table.
	if _, err = lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err == nil {
		err = migrate(ctx, db, goose.DialectPostgres, "migrations/postgres")
	}
	return errors.Join(readError("schema", err), discard(lock), db.Close())
}

// discard ends a connection instead of giving it back, and its lock with it.
func discard(c *sql.Conn) error {
	err := c.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Close() //nolint:forcetypeassert // what stdlib opens
	})
	return errors.Join(err, ignoreDone(c.Close()))
}

// writePostgres is Write on PostgreSQL.
func (s *Store) writePostgres(ctx context.Context, do func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.tryPostgres(ctx, do)
		if attempt == attempts || !lostRace(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) tryPostgres(ctx context.Context, do func(*Tx) error) error {
	tx, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}) // whatever the database's default
	if err != nil {
		return writeError("transaction", err)
	}
	t := &Tx{Queries: Queries{db: texts{tx}, hold: hold, holdShare: holdShare, skipHeld: skipHeld}, late: new([]func() error)}
	err = do(t)
	if err == nil {
		err = t.finish(ctx)
	}
	if err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	err = tx.Commit()
	s.tell(t.changed)
	return writeError("transaction", err)
}

// finish writes the change log, and what caches follow: no lock is taken after
// this one, so that those who wait for it are waited for by nobody.
func (t *Tx) finish(ctx context.Context) error {
	if len(*t.late) == 0 && len(t.changed) == 0 {
		return nil
	}
	if err := t.Hold(ctx, "change log"); err != nil {
		return err
	}
	for _, do := range *t.late {
		if err := do(); err != nil {
			return err
		}
	}
	return t.writeChanges(ctx)
}

// Hold holds names until the transaction ends: of all transactions that hold
// the same name, on any machine, only one is under way. Hold what you are
// about to decide on, before you read it, unless it is a row that you read by
// its key, which is held by that. On SQLite there is one writer anyway.
func (t *Tx) Hold(ctx context.Context, names ...string) error {
	if t.late == nil {
		return nil
	}
	for _, name := range names {
		h := fnv.New64a()
		_, _ = h.Write([]byte(name)) // cannot fail
		key := int64(h.Sum64())      //nolint:gosec // G115: any number will do
		if _, err := t.db.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, key); err != nil {
			return writeError("lock", err)
		}
	}
	return nil
}

// atEnd runs do when the transaction's own work is done. SQLite needs no such
// order.
func (t *Tx) atEnd(do func() error) error {
	if t.late == nil {
		return do()
	}
	*t.late = append(*t.late, do)
	return nil
}

// texts passes queries on. PostgreSQL refuses a text with a NUL or broken
// UTF-8 in it, which SQLite just does not find: such a text gets a mark in its
// place, so that nothing matches it here either.
type texts struct{ dbtx }

func (t texts) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.dbtx.ExecContext(ctx, query, valid(args)...)
}

func (t texts) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.dbtx.QueryContext(ctx, query, valid(args)...)
}

func (t texts) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.dbtx.QueryRowContext(ctx, query, valid(args)...)
}

func valid(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		if s, ok := a.(string); ok {
			out[i] = validText(s)
		}
	}
	return out
}

func validText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// lostRace reports whether a transaction was undone for the sake of another,
// and may be tried again.
func lostRace(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01") // serialization_failure, deadlock_detected
}
