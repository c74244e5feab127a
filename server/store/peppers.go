package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Pepper is a row of peppers: that there is one, never what it is.
type Pepper struct {
	ID    string
	State string
	Since time.Time
}

// States of a Pepper. One is current; at most one more is new or old.
const (
	PepperNew     = "new"     // made, and not used yet
	PepperCurrent = "current" // what is made is kept under it
	PepperOld     = "old"     // what is under it works, and moves to the current one
	PepperRetired = "retired" // what is under it is worth nothing
)

// Peppers are all that there ever were, the first one first. Decide by them
// only while holding "peppers".
func (q Queries) Peppers(ctx context.Context) ([]Pepper, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT id, state, at FROM peppers ORDER BY at, id`)
	if err != nil {
		return nil, readError("peppers", err)
	}
	defer rows.Close()
	var out []Pepper
	for rows.Next() {
		var (
			p     Pepper
			since int64
		)
		if err := rows.Scan(&p.ID, &p.State, &since); err != nil {
			return nil, readError("peppers", err)
		}
		p.Since = time.UnixMilli(since).UTC()
		out = append(out, p)
	}
	return out, readError("peppers", rows.Err())
}

// SetPepper writes p, whether or not it was there. One that becomes retired
// waits for those who are just making something under it.
func (t *Tx) SetPepper(ctx context.Context, p Pepper) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO peppers (id, state, at) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, at = excluded.at`, p.ID, p.State, millis(p.Since))
	return writeError("pepper", err)
}

// UnderPepper is asked by whoever is about to keep something under a pepper: it
// is not retired before the transaction ends. A server that missed that it was
// is told ErrUnavailable.
func (t *Tx) UnderPepper(ctx context.Context, id string) error {
	var state string
	err := t.db.QueryRowContext(ctx, `SELECT state FROM peppers WHERE id = $1`+t.holdShare, id).Scan(&state)
	if err = readError("pepper", err); errors.Is(err, ErrNotFound) {
		return nil // the first one, that was not noted yet
	}
	if err == nil && state == PepperRetired {
		return fmt.Errorf("%w: the pepper %s was retired", ErrUnavailable, id)
	}
	return err
}

// AdoptSecrets notes that client secrets from before peppers were noted are
// under the first one.
func (t *Tx) AdoptSecrets(ctx context.Context, pepperID string) error {
	_, err := t.db.ExecContext(ctx, `UPDATE apps SET secret_pepper_id = $1 WHERE secret_mac IS NOT NULL AND secret_pepper_id = ''`, pepperID)
	return writeError("client secrets", err)
}

// Move is what is presented and was found under another pepper than the
// current one: the same value under that.
type Move struct {
	ID       string // of a token, or of an app for its client secret
	From, To string // ids of peppers
	Old, New []byte // MACs
}

// MoveToken keeps a token under another pepper. Nothing that it is worth
// changes: what others remember of it stays true as long as they hold both.
func (t *Tx) MoveToken(ctx context.Context, m Move) error {
	_, err := t.db.ExecContext(ctx, `UPDATE tokens SET mac = $1, pepper_id = $2 WHERE id = $3 AND mac = $4 AND pepper_id = $5`, m.New, m.To, m.ID, m.Old, m.From)
	return writeError("token", err)
}

// MoveSecret does the same with the client secret of an app.
func (t *Tx) MoveSecret(ctx context.Context, m Move) error {
	_, err := t.db.ExecContext(ctx, `UPDATE apps SET secret_mac = $1, secret_pepper_id = $2 WHERE id = $3 AND secret_mac = $4 AND secret_pepper_id = $5`,
		m.New, m.To, m.ID, m.Old, m.From)
	return writeError("client secret", err)
}

// PepperUse counts what is kept under a pepper.
type PepperUse struct {
	Tokens    int // that work by themselves, or live on after a rotation
	Ended     int // tokens that are revoked or expired
	Secrets   int // of apps
	Exchanged int // whose time is not over
	Replies   int // the same
}

