package command

import (
	"errors"
	"strings"
	"unicode"

	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// sentence says what went wrong, and what to do next.
func sentence(err error) string {
	switch {
	case errors.Is(err, instance.ErrInUse):
		return "Another program is serving this data directory. Stop it, or choose another directory with --data."
	case errors.Is(err, instance.ErrNoRecords):
		return "There are no records here yet. Name the data directory that has them with --data, or begin with serve, user add or app add. (" + err.Error() + ")"
	case errors.Is(err, instance.ErrElsewhere):
		return "The records of this data directory are not in it. Name the database that has them with --database, as for serve; if keyfob.db was lost, restore a backup. (" + err.Error() + ")"
	case errors.Is(err, instance.ErrNotWritable):
		return "The data directory cannot be written to. Check its owner and permissions, or choose another with --data. (" + err.Error() + ")"
	case errors.Is(err, store.ErrUnavailable):
		return "The database cannot be used now: its server cannot be reached, it is busy, or its disk is full. (" + err.Error() + ")"
	case errors.Is(err, store.ErrNewer):
		return "The database was written by a newer version of Keyfob. Use that version or a later one."
	}
	refused, ok := errors.AsType[*tokens.Error](err)
	if !ok {
		return err.Error()
	}
	lines := []string{refused.Detail}
	for _, f := range refused.Fields {
		lines = append(lines, fieldName(f.Pointer)+": "+f.Detail)
	}
	return strings.Join(lines, "\n  ")
}

// fieldName is a field as people call it: that of /expiresAt is "Expires at".
func fieldName(pointer string) string {
	var words []rune
	for i, r := range strings.TrimPrefix(pointer, "/") {
		if unicode.IsUpper(r) {
			words = append(words, ' ')
		}
		if r = unicode.ToLower(r); i == 0 {
			r = unicode.ToUpper(r)
		}
		words = append(words, r)
	}
	return string(words)
}
