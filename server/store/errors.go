package store

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readError gives an error of database/sql or the driver the store's meaning.
func readError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case unavailable(err):
		return fmt.Errorf("%w: reading %s: %w", ErrUnavailable, what, err)
	}
	return fmt.Errorf("store: reading %s: %w", what, err)
}

// writeError does the same for writes.
func writeError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case taken(err):
		return ErrTaken
	case unavailable(err):
		return fmt.Errorf("%w: writing %s: %w", ErrUnavailable, what, err)
	}
	return fmt.Errorf("store: writing %s: %w", what, err)
}

func taken(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) || postgresTaken(err)
}

// unavailable reports whether the database may work again later.
func unavailable(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return postgresUnavailable(err)
	}
	switch e.Code() & 0xff { // the primary code; the rest says where
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}
