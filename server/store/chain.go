package store

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"keyfob/server/audit"
)

// insertEvent gives e its place at the end of the chain and inserts it.
func (t *Tx) insertEvent(ctx context.Context, e Event) error {
	var (
		head audit.Head
		hash []byte
	)
	last := `SELECT seq + 1, hash FROM event_chain WHERE id = 1`
	if t.late != nil { // PostgreSQL
		// The hash is of what is kept.
		e.ActorID, e.Action, e.ObjectID, e.Detail = validText(e.ActorID), validText(e.Action), validText(e.ObjectID), validText(e.Detail)
		// Writing the head first makes the writers of several servers queue here.
		last = `UPDATE event_chain SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash`
	}
	err := t.db.QueryRowContext(ctx, last).Scan(&e.Seq, &hash)
	if err != nil {
		return writeError("event", err)
	}
	copy(head.Hash[:], hash)
	head = head.Next(e.entry())
	_, err = t.db.ExecContext(ctx,
		`INSERT INTO events (seq, at, actor_id, action, object_id, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Seq, millis(e.At), e.ActorID, e.Action, e.ObjectID, e.Detail, head.Hash[:])
	if err != nil {
		return writeError("event", err)
	}
	return t.setHead(ctx, head)
}

func (t *Tx) setHead(ctx context.Context, head audit.Head) error {
	_, err := t.db.ExecContext(ctx, `UPDATE event_chain SET seq = $1, hash = $2 WHERE id = 1`, head.Seq, head.Hash[:])
	return writeError("event", err)
}

// entry is e as its hash covers it.
func (e Event) entry() audit.Event {
	return audit.Event{Seq: e.Seq, At: e.At, Actor: e.ActorID, Action: e.Action, Object: e.ObjectID, Detail: e.Detail}
}

// chain chains, once in the life of a database, the events that it has from
// before there was a chain.
func (s *Store) chain(ctx context.Context) error {
	head, err := s.ChainHead(ctx)
	if err != nil || head.Seq >= 0 {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		first, err := tx.once(ctx, "event", `UPDATE event_chain SET seq = 0 WHERE id = 1 AND seq = -1`)
		if err != nil || !first { // another server did it meanwhile
			return err
		}
		return tx.chainAll(ctx)
	})
}

func (t *Tx) chainAll(ctx context.Context) error {
	var head audit.Head
	for {
		rows, err := t.ChainRows(ctx, head.Seq, 1000)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			head = head.Next(r.Event)
			if _, err := t.db.ExecContext(ctx, `UPDATE events SET hash = $2 WHERE seq = $1`, r.Seq, head.Hash[:]); err != nil {
				return writeError("event", err)
			}
		}
		if err := t.setHead(ctx, head); err != nil {
			return err
		}
	}
}

var _ audit.Source = Queries{}

// ChainHead is where the chain of events ends. Where somebody took that away it
// is the zero Head, which no event fits.
func (q Queries) ChainHead(ctx context.Context) (audit.Head, error) {
	var (
		head audit.Head
		hash []byte
	)
	err := q.db.QueryRowContext(ctx, `SELECT seq, hash FROM event_chain WHERE id = 1`).Scan(&head.Seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	copy(head.Hash[:], hash)
	return head, readError("event", err)
}

// ChainRows are up to limit events with a Seq above after, in their order.
func (q Queries) ChainRows(ctx context.Context, after int64, limit int) ([]audit.Row, error) {
	comparison := ">"
	if after == math.MinInt64 {
		comparison = ">=" // all of them
	}
	rows, err := q.db.QueryContext(ctx, `SELECT seq, at, actor_id, action, object_id, detail, hash FROM events
		WHERE seq `+comparison+` $1 ORDER BY seq LIMIT $2`, after, limit)
	if err != nil {
		return nil, readError("events", err)
	}
	defer rows.Close()
	var out []audit.Row
	for rows.Next() {
		out = append(out, scanRow(rows))
	}
	return out, readError("events", rows.Err())
}

// scanRow reads a row that somebody may have spoiled: SQLite keeps a text in a
// column of numbers. What cannot be read has no hash that fits.
func scanRow(rows scanner) audit.Row {
	var (
		r  audit.Row
		at sql.NullInt64
	)
	if err := rows.Scan(&r.Seq, &at, &r.Actor, &r.Action, &r.Object, &r.Detail, &r.Hash); err != nil {
		r.Hash = nil
	}
	r.At = instant(at)
	return r
}

// BeyondHead is the Seq of the first event after ChainHead; 0 if there is none.
func (q Queries) BeyondHead(ctx context.Context) (int64, error) {
	var seq sql.NullInt64
	err := q.db.QueryRowContext(ctx, `SELECT MIN(seq) FROM events WHERE seq > (SELECT seq FROM event_chain WHERE id = 1)`).Scan(&seq)
	return seq.Int64, readError("event", err)
}
