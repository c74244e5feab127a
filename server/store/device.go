package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// DeviceCode is a row of device_codes: a device that waits for a person to
// let it in from another browser (RFC 8628).
type DeviceCode struct {
	Hash            []byte // SHA-256 of the device code
	UserCode        []byte // MAC of the code that the person types
	ClientID        string
	Scopes          []string
	ExpiresAt       time.Time
	PolledAt        time.Time // the last time that the device was told to wait; zero: never
	DecidedAt       time.Time // zero: not yet
	Allowed         bool      // what was decided
	UserID          string    // by whom; empty: not yet
	AuthenticatedAt time.Time
	ConsumedAt      time.Time // zero: not yet
	SignInID        string    // what it was redeemed for
}

const deviceColumns = `hash, user_code, client_id, scopes, expires_at, polled_at, decided_at, allowed,
	user_id, authenticated_at, consumed_at, sign_in_id`

// DeviceCode answers ErrNotFound if there is none.
func (q Queries) DeviceCode(ctx context.Context, hash []byte) (DeviceCode, error) {
	return scanDeviceCode(q.db.QueryRowContext(ctx, `SELECT `+deviceColumns+` FROM device_codes WHERE hash = $1`+q.hold, hash))
}

// DeviceCodeByUserCode answers ErrNotFound if there is none.
func (q Queries) DeviceCodeByUserCode(ctx context.Context, userCode []byte) (DeviceCode, error) {
	return scanDeviceCode(q.db.QueryRowContext(ctx, `SELECT `+deviceColumns+` FROM device_codes WHERE user_code = $1`+q.hold, userCode))
}

func scanDeviceCode(row scanner) (DeviceCode, error) {
	var (
		c                                        DeviceCode
		scopes                                   string
		until                                    int64
		polled, decided, authenticated, consumed sql.NullInt64
		user                                     sql.NullString
	)
	err := row.Scan(&c.Hash, &c.UserCode, &c.ClientID, &scopes, &until, &polled, &decided, &c.Allowed,
		&user, &authenticated, &consumed, &c.SignInID)
	c.Scopes, c.UserID, c.ExpiresAt = strings.Fields(scopes), user.String, at(until)
	c.PolledAt, c.DecidedAt = instant(polled), instant(decided)
	c.AuthenticatedAt, c.ConsumedAt = instant(authenticated), instant(consumed)
	return c, readError("device code", err)
}

// InsertDeviceCode adds c, which nobody has decided about; ErrTaken if its
// user code is.
func (t *Tx) InsertDeviceCode(ctx context.Context, c DeviceCode) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO device_codes (hash, user_code, client_id, scopes, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		c.Hash, c.UserCode, c.ClientID, strings.Join(c.Scopes, " "), millis(c.ExpiresAt))
	return writeError("device code", err)
}

// PollDeviceCode notes that a device was told to wait. It reports false if it
// was told so after since: of any number of callers only one gets true.
func (t *Tx) PollDeviceCode(ctx context.Context, hash []byte, since, now time.Time) (bool, error) {
	return t.once(ctx, "device code",
		`UPDATE device_codes SET polled_at = $3 WHERE hash = $1 AND (polled_at IS NULL OR polled_at <= $2)`,
		hash, millis(since), millis(now))
}

// DecideDeviceCode keeps what a person decided: c's Allowed, UserID,
// AuthenticatedAt and DecidedAt. It reports false for a code that was decided
// about before, has expired or is unknown.
func (t *Tx) DecideDeviceCode(ctx context.Context, c DeviceCode) (bool, error) {
	return t.once(ctx, "device code",
		`UPDATE device_codes SET allowed = $2, user_id = $3, authenticated_at = $4, decided_at = $5
		WHERE user_code = $1 AND decided_at IS NULL AND expires_at > $5`,
		c.UserCode, c.Allowed, c.UserID, millis(c.AuthenticatedAt), millis(c.DecidedAt))
}

// ConsumeDeviceCode marks a live code that was allowed as redeemed for the
// sign-in signInID. It reports false for any other: of any number of callers
// only one gets true.
func (t *Tx) ConsumeDeviceCode(ctx context.Context, hash []byte, signInID string, now time.Time) (bool, error) {
	return t.once(ctx, "device code",
		`UPDATE device_codes SET consumed_at = $2, sign_in_id = $3 WHERE hash = $1 AND allowed AND consumed_at IS NULL AND expires_at > $2`,
		hash, millis(now), signInID)
}
