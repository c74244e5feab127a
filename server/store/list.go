package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Order says how a list is sorted, where its page starts and how long it is.
type Order struct {
	By    string // a name that the list's Sorts has
	Desc  bool
	After *Position // nil: the first page
	Limit int

	Exact bool // look at as many rows as it takes: see countMost
	alone bool // one row is asked for: do not count
}

// Position is a place in a sorted list: a row's sort key, which is a number or
// a text as the sort has it, and its id.
type Position struct {
	Number int64
	Text   string
	ID     string
}

// compare says which of two places comes first.
func (o Order) compare(a, b Position) int {
	c := cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text), cmp.Compare(a.ID, b.ID))
	if o.Desc {
		return -c
	}
	return c
}

// List is one page: its rows, the Position where the next one starts if there
// may be more, and how many rows match over all pages.
type List[T any] struct {
	Items   []T
	Next    *Position
	Total   int
	AtLeast bool // there may be more than Total
}

// Sorts are the ways in which a list can be sorted, by their names.
type Sorts map[string]sortKey

// sortKey is an SQL expression. One that may be NULL sorts the rows without a
// value last in both directions.
type sortKey struct {
	expr        string
	text, nulls bool
}

func textKey(expr string) sortKey { return sortKey{expr: expr, text: true} }
func timeKey(expr string) sortKey { return sortKey{expr: expr} }
func endKey(expr string) sortKey  { return sortKey{expr: expr, nulls: true} } // a time that may not come

// conditions collects what a query demands, with its parameters.
type conditions struct {
	sql  []string
	args []any

	ofList, ofListArgs int // how many of them say which list it is; the rest filters it
}

// endOfList says that what was demanded so far says which list it is.
func (c *conditions) endOfList() { c.ofList, c.ofListArgs = len(c.sql), len(c.args) }

// list is only what says which list it is.
func (c *conditions) list() conditions {
	return conditions{sql: slices.Clone(c.sql[:c.ofList]), args: slices.Clone(c.args[:c.ofListArgs])}
}

func (c *conditions) copy() conditions {
	return conditions{sql: slices.Clone(c.sql), args: slices.Clone(c.args)}
}

func (c *conditions) filters() bool { return len(c.sql) > c.ofList }

// arg adds a parameter and gives its place, such as $3.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// limit bounds the rows. For a bare parameter SQLite would plan the statement
// anew each time that it is used.
func (c *conditions) limit(n int) string { return " LIMIT CAST(" + c.arg(n) + " AS BIGINT)" }

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
