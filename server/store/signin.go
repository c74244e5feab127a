package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SignIn is a row of sign_ins: one user signed in on one device, from the
// password to the sign-out. Every refresh token that followed from it, its
// family, and every access token hang on it: when it ends, they all do.
type SignIn struct {
	ID              string
	UserID          string
	ClientID        string
	Scopes          []string
	AuthenticatedAt time.Time
	CreatedAt       time.Time
	ExpiresAt       time.Time // at the latest
	EndedAt         time.Time // zero: not ended
}

// Live reports whether it has neither ended nor expired.
func (s SignIn) Live(now time.Time) bool { return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) }

// SignInCode is a row of sign_in_codes: an authorization code, which its
// client redeems once.
type SignInCode struct {
	Hash            []byte // SHA-256 of the code
	UserID          string
	ClientID        string
	RedirectURI     string
	Nonce           string
	Scopes          []string
	Challenge       string
	AuthenticatedAt time.Time
	ExpiresAt       time.Time
	ConsumedAt      time.Time // zero: not yet
	SignInID        string    // what it was redeemed for
}

// RefreshToken is a row of refresh_tokens.
type RefreshToken struct {
	Hash       []byte // SHA-256 of the token
	SignInID   string
	ExpiresAt  time.Time
	ConsumedAt time.Time // zero: not yet
}

// AccessToken is a row of access_tokens, with the sign-in that it hangs on
// and that sign-in's user, as they are now.
type AccessToken struct {
	Scopes    []string
	ExpiresAt time.Time
	SignIn    SignIn
	User      User
}

// SignIn answers ErrNotFound if there is none.
func (q Queries) SignIn(ctx context.Context, id string) (SignIn, error) {
	var (
		s                             SignIn
		scopes                        string
		authenticated, created, until int64
		ended                         sql.NullInt64
	)
	err := q.one(ctx, `SELECT id, user_id, client_id, scopes, authenticated_at, created_at, expires_at, ended_at
		FROM sign_ins WHERE id = $1`+q.hold, id).
		Scan(&s.ID, &s.UserID, &s.ClientID, &scopes, &authenticated, &created, &until, &ended)
	s.Scopes, s.EndedAt = strings.Fields(scopes), instant(ended)
	s.AuthenticatedAt, s.CreatedAt, s.ExpiresAt = at(authenticated), at(created), at(until)
	return s, readError("sign-in", err)
}

// SignedIn reports whether a sign-in lives at now. What a transaction found
// alive does not end before it.
func (q Queries) SignedIn(ctx context.Context, id string, now time.Time) (bool, error) {
	var (
		s     SignIn
		until int64
		ended sql.NullInt64
	)
	err := q.one(ctx, `SELECT expires_at, ended_at FROM sign_ins WHERE id = $1`+q.holdShare, id).Scan(&until, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	s.ExpiresAt, s.EndedAt = at(until), instant(ended)
	return s.Live(now), readError("sign-in", err)
}

// SignInCode answers ErrNotFound if there is none.
func (q Queries) SignInCode(ctx context.Context, hash []byte) (SignInCode, error) {
	var (
		c                    SignInCode
		scopes               string
		authenticated, until int64
		consumed             sql.NullInt64
	)
	err := q.db.QueryRowContext(ctx, `SELECT hash, user_id, client_id, redirect_uri, nonce, scopes, challenge,
		authenticated_at, expires_at, consumed_at, sign_in_id FROM sign_in_codes WHERE hash = $1`+q.hold, hash).
		Scan(&c.Hash, &c.UserID, &c.ClientID, &c.RedirectURI, &c.Nonce, &scopes, &c.Challenge,
			&authenticated, &until, &consumed, &c.SignInID)
	c.Scopes, c.ConsumedAt = strings.Fields(scopes), instant(consumed)
	c.AuthenticatedAt, c.ExpiresAt = at(authenticated), at(until)
	return c, readError("sign-in code", err)
}

// RefreshToken answers ErrNotFound if there is none.
func (q Queries) RefreshToken(ctx context.Context, hash []byte) (RefreshToken, error) {
	var (
		r        RefreshToken
		until    int64
		consumed sql.NullInt64
	)
	err := q.db.QueryRowContext(ctx,
		`SELECT hash, sign_in_id, expires_at, consumed_at FROM refresh_tokens WHERE hash = $1`+q.hold, hash).
		Scan(&r.Hash, &r.SignInID, &until, &consumed)
	r.ExpiresAt, r.ConsumedAt = at(until), instant(consumed)
	return r, readError("refresh token", err)
}

// AccessToken answers ErrNotFound if there is none.
func (q Queries) AccessToken(ctx context.Context, hash []byte) (AccessToken, error) {
	var (
		a        AccessToken
		signInID string
		scopes   string
		until    int64
	)
	err := q.one(ctx, `SELECT sign_in_id, scopes, expires_at FROM access_tokens WHERE hash = $1`+q.hold, hash).
		Scan(&signInID, &scopes, &until)
	if err != nil {
		return AccessToken{}, readError("access token", err)
	}
	a.Scopes, a.ExpiresAt = strings.Fields(scopes), at(until)
	if a.SignIn, err = q.SignIn(ctx, signInID); err != nil {
		return AccessToken{}, err
	}
	a.User, err = q.UserByID(ctx, a.SignIn.UserID)
	return a, err
}

// InsertSignIn adds s.
func (t *Tx) InsertSignIn(ctx context.Context, s SignIn) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO sign_ins
		(id, user_id, client_id, scopes, authenticated_at, created_at, expires_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.UserID, s.ClientID, strings.Join(s.Scopes, " "), millis(s.AuthenticatedAt), millis(s.CreatedAt), millis(s.ExpiresAt), millis(s.EndedAt))
	return writeError("sign-in", err)
}

