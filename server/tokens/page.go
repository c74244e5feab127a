package tokens

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"keyfob/api"
	"keyfob/server/store"
)

// PageRequest asks for one page of a list. Limit is 50 when 0 and at most 200;
// Cursor comes from the page before; Sort is a field, with "-" in front for
// the opposite order.
type PageRequest struct {
	Limit        int
	Cursor, Sort string
}

const (
	limitDefault = 50
	limitMax     = 200
)

// cursor is what an opaque cursor holds. It belongs to one sort order.
type cursor struct {
	Sort   string `json:"s"`
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
	ID     string `json:"i"`
}

// order checks a request against what the list can do.
func (p PageRequest) order(sorts store.Sorts, byDefault string) (store.Order, error) {
	if p.Sort == "" {
		p.Sort = byDefault
	}
	o := store.Order{Limit: p.Limit}
	o.By, o.Desc = strings.CutPrefix(p.Sort, "-")
	var fields []api.FieldError
	if _, ok := sorts[o.By]; !ok {
		fields = append(fields, api.FieldError{Pointer: "sort", Code: api.FieldUnknown, Detail: "The list cannot be sorted by this."})
	}
	if o.Limit == 0 {
		o.Limit = limitDefault
	}
	if o.Limit < 0 || o.Limit > limitMax {
		fields = append(fields, api.FieldError{Pointer: "limit", Code: api.FieldFormat, Detail: "Ask for 1 to 200 rows."})
	}
	if p.Cursor != "" {
		at, ok := parseCursor(p.Cursor, p.Sort)
		if !ok {
			fields = append(fields, api.FieldError{Pointer: "cursor", Code: api.FieldFormat, Detail: "Use the cursor of the page before, with the same sort."})
		}
		o.After = &at
	}
	if len(fields) > 0 {
		return o, invalid(fields...)
	}
	return o, nil
}

// parseCursor reads a cursor made for sort.
func parseCursor(s, sort string) (store.Position, bool) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return store.Position{}, false
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil || c.Sort != sort || c.ID == "" {
		return store.Position{}, false
	}
	return store.Position{Number: c.Number, Text: c.Text, ID: c.ID}, true
}

// formatCursor is the opposite of parseCursor; empty for no position.
func formatCursor(p *store.Position, sort string) string {
	if p == nil {
		return ""
	}
	text, _ := json.Marshal(cursor{Sort: sort, Number: p.Number, Text: p.Text, ID: p.ID}) // cannot fail: plain fields
	return base64.RawURLEncoding.EncodeToString(text)
}

// pageOf is a page on the wire.
func pageOf[R, T any](l store.List[R], o store.Order, convert func(R) T) api.Page[T] {
	sort := o.By
	if o.Desc {
		sort = "-" + sort
	}
	out := api.Page[T]{Items: make([]T, len(l.Items)), NextCursor: formatCursor(l.Next, sort), Total: l.Total, TotalAtLeast: l.AtLeast}
	for i, item := range l.Items {
		out.Items[i] = convert(item)
	}
	return out
}
