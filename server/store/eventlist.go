package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// EventRecord is an event with the names that a list shows, as they are now.
type EventRecord struct {
	Event
	Actor      UserRef
	User       UserRef // the object, or the owner of the token that it is
	ObjectKind string  // user, app or token; empty: none of them, now
	ObjectName string
}

// EventFilter selects events; its zero value selects all.
type EventFilter struct {
	From, To time.Time // from, and before
	ActorID  string
	Action   string
	ObjectID string
	UserID   string // what this user did, or what was done to this user or their tokens
	Query    string // in action, detail or one of the names
}

// EventSorts are the orders of Events.
var EventSorts = Sorts{"at": timeKey("e.at")}

const eventColumns = `SELECT e.seq, e.at, e.actor_id, e.action, e.object_id, e.detail,
	COALESCE(a.login, ''), COALESCE(a.name, ''), COALESCE(o.id, ''), COALESCE(o.login, ''), COALESCE(o.name, ''),
	CASE WHEN u.id IS NOT NULL THEN 'user' WHEN p.id IS NOT NULL THEN 'app' WHEN t.id IS NOT NULL THEN 'token' ELSE '' END,
	COALESCE(u.name, p.name, NULLIF(t.description, ''), '…' || t.hint, '')`

const eventNames = ` e
	LEFT JOIN users a ON a.id = e.actor_id
	LEFT JOIN users u ON u.id = e.object_id
	LEFT JOIN apps p ON p.id = e.object_id
	LEFT JOIN tokens t ON t.id = e.object_id
	LEFT JOIN users o ON o.id = COALESCE(u.id, t.user_id)`

// lookEvents is how many events a page looks at for a text in them. It may thus
// be short, or empty, and still have a next one.
var lookEvents = 2000 // a variable for the tests

// Events lists events by their time, and their place among those of the same
// time. Its Total is 0: unlike other lists the change log is not counted.
func (q Queries) Events(ctx context.Context, f EventFilter, order Order) (List[EventRecord], error) {
	var out List[EventRecord]
	query, args := f.query(order)
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return out, readError("events", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, found, last, err := scanEventRecord(rows)
		switch {
		case err != nil:
			return out, err
		case found && len(out.Items) == order.Limit:
			out.Next = out.Items[order.Limit-1].position()
			return out, nil
		case found:
			out.Items = append(out.Items, r)
		}
		if last {
			out.Next = r.position()
		}
	}
	return out, readError("events", rows.Err())
}

func (r EventRecord) position() *Position {
	return &Position{Number: r.At.UnixMilli(), ID: strconv.FormatInt(r.Seq, 10)}
}

// query reads events in their order, whether each is to be listed, and whether
// it is the last one that is looked at: that one is read in any case.
func (f EventFilter) query(order Order) (string, []any) {
	if f.Query == "" {
		cond, end := f.some(order, order.Limit+1)
		return eventColumns + `, TRUE, FALSE FROM events` + eventNames + cond.where() + end, cond.args
	}
	cond, end := f.some(order, lookEvents)
	looked := `(SELECT e.*, row_number() OVER (` + inOrder(order) + `) AS n FROM (SELECT * FROM events e` + cond.where() + end + `) e)`
	has := conditions{args: cond.args}
	has.contains(f.Query, "e.action", "e.detail", "COALESCE(a.login, '')", "COALESCE(a.name, '')", "COALESCE(o.login, '')",
		"COALESCE(u.name, p.name, NULLIF(t.description, ''), '')")
	found, last := has.sql[0], `e.n = `+strconv.Itoa(lookEvents)
	return eventColumns + `, ` + found + `, ` + last + ` FROM ` + looked + eventNames + ` WHERE ` + found + ` OR ` + last +
		inOrder(order) + has.limit(order.Limit+1), has.args
}

// some is the first so many of the events, whatever text is in them: what they
// must be, and then their order.
func (f EventFilter) some(order Order, most int) (conditions, string) {
	compare := ">"
	if order.Desc {
		compare = "<"
	}
	var cond conditions
	if !f.From.IsZero() {
		cond.add("e.at >= ", cond.arg(roundUp(f.From)))
	}
	if !f.To.IsZero() {
		cond.add("e.at < ", cond.arg(roundUp(f.To)))
	}
	if order.After != nil {
		seq, _ := strconv.ParseInt(order.After.ID, 10, 64) // one that is made up gives some page
		cond.add("(e.at, e.seq) ", compare, " (", cond.arg(order.After.Number), ", ", cond.arg(seq), ")")
	}
	cond.equal("e.actor_id", f.ActorID)
	cond.equal("e.action", f.Action)
	cond.equal("e.object_id", f.ObjectID)
	end := inOrder(order) + cond.limit(most)
	if f.UserID != "" {
		cond.involves(f.UserID, end)
	}
	return cond, end
}

func inOrder(o Order) string {
	if o.Desc {
		return ` ORDER BY e.at DESC, e.seq DESC`
	}
	return ` ORDER BY e.at, e.seq`
}

// roundUp is the first instant as kept that is not before t.
func roundUp(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// involves demands of events, in place of what was demanded so far, that this
// holds and that they concern the user. Each way to concern one has an index
// that gives the page; end is the page's order and limit.
func (c *conditions) involves(userID, end string) {
	id := c.arg(userID)
	page := func(n, from, of string) string {
		arm := conditions{sql: append([]string{of + " = " + id}, c.sql...)}
		return `SELECT seq FROM (SELECT e.seq, e.at FROM ` + from + arm.where() + end + `) e` + n
	}
	c.sql = []string{`e.seq IN (` +
		page("1", `events e`, "e.actor_id") + ` UNION ` +
		page("2", `events e`, "e.object_id") + ` UNION ` +
		page("3", `tokens own JOIN events e ON e.object_id = own.id`, "own.user_id") + `)`}
}

func scanEventRecord(rows scanner) (r EventRecord, found, last bool, err error) {
	var at sql.NullInt64
	err = rows.Scan(&r.Seq, &at, &r.ActorID, &r.Action, &r.ObjectID, &r.Detail,
		&r.Actor.Login, &r.Actor.Name, &r.User.ID, &r.User.Login, &r.User.Name, &r.ObjectKind, &r.ObjectName, &found, &last)
	r.At, r.Actor.ID = instant(at), r.ActorID
	return r, found, last, readError("event", err)
}
