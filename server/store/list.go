package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// Order says how a list is sorted, where its page starts and how long it is.
type Order struct {
	By    string // a name that the list's Sorts has
	Desc  bool
	After *Position // nil: the first page
	Limit int
}

// Position is a place in a sorted list: a row's sort key, which is a number or
// a text as the sort has it, and its id.
type Position struct {
	Number int64
	Text   string
	ID     string
}

// List is one page: its rows, the Position of its last row if more follow, and
// how many rows match over all pages.
type List[T any] struct {
	Items []T
	Next  *Position
	Total int
}

// Sorts are the ways in which a list can be sorted, by their names.
type Sorts map[string]sortKey

// sortKey is an SQL expression, one for each direction so that rows without a
// value come last in both.
type sortKey struct {
	asc, desc string
	text      bool
}

func textKey(expr string) sortKey { return sortKey{asc: expr, desc: expr, text: true} }
func timeKey(expr string) sortKey {
	return sortKey{asc: "COALESCE(" + expr + ", 9223372036854775807)", desc: "COALESCE(" + expr + ", -1)"}
}

// conditions collects what a query demands, with its parameters.
type conditions struct {
	sql  []string
	args []any
}

// arg adds a parameter and gives its place, such as $3.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) add(sql ...string) { c.sql = append(c.sql, strings.Join(sql, "")) }

func (c *conditions) where() string {
	if len(c.sql) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.sql, " AND ")
}

// equal demands that the column has the value, if there is one.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column, " = ", c.arg(value))
	}
}

// in demands that the expression is one of values.
func (c *conditions) in(expr string, values []string) {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = c.arg(v)
	}
	c.add(expr, " IN (", strings.Join(places, ", "), ")")
}

// contains demands that one of the expressions has the text in it, without
// regard to the case of ASCII letters.
func (c *conditions) contains(text string, exprs ...string) {
	pattern := c.arg("%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, "\x00", "\uFFFD").Replace(lowerASCII(text)) + "%")
	var either []string
	for _, e := range exprs {
		either = append(either, "lower("+e+") LIKE "+pattern+` ESCAPE '\'`)
	}
	c.add("(", strings.Join(either, " OR "), ")")
}

// lowerASCII does what lower does in the database.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

type scanner interface{ Scan(...any) error }

// listing is a list's query: SELECT columns FROM from, the column of the ids,
// how it can be sorted and how a row is read.
type listing[T any] struct {
	what, columns, from, id string
	sorts                   Sorts
	scan                    func(row scanner) (T, error)
}

// page reads one page by keyset: no row is skipped or seen twice when others
// come and go in between.
func (l listing[T]) page(ctx context.Context, db dbtx, cond conditions, order Order) (List[T], error) {
	var out List[T]
	count := `SELECT COUNT(*) FROM ` + l.from + cond.where()
	if err := db.QueryRowContext(ctx, count, cond.args...).Scan(&out.Total); err != nil {
		return out, readError(l.what, err)
	}
	key := l.sorts[order.By]
	expr, compare, direction := key.asc, ">", ""
	if order.Desc {
		expr, compare, direction = key.desc, "<", " DESC"
	}
	if after := order.After; after != nil {
		var start any = after.Number
		if key.text {
			start = after.Text
		}
		cond.add("(", expr, ", ", l.id, ") ", compare, " (", cond.arg(start), ", ", cond.arg(after.ID), ")")
	}
	query := `SELECT ` + l.columns + `, ` + l.id + `, ` + expr + ` FROM ` + l.from + cond.where() +
		` ORDER BY ` + expr + direction + `, ` + l.id + direction + ` LIMIT ` + cond.arg(order.Limit+1)
	rows, err := db.QueryContext(ctx, query, cond.args...)
	if err != nil {
		return out, readError(l.what, err)
	}
	defer rows.Close()
	err = l.read(rows, order.Limit, key.text, &out)
	return out, err
}

// read takes up to limit rows; one row more says that there is a next page.
func (l listing[T]) read(rows *sql.Rows, limit int, text bool, out *List[T]) error {
	var last Position
	for rows.Next() {
		if len(out.Items) == limit {
			out.Next = &last
			return nil
		}
		var at Position
		row := positioned{rows, []any{&at.ID, &at.Number}}
		if text {
			row.more[1] = &at.Text
		}
		item, err := l.scan(row)
		if err != nil {
			return err
		}
		out.Items, last = append(out.Items, item), at
	}
	return readError(l.what, rows.Err())
}

// positioned scans the row's position along with its columns.
type positioned struct {
	rows *sql.Rows
	more []any
}

func (p positioned) Scan(dest ...any) error { return p.rows.Scan(append(dest, p.more...)...) }
