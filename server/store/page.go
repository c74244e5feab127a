package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
)

// A list with more rows than countMost, whatever filters them, is a long one. If
// it is filtered, a page looks at three times as many rows as it may have, or at
// lookLeast. It may thus be short, or empty, and still have a next one; and its
// total is only what it has itself.
var countMost, lookLeast = 1000, 100 // variables for the tests

// listing is a list's query: SELECT columns FROM from, the column of the ids,
// how it can be sorted and how a row is read.
type listing[T any] struct {
	what, columns, from, id string
	sorts                   Sorts
	scan                    func(row scanner) (T, error)

	table   string // the part of from that has the list's rows; empty: the list is short
	counted string // a sort by which the rows can be counted off
}

// page reads one page by keyset: no row is skipped or seen twice when others
// come and go in between.
func (l listing[T]) page(ctx context.Context, db dbtx, cond conditions, order Order) (List[T], error) {
	r, err := l.reading(ctx, db, cond, order)
	return r.out, err
}

func (l listing[T]) reading(ctx context.Context, db dbtx, cond conditions, order Order) (reading[T], error) {
	r := reading[T]{listing: l, db: db, cond: cond, order: order, key: l.sorts[order.By]}
	long, err := r.count(ctx)
	if err != nil {
		return r, err
	}
	long = long && cond.filters()
	for _, part := range r.parts() {
		if err := r.part(ctx, part, long); err != nil {
			return r, err
		}
		if long {
			r.out.Total = len(r.out.Items)
		}
		if r.out.Next != nil {
			break
		}
	}
	return r, nil
}

// reading is a page on its way.
type reading[T any] struct {
	listing[T]
	db    dbtx
	cond  conditions
	order Order
	key   sortKey
	out   List[T]
	at    []Position // of each row of out
}

// count finds the total, and whether the list is a long one.
func (r *reading[T]) count(ctx context.Context) (long bool, err error) {
	if r.order.alone {
		return false, nil
	}
	if r.table == "" || r.order.Exact {
		return false, r.number(ctx, `SELECT COUNT(*) FROM `+r.from, r.cond)
	}
	if !r.cond.filters() {
		rows := r.cond.list()
		// In an order that has an index: PostgreSQL would look through the table for the first ones.
		order := ` ORDER BY ` + r.sorts[r.counted].expr + `, ` + r.id
		some := `SELECT COUNT(*) FROM (SELECT 1 FROM ` + r.table + rows.where() + order + rows.limit(countMost+1) + `) n`
		if err := r.number(ctx, some, conditions{args: rows.args}); err != nil {
			return false, err
		}
		r.out.AtLeast = r.out.Total > countMost
		r.out.Total = min(r.out.Total, countMost)
		return r.out.AtLeast, nil
	}
	beyond, err := r.after(ctx, countMost, r.sorts[r.counted], "", true, nil)
	if r.out.AtLeast = beyond != nil; r.out.AtLeast || err != nil {
		return true, err
	}
	return false, r.number(ctx, `SELECT COUNT(*) FROM `+r.from, r.cond)
}

func (r *reading[T]) number(ctx context.Context, query string, cond conditions) error {
	return readError(r.what, r.db.QueryRowContext(ctx, query+cond.where(), cond.args...).Scan(&r.out.Total))
}

// parts are what a list is made of, in order: the rows with a sort key, and
// those without. Each is an index walk.
func (r *reading[T]) parts() []string {
	with, without := r.key.expr+" IS NOT NULL", r.key.expr+" IS NULL"
	switch {
	case !r.key.nulls:
		return []string{""}
	case r.order.After != nil && r.order.After.Number == r.order.nowhere():
		return []string{without}
	}
	return []string{with, without}
}

// nowhere is the Position's number of rows without a sort key.
func (o Order) nowhere() int64 {
	if o.Desc {
		return -1
	}
	return math.MaxInt64
}

// part adds the rows of a part to the page. If bounded, it looks at no more of
// them than a page of a long list does.
func (r *reading[T]) part(ctx context.Context, part string, bounded bool) error {
	after := r.order.After
	if after != nil && r.key.nulls && (part == r.key.expr+" IS NULL") != (after.Number == r.order.nowhere()) {
		after = nil // it is in the part before
	}
	query, args, end, err := r.query(ctx, part, after, bounded)
	if err != nil {
		return err
	}
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return readError(r.what, err)
	}
	defer rows.Close()
	if err := r.read(rows); err != nil {
		return err
	}
	if r.out.Next == nil && end != nil {
		r.out.Next = end
	}
	return nil
}