// EndSignIn ends a sign-in and with it all its tokens. One that has ended
// stays as it is.
func (t *Tx) EndSignIn(ctx context.Context, id string, now time.Time) error {
	_, err := t.db.ExecContext(ctx, `UPDATE sign_ins SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, id, millis(now))
	return writeError("sign-in", err)
}

// InsertSignInCode adds c.
func (t *Tx) InsertSignInCode(ctx context.Context, c SignInCode) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO sign_in_codes
		(hash, user_id, client_id, redirect_uri, nonce, scopes, challenge, authenticated_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.Hash, c.UserID, c.ClientID, c.RedirectURI, c.Nonce, strings.Join(c.Scopes, " "), c.Challenge, millis(c.AuthenticatedAt), millis(c.ExpiresAt))
	return writeError("sign-in code", err)
}

// ConsumeSignInCode marks a live code as redeemed for the sign-in signInID.
// It reports false for one that was redeemed before, has expired or is
// unknown: of any number of callers only one gets true.
func (t *Tx) ConsumeSignInCode(ctx context.Context, hash []byte, signInID string, now time.Time) (bool, error) {
	return t.once(ctx, "sign-in code",
		`UPDATE sign_in_codes SET consumed_at = $2, sign_in_id = $3 WHERE hash = $1 AND consumed_at IS NULL AND expires_at > $2`,
		hash, millis(now), signInID)
}

// InsertRefreshToken adds r.
func (t *Tx) InsertRefreshToken(ctx context.Context, r RefreshToken) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO refresh_tokens (hash, sign_in_id, expires_at) VALUES ($1, $2, $3)`,
		r.Hash, r.SignInID, millis(r.ExpiresAt))
	return writeError("refresh token", err)
}

// ConsumeRefreshToken marks a live refresh token as used. It reports false
// for one that was used before, has expired or is unknown: of any number of
// callers only one gets true.
func (t *Tx) ConsumeRefreshToken(ctx context.Context, hash []byte, now time.Time) (bool, error) {
	return t.once(ctx, "refresh token",
		`UPDATE refresh_tokens SET consumed_at = $2 WHERE hash = $1 AND consumed_at IS NULL AND expires_at > $2`,
		hash, millis(now))
}

// InsertAccessToken adds an access token of the sign-in signInID.
func (t *Tx) InsertAccessToken(ctx context.Context, hash []byte, signInID string, scopes []string, expires time.Time) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO access_tokens (hash, sign_in_id, scopes, expires_at) VALUES ($1, $2, $3, $4)`,
		hash, signInID, strings.Join(scopes, " "), millis(expires))
	return writeError("access token", err)
}

// DeleteAccessToken ends one access token.
func (t *Tx) DeleteAccessToken(ctx context.Context, hash []byte) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM access_tokens WHERE hash = $1`, hash)
	return writeError("access token", err)
}

// PurgeSignIns deletes up to some dozens of rows that no longer matter: access
// and refresh tokens and sign-ins that have expired, and codes a day after
// they have (a device's: an hour), until when a second use still ends what the
// first one began.
func (t *Tx) PurgeSignIns(ctx context.Context, now time.Time) error {
	for _, p := range []struct {
		table, key string
		before     time.Time
		most       int
	}{
		{"access_tokens", "hash", now, 32},
		{"refresh_tokens", "hash", now, 32},
		{"sign_in_codes", "hash", now.Add(-24 * time.Hour), 16},
		{"device_codes", "hash", now.Add(-time.Hour), 16},
		{"sign_ins", "id", now, 2}, // which takes its refresh tokens along
	} {
		_, err := t.db.ExecContext(ctx, fmt.Sprintf(`DELETE FROM %[1]s WHERE %[2]s IN
			(SELECT %[2]s FROM %[1]s WHERE expires_at <= $1 ORDER BY expires_at LIMIT %[3]d%[4]s)`, p.table, p.key, p.most, t.skipHeld), millis(p.before))
		if err != nil {
			return writeError(p.table, err)
		}
	}
	return nil
}

// once runs a conditional update and reports whether it hit its row.
func (t *Tx) once(ctx context.Context, what, update string, args ...any) (bool, error) {
	result, err := t.db.ExecContext(ctx, update, args...)
	if err != nil {
		return false, writeError(what, err)
	}
	n, err := result.RowsAffected()
	return n == 1, writeError(what, err)
}

// at is the instant of a column that is never NULL.
func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
