package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// Listener is a connection of its own on which PostgreSQL says at once that
// something has changed. What it was is asked over the same connection: an
// answer shows that it still works.
type Listener struct {
	Queries
	db   *sql.DB
	conn *sql.Conn
}

// Shared reports whether other servers may work on the database: then a
// Listener hears of what they change.
func (s *Store) Shared() bool { return s.postgres }

// Listen begins to listen. Close the Listener, also after an error of it.
func (s *Store) Listen(ctx context.Context) (*Listener, error) {
	db := pool(s.address, 1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(readError("database", err), db.Close())
	}
	l := &Listener{Queries: Queries{db: conn}, db: db, conn: conn}
	if _, err := conn.ExecContext(ctx, `LISTEN `+announced); err != nil {
		return nil, errors.Join(readError("changes", err), l.Close())
	}
	return l, nil
}

// Wait returns when a change is announced, or after most, or with an error
// when the connection is lost or ctx ends.
func (l *Listener) Wait(ctx context.Context, most time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := l.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().WaitForNotification(waiting) //nolint:forcetypeassert // what stdlib opens
		return err
	})
	if err != nil && waiting.Err() != nil && ctx.Err() == nil { // nothing was said
		return nil
	}
	return readError("changes", err)
}

// Close ends the connection.
func (l *Listener) Close() error { return errors.Join(ignoreDone(l.conn.Close()), l.db.Close()) }
