package store

import "context"

// SettingMaxExpiry is the longest that a new token may live, in seconds; empty:
// no bound but that of the rules.
const SettingMaxExpiry = "max_expiry_seconds"

// Setting is the value of a setting; ErrNotFound for a name that is none. In a
// Tx it stays so until the end of the transaction.
func (q Queries) Setting(ctx context.Context, name string) (value string, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`+q.holdShare, name).Scan(&value)
	return value, readError("setting", err)
}

// SetSetting changes a setting, and answers the value that it had.
func (t *Tx) SetSetting(ctx context.Context, name, value string) (old string, err error) {
	err = t.db.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`+t.hold, name).Scan(&old)
	if err != nil {
		return "", readError("setting", err)
	}
	_, err = t.db.ExecContext(ctx, `UPDATE settings SET value = $2 WHERE name = $1`, name, value)
	return old, writeError("setting", err)
}
