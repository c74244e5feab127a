package store

import (
	"context"
	"database/sql"
	"time"
)

// Actors that are no users, beside the operator of the command line.
const (
	ActorServer  = "server"  // the server by itself
	ActorUnknown = "unknown" // somebody who did not sign in

	ActorApp = "application" // one by its client secret; the detail names it
)

// Event is a row of the change log.
type Event struct {
	Seq      int64
	At       time.Time
	ActorID  string // a user's id, "operator", or one of Actor…
	Action   string // such as token.created
	ObjectID string
	Detail   string // JSON, never a secret
}

// InsertEvent writes e to the change log when the transaction's own work is
// done, at the end of its chain, which gives it its Seq: the order of the log
// is the order in which transactions end.
func (t *Tx) InsertEvent(ctx context.Context, e Event) error {
	if t.actions != nil {
		*t.actions = append(*t.actions, e.Action)
	}
	return t.atEnd(func() error { return t.insertEvent(ctx, e) })
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
