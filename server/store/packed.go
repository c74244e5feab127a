package store

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// unit is ASCII's unit separator. No text that is kept should have it; in a row
// where one does, there are too many fields, and end says so: none is ever taken
// for another.
const unit = "\x1f"

var errPacked = errors.New("store: a record cannot be read")

// packed is the SQL of one text that has all columns in it.
func packed(columns ...string) string {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = "COALESCE(CAST(" + c + " AS TEXT), '')"
	}
	return "concat_ws('" + unit + "', " + strings.Join(texts, ", ") + ")"
}

// unpacking takes the columns out of what was packed, in their order.
type unpacking struct {
	left       string
	over, fail bool // all are taken; one was not what it should be
}

func (u *unpacking) text() string {
	field, rest, more := strings.Cut(u.left, unit)
	u.fail = u.fail || u.over
	u.left, u.over = rest, !more
	return field
}

// instant is the zero time where there is none.
func (u *unpacking) instant() time.Time {
	text := u.text()
	if text == "" {
		return time.Time{}
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	u.fail = u.fail || err != nil
	return time.UnixMilli(ms).UTC()
}

func (u *unpacking) yes() bool {
	text := u.text()
	return text == "1" || text == "true" // SQLite, PostgreSQL
}

// end reports whether the fields were those that were packed.
func (u *unpacking) end() error {
	if u.fail || !u.over {
		return errPacked
	}
	return nil
}
