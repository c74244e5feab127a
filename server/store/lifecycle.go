package store

import (
	"context"
	"strings"
	"time"
)

// Revoked reports whether the token's end has come at now. One that was
// rotated with an overlap ends by the clock, every other once and for good.
func (t Token) Revoked(now time.Time) bool {
	return !t.RevokedAt.IsZero() && !now.Before(t.OverlapEndsAt)
}

// Ended reports whether the token is revoked whatever the clock says.
func (t Token) Ended() bool { return !t.RevokedAt.IsZero() && t.OverlapEndsAt.IsZero() }

// revokedSQL is Revoked of the row of tokens called t, at the parameter now.
func revokedSQL(now string) string {
	return "(t.revoked_at IS NOT NULL AND COALESCE(t.overlap_ends_at, -1) <= " + now + ")"
}

// ReplaceToken notes that newID replaces a token, which ends at once, or at
// until if that is not zero. It reports false, and changes nothing, for one
// that was revoked or replaced before: of any number of callers one gets true.
func (t *Tx) ReplaceToken(ctx context.Context, id, newID, by string, now, until time.Time) (bool, error) {
	end := until
	if until.IsZero() {
		end = now
	}
	return t.alter(ctx, "token", id,
		`UPDATE tokens SET replaced_by = $1, revoked_at = $2, revoked_by = $3, overlap_ends_at = $4
		WHERE id = $5 AND replaced_by IS NULL AND revoked_at IS NULL`,
		newID, millis(end), by, millis(until), id)
}

// DeleteApp hides an app for good, and ends its client secret and its use. Its
// row stays: what happened with its tokens remains readable.
func (t *Tx) DeleteApp(ctx context.Context, id string) error {
	_, err := t.alter(ctx, "app", id,
		`UPDATE apps SET deleted_name = name, name = id, enabled = FALSE, secret_mac = NULL WHERE id = $1 AND deleted_name IS NULL`, id)
	return err
}

// AppDeleted reports whether an app was there and has been deleted.
func (q Queries) AppDeleted(ctx context.Context, id string) (bool, error) {
	var deleted bool
	err := q.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM apps WHERE id = $1 AND deleted_name IS NOT NULL)`, id).Scan(&deleted)
	return deleted, readError("app", err)
}

// UpdateUser writes all of u but its id, login and creation.
func (t *Tx) UpdateUser(ctx context.Context, u User) error {
	_, err := t.alter(ctx, "user", u.ID,
		`UPDATE users SET name = $1, email = $2, preferred_language = $3, is_admin = $4, is_active = $5, password_hash = $6,
		permissions = $8, tenants = $9, token_limit = $10 WHERE id = $7`,
		u.Name, u.Email, u.PreferredLanguage, u.IsAdmin, u.IsActive, u.PasswordHash, u.ID,
		strings.Join(u.Permissions, " "), strings.Join(u.Tenants, " "), u.TokenLimit)
	return err
}

// OtherAdmin reports whether an active administrator is left without the user
// id.
func (q Queries) OtherAdmin(ctx context.Context, id string) (bool, error) {
	var left bool
	err := q.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE is_admin AND is_active AND id <> $1)`, id).Scan(&left)
	return left, readError("users", err)
}

// EndSignIns ends all sign-ins of a user, and with them all their tokens, and
// what was to become one: codes that were not redeemed, and devices that were
// allowed. It counts as one in the user's SignOuts.
func (t *Tx) EndSignIns(ctx context.Context, userID string, now time.Time) error {
	if _, err := t.db.ExecContext(ctx, `UPDATE users SET sign_outs = sign_outs + 1 WHERE id = $1`, userID); err != nil {
		return writeError("user", err)
	}
	if _, err := t.db.ExecContext(ctx, `UPDATE sign_ins SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`, userID, millis(now)); err != nil {
		return writeError("sign-ins", err)
	}
	if _, err := t.db.ExecContext(ctx, `DELETE FROM sign_in_codes WHERE user_id = $1 AND consumed_at IS NULL`, userID); err != nil {
		return writeError("sign-in codes", err)
	}
	_, err := t.db.ExecContext(ctx, `UPDATE device_codes SET allowed = FALSE WHERE user_id = $1 AND consumed_at IS NULL`, userID)
	return writeError("device codes", err)
}