// UsesOfPepper counts at now. It reads all tokens.
func (q Queries) UsesOfPepper(ctx context.Context, id string, now time.Time) (u PepperUse, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM tokens t WHERE t.pepper_id = $1 AND `+liveAt+`),
		(SELECT COUNT(*) FROM tokens t WHERE t.pepper_id = $1 AND NOT (`+liveAt+`)),
		(SELECT COUNT(*) FROM apps WHERE secret_pepper_id = $1 AND secret_mac IS NOT NULL AND deleted_name IS NULL),
		(SELECT COUNT(*) FROM exchanges WHERE pepper_id = $1 AND expires_at > $2 AND revoked_at IS NULL),
		(SELECT COUNT(*) FROM idempotency WHERE pepper_id = $1 AND expires_at > $2)`, id, now.UnixMilli()).
		Scan(&u.Tokens, &u.Ended, &u.Secrets, &u.Exchanged, &u.Replies)
	return u, readError("tokens", err)
}

// PepperNeeded reports whether anything works by a pepper at now: what stays,
// tokens and client secrets, and what passes within minutes, exchanged tokens
// and replies. Unlike UsesOfPepper it reads next to nothing.
func (q Queries) PepperNeeded(ctx context.Context, id string, now time.Time) (stays, passes bool, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT 1 FROM tokens WHERE pepper_id = $1 AND revoked_at IS NULL AND expires_at IS NULL)
		OR EXISTS (SELECT 1 FROM tokens WHERE pepper_id = $1 AND revoked_at IS NULL AND expires_at > $2)
		OR EXISTS (SELECT 1 FROM tokens WHERE pepper_id = $1 AND overlap_ends_at > $2)
		OR EXISTS (SELECT 1 FROM apps WHERE secret_pepper_id = $1 AND secret_mac IS NOT NULL AND deleted_name IS NULL),
		EXISTS (SELECT 1 FROM exchanges WHERE pepper_id = $1 AND expires_at > $2 AND revoked_at IS NULL)
		OR EXISTS (SELECT 1 FROM idempotency WHERE pepper_id = $1 AND expires_at > $2)`, id, now.UnixMilli()).Scan(&stays, &passes)
	return stays, passes, readError("tokens", err)
}

// liveAt is a token called t that works at $2.
var liveAt = worksSQL("t", "$2")

// LiveUnder are the ids of up to limit tokens that UsesOfPepper counts as
// Tokens, after one of them, in their order.
func (q Queries) LiveUnder(ctx context.Context, pepperID, after string, now time.Time, limit int) ([]string, error) {
	return q.ids(ctx, `SELECT t.id FROM tokens t WHERE t.pepper_id = $1 AND `+liveAt+` AND t.id > $3 ORDER BY t.id LIMIT $4`,
		pepperID, now.UnixMilli(), after, limit)
}

// SecretsUnder are the ids of the apps whose client secret is under a pepper.
func (q Queries) SecretsUnder(ctx context.Context, pepperID string) ([]string, error) {
	return q.ids(ctx, `SELECT id FROM apps WHERE secret_pepper_id = $1 AND secret_mac IS NOT NULL AND deleted_name IS NULL ORDER BY id`, pepperID)
}

func (q Queries) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, readError("ids", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, readError("ids", err)
		}
		out = append(out, id)
	}
	return out, readError("ids", rows.Err())
}

// Holder is a server that tells which peppers it holds.
type Holder struct {
	ServerID string // of a process
	Name     string // for people
	Holds    []string
	Beat     int64 // another one each time it tells
}

// Holders are those that told, and may have ended since.
func (q Queries) Holders(ctx context.Context) ([]Holder, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT server_id, name, holds, beat FROM pepper_holders ORDER BY name, server_id`)
	if err != nil {
		return nil, readError("servers", err)
	}
	defer rows.Close()
	var out []Holder
	for rows.Next() {
		var (
			h     Holder
			holds string
		)
		if err := rows.Scan(&h.ServerID, &h.Name, &holds, &h.Beat); err != nil {
			return nil, readError("servers", err)
		}
		h.Holds = strings.Fields(holds)
		out = append(out, h)
	}
	return out, readError("servers", rows.Err())
}

// Tell notes what a server holds.
func (t *Tx) Tell(ctx context.Context, h Holder) error {
	_, err := t.db.ExecContext(ctx, `INSERT INTO pepper_holders (server_id, name, holds, beat) VALUES ($1, $2, $3, $4)
		ON CONFLICT (server_id) DO UPDATE SET holds = excluded.holds, beat = excluded.beat`, h.ServerID, h.Name, strings.Join(h.Holds, " "), h.Beat)
	return writeError("server", err)
}

// ForgetHolders drops what servers told.
func (t *Tx) ForgetHolders(ctx context.Context) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM pepper_holders`)
	return writeError("servers", err)
}

// oneOf selects rows by a MAC.
func oneOf(column string, macs [][]byte) (condition string, args []any) {
	for _, mac := range macs {
		args = append(args, mac)
	}
	if len(macs) == 1 {
		return column + ` = $1`, args
	}
	return column + ` IN ($1, $2)`, args
}
