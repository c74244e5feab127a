package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// States of PostgreSQL that pass, by the class of their code (PostgreSQL,
// appendix A) or by the whole of it.
var (
	passingClasses = []string{
		"08", // connection exception
		"53", // insufficient resources: disk full, too many connections
		"57", // operator intervention: shutdown, crash, starting up
		"58", // system error: input and output
	}
	passing = []string{
		"25006", // read-only: the server became a standby
		"25P03", // the transaction was idle for too long
		"40001", // lost a race, again and again
		"40P01", // deadlock, again and again
		"55P03", // somebody holds a lock for too long
	}
)

const (
	uniqueViolation = "23505"
	canceled        = "57014" // by the caller, whose context says so
)

func postgresTaken(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == uniqueViolation
}

// postgresUnavailable reports whether the database may work again later: it
// says so itself, or it could not be reached.
func postgresUnavailable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code != canceled && (slices.Contains(passingClasses, e.Code[:2]) || slices.Contains(passing, e.Code))
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) { // the caller's
		return false
	}
	_, network := errors.AsType[net.Error](err)
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, driver.ErrBadConn, sql.ErrConnDone} {
		network = network || errors.Is(err, gone)
	}
	return network || pgconn.SafeToRetry(err)
}
