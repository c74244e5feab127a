package store

import (
	"context"
	"database/sql"
	"slices"
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

// ExchangedByMAC looks an exchanged token up as PresentedByMAC does, with its
// parent, the parent's app and whom that acts as, as they are now; ErrNotFound
// if there is none.
func (q Queries) ExchangedByMAC(ctx context.Context, macs ...[]byte) (Presented, error) {
	var (
		x                         Exchanged
		scopes                    string
		created, expires, revoked sql.NullInt64
		t                         tokenScan
		a                         appScan
		u                         userScan
	)
	dest := []any{&x.ID, &x.MAC, &x.PepperID, &x.ParentID, &scopes, &created, &expires, &revoked}
	dest = slices.Concat(dest, t.dest(), a.dest(), u.dest())
	which, args := oneOf("x.mac", macs)
	err := q.db.QueryRowContext(q.brief(ctx), `SELECT x.id, x.mac, x.pepper_id, x.parent_id, x.scopes, x.created_at, x.expires_at, x.revoked_at,
		`+tokenColumns+`, `+appColumns+`, `+userColumns+`
		FROM exchanges x JOIN tokens t ON t.id = x.parent_id JOIN apps a ON a.id = t.app_id
		LEFT JOIN users u ON u.id = COALESCE(t.user_id, a.system_user_id) WHERE `+which, args...).Scan(dest...)
	if err != nil {
		return Presented{}, readError("exchanged token", err)
	}
	x.Scopes, x.CreatedAt, x.ExpiresAt, x.RevokedAt = strings.Fields(scopes), instant(created), instant(expires), instant(revoked)
	return Presented{Token: t.token(), App: a.app(), User: u.user(), Exchanged: &x}, nil
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
