package store

import (
	"context"
	"time"
)

// Reply is a row of idempotency: the sealed reply to a create.
type Reply struct {
	KeyHash     []byte // under the pepper, as all of it
	PepperID    string
	RequestHash []byte
	Sealed      []byte
	ExpiresAt   time.Time
}

// ReplyByKey answers ErrNotFound if there is none.
func (q Queries) ReplyByKey(ctx context.Context, keyHash []byte) (Reply, error) {
	r := Reply{KeyHash: keyHash}
	var expires int64
	err := q.db.QueryRowContext(ctx, `SELECT request_hash, sealed, expires_at FROM idempotency WHERE key_hash = $1`+q.hold, keyHash).
		Scan(&r.RequestHash, &r.Sealed, &expires)
	r.ExpiresAt = time.UnixMilli(expires).UTC()
	return r, readError("reply", err)
}

// InsertReply keeps r; ErrTaken if its key is.
func (t *Tx) InsertReply(ctx context.Context, r Reply) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO idempotency (key_hash, pepper_id, request_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		r.KeyHash, r.PepperID, r.RequestHash, r.Sealed, millis(r.ExpiresAt))
	return writeError("reply", err)
}

// RepliesDue reports whether PurgeReplies has something to do.
func (q Queries) RepliesDue(ctx context.Context, now time.Time) (bool, error) {
	var due bool
	err := q.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM idempotency WHERE expires_at <= $1)`, now.UnixMilli()).Scan(&due)
	return due, readError("replies", err)
}

// PurgeReplies drops the replies that have expired at now.
func (t *Tx) PurgeReplies(ctx context.Context, now time.Time) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM idempotency WHERE key_hash IN
		(SELECT key_hash FROM idempotency WHERE expires_at <= $1`+t.skipHeld+`)`, now.UnixMilli())
	return writeError("replies", err)
}