func (r *reading[T]) query(ctx context.Context, part string, after *Position, bounded bool) (query string, args []any, end *Position, err error) {
	cond, beyond, until, direction := r.cond.copy(), ">", "<=", ""
	if r.order.Desc {
		beyond, until, direction = "<", ">=", " DESC"
	}
	if part != "" {
		cond.add(part)
	}
	if after != nil {
		cond.from(r.key, r.id, beyond, r.place(part, *after))
	}
	if bounded {
		if end, err = r.after(ctx, max(3*r.order.Limit, lookLeast)-1, r.key, part, r.order.Desc, after); err != nil {
			return "", nil, nil, err
		}
	}
	if end != nil {
		cond.from(r.key, r.id, until, r.place(part, *end))
	}
	query = `SELECT ` + r.columns + `, ` + r.id + `, ` + r.key.expr + ` FROM ` + r.from + cond.where() +
		` ORDER BY ` + r.key.expr + direction + `, ` + r.id + direction + cond.limit(r.order.Limit-len(r.out.Items)+1)
	return query, cond.args, end, nil
}

// place is a Position within a part: of rows without a sort key, the id alone.
func (r *reading[T]) place(part string, p Position) Position {
	if part == r.key.expr+" IS NULL" {
		return Position{ID: p.ID, Number: math.MinInt64}
	}
	return p
}

// from demands that rows are beyond, or not beyond, a place.
func (c *conditions) from(key sortKey, id, compare string, at Position) {
	var start any = at.Number
	switch {
	case key.text:
		start = at.Text
	case at.Number == math.MinInt64:
		c.add(id, " ", compare, " ", c.arg(at.ID))
		return
	}
	c.add("(", key.expr, ", ", id, ") ", compare, " (", c.arg(start), ", ", c.arg(at.ID), ")")
}

// after is the row of a part that comes after so many from a place on, whatever
// filters them; nil if there are no more.
func (r *reading[T]) after(ctx context.Context, many int, key sortKey, part string, desc bool, after *Position) (*Position, error) {
	rows, compare, direction := r.cond.list(), ">", ""
	if desc {
		compare, direction = "<", " DESC"
	}
	if part != "" {
		rows.add(part)
	}
	if after != nil {
		rows.from(key, r.id, compare, r.place(part, *after))
	}
	query := `SELECT ` + key.expr + `, ` + r.id + ` FROM ` + r.table + rows.where() +
		` ORDER BY ` + key.expr + direction + `, ` + r.id + direction + ` LIMIT 1 OFFSET ` + rows.arg(many)
	at := placed{key: key, nowhere: r.order.nowhere()}
	err := r.db.QueryRowContext(ctx, query, rows.args...).Scan(at.value(), &at.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return at.position(), readError(r.what, err)
}

// read takes up to the limit; one row more says that there is a next page.
func (r *reading[T]) read(rows *sql.Rows) error {
	for rows.Next() {
		if len(r.out.Items) == r.order.Limit {
			r.out.Next = &r.at[len(r.at)-1]
			return nil
		}
		at := placed{key: r.key, nowhere: r.order.nowhere()}
		item, err := r.scan(positioned{rows, []any{&at.ID, at.value()}})
		if err != nil {
			return err
		}
		r.out.Items, r.at = append(r.out.Items, item), append(r.at, *at.position())
	}
	return readError(r.what, rows.Err())
}

// placed receives a row's sort key and id.
type placed struct {
	Position
	key     sortKey
	nowhere int64
	number  sql.NullInt64
}

func (p *placed) value() any {
	if p.key.text {
		return &p.Text
	}
	return &p.number
}

func (p *placed) position() *Position {
	switch {
	case p.number.Valid:
		p.Number = p.number.Int64
	case !p.key.text:
		p.Number = p.nowhere
	}
	return &p.Position
}

// positioned scans the row's position along with its columns.
type positioned struct {
	rows *sql.Rows
	more []any
}

func (p positioned) Scan(dest ...any) error { return p.rows.Scan(append(dest, p.more...)...) }
