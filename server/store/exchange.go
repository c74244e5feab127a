package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Exchanged is a row of exchanges: a short-lived token that was given for
// another one, its parent (RFC 8693). Like a Token it holds no value.
type Exchanged struct {
	ID        string
	MAC       []byte
	PepperID  string
	ParentID  string
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

// InsertExchanged adds x.
func (t *Tx) InsertExchanged(ctx context.Context, x Exchanged) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO exchanges (id, mac, pepper_id, parent_id, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		x.ID, x.MAC, x.PepperID, x.ParentID, strings.Join(x.Scopes, " "), millis(x.CreatedAt), millis(x.ExpiresAt))
	return writeError("exchanged token", err)
}

// ExchangesOf counts the exchanged tokens of a parent whose time is not over
// at now, revoked or not, and says when the first of them ends. Hold the
// parent.
func (q Queries) ExchangesOf(ctx context.Context, parentID string, now time.Time) (count int, firstEnds time.Time, err error) {
	var ends sql.NullInt64
	err = q.db.QueryRowContext(ctx,
		`SELECT COUNT(*), MIN(expires_at) FROM exchanges WHERE parent_id = $1 AND expires_at > $2`, parentID, now.UnixMilli()).
		Scan(&count, &ends)
	return count, instant(ends), readError("exchanged tokens", err)
}

// RevokeExchanged ends an exchanged token. It reports false if it was ended
// before.
func (t *Tx) RevokeExchanged(ctx context.Context, id string, at time.Time) (bool, error) {
	return t.alter(ctx, "exchanged token", id, `UPDATE exchanges SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, millis(at), id)
}

// ExchangesDue reports whether PurgeExchanges has something to do.
func (q Queries) ExchangesDue(ctx context.Context, now time.Time) (bool, error) {
	var due bool
	err := q.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM exchanges WHERE expires_at <= $1)`, now.UnixMilli()).Scan(&due)
	return due, readError("exchanged tokens", err)
}

// PurgeExchanges drops the exchanged tokens that have expired at now.
func (t *Tx) PurgeExchanges(ctx context.Context, now time.Time) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM exchanges WHERE id IN
		(SELECT id FROM exchanges WHERE expires_at <= $1`+t.skipHeld+`)`, now.UnixMilli())
	return writeError("exchanged tokens", err)
}
