package store

import (
	"context"
	"database/sql"
	"time"
)

// Event is a row of the change log.
type Event struct {
	Seq      int64
	At       time.Time
	ActorID  string // a user's id, or "operator"
	Action   string // such as token.created
	ObjectID string
	Detail   string // JSON, never a secret
}

// InsertEvent writes e to the change log. Its Seq is given by the database, in
// the order in which transactions end.
func (t *Tx) InsertEvent(ctx context.Context, e Event) error {
	return t.atEnd(func() error { return t.insertEvent(ctx, e) })
}

func (t *Tx) insertEvent(ctx context.Context, e Event) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO events (at, actor_id, action, object_id, detail) VALUES ($1, $2, $3, $4, $5)`,
		millis(e.At), e.ActorID, e.Action, e.ObjectID, e.Detail)
	return writeError("event", err)
}

// EventsOf is what happened to one object, the oldest first.
func (q Queries) EventsOf(ctx context.Context, objectID string) ([]Event, error) {
	rows, err := q.db.QueryContext(ctx,
		`SELECT seq, at, actor_id, action, object_id, detail FROM events WHERE object_id = $1 ORDER BY seq`, objectID)
	if err != nil {
		return nil, readError("events", err)
	}
	defer rows.Close()
	var out []Event
	for rows.Next() {
		var (
			e  Event
			at sql.NullInt64
		)
		if err := rows.Scan(&e.Seq, &at, &e.ActorID, &e.Action, &e.ObjectID, &e.Detail); err != nil {
			return nil, readError("events", err)
		}
		e.At = instant(at)
		out = append(out, e)
	}
	return out, readError("events", rows.Err())
}
