package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Token is a row of tokens. It never holds the token's value, only its MAC.
type Token struct {
	ID           string
	MAC          []byte
	PepperID     string
	Kind         string
	Description  string
	Hint         string
	AppID        string
	UserID       string // the owner of a PAT; empty for a SAT
	Scopes       []string
	CreatedAt    time.Time
	CreatedBy    string // a user's id, or "operator"
	ExpiresAt    time.Time
	LastUsedAt   time.Time
	LastUsedFrom string
	RevokedAt    time.Time // with an overlap, a time to come: see Revoked
	RevokedBy    string    // as CreatedBy
	Replaces     string
	ReplacedBy   string

	OverlapEndsAt time.Time // of one that was rotated; zero: no overlap

	Permissions []string // as granted: never more than this
	Tenants     []string // as granted
}

//nolint:gosec // G101: names of columns, no credentials
const tokenColumns = `t.id, t.mac, t.pepper_id, t.kind, t.description, t.hint, t.app_id, t.user_id, t.scopes, t.created_at, t.created_by,
	t.expires_at, t.last_used_at, t.last_used_from, t.revoked_at, t.revoked_by, t.replaces, t.replaced_by, t.overlap_ends_at,
	t.permissions, t.tenants`

// TokenByID answers ErrNotFound if there is none.
func (q Queries) TokenByID(ctx context.Context, id string) (Token, error) {
	var s tokenScan
	err := q.db.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM tokens t WHERE t.id = $1`+q.hold, id).Scan(s.dest()...)
	return s.token(), readError("token", err)
}

// NewestPepperID names the pepper of the token issued last; ErrNotFound if
// there is no token. Ids sort by time, so this reads one row.
func (q Queries) NewestPepperID(ctx context.Context) (id string, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT pepper_id FROM tokens ORDER BY id DESC LIMIT 1`).Scan(&id)
	return id, readError("token", err)
}

// InsertToken adds k.
func (t *Tx) InsertToken(ctx context.Context, k Token) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by, expires_at, replaces,
			permissions, tenants)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		k.ID, k.MAC, k.PepperID, k.Kind, k.Description, k.Hint, k.AppID, orNull(k.UserID), strings.Join(k.Scopes, " "),
		millis(k.CreatedAt), k.CreatedBy, millis(k.ExpiresAt), orNull(k.Replaces),
		strings.Join(k.Permissions, " "), strings.Join(k.Tenants, " "))
	return writeError("token", err)
}

// RevokeToken ends a token, or its overlap, also one that is over: by another
// clock it may not be. It reports false if it was ended for good before, and
// then changes nothing: who ended it first stays on record.
func (t *Tx) RevokeToken(ctx context.Context, id string, at time.Time, by string) (bool, error) {
	return t.alter(ctx, "token", id,
		`UPDATE tokens SET revoked_at = $1, revoked_by = $2, overlap_ends_at = NULL
		WHERE id = $3 AND (revoked_at IS NULL OR overlap_ends_at IS NOT NULL)`, millis(at), by, id)
}

// SetLastUse notes a use, unless a later one is on record.
func (t *Tx) SetLastUse(ctx context.Context, id string, at time.Time, from string) error {
	_, err := t.db.ExecContext(ctx,
		`UPDATE tokens SET last_used_at = $1, last_used_from = $2 WHERE id = $3 AND COALESCE(last_used_at, -1) < $1`,
		at.UnixMilli(), from, id)
	return writeError("last use", err)
}

// tokenScan receives tokenColumns.
type tokenScan struct {
	t                                             Token
	scopes, permissions, tenants                  string
	user, usedFrom, revokedBy, replaces, replaced sql.NullString
	created, expires, lastUsed, revoked, overlap  sql.NullInt64
}

func (s *tokenScan) dest() []any {
	return []any{
		&s.t.ID, &s.t.MAC, &s.t.PepperID, &s.t.Kind, &s.t.Description, &s.t.Hint, &s.t.AppID, &s.user, &s.scopes, &s.created, &s.t.CreatedBy,
		&s.expires, &s.lastUsed, &s.usedFrom, &s.revoked, &s.revokedBy, &s.replaces, &s.replaced, &s.overlap,
		&s.permissions, &s.tenants,
	}
}

func (s *tokenScan) token() Token {
	t := s.t
	t.UserID, t.Scopes = s.user.String, strings.Fields(s.scopes)
	t.CreatedAt, t.ExpiresAt = instant(s.created), instant(s.expires)
	t.LastUsedAt, t.LastUsedFrom = instant(s.lastUsed), s.usedFrom.String
	t.RevokedAt, t.RevokedBy = instant(s.revoked), s.revokedBy.String
	t.Replaces, t.ReplacedBy = s.replaces.String, s.replaced.String
	t.OverlapEndsAt = instant(s.overlap)
	t.Permissions, t.Tenants = words(s.permissions), words(s.tenants)
	return t
}
