package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The cost of a page does not grow with the log: whatever is asked for, but for
// a text in the middle of something, an index leads to the page.
func TestNoPageOfTheChangeLogScansOrSortsIt(t *testing.T) {
	s, _ := open(t)
	at, after := time.UnixMilli(5), &Position{Number: 7, ID: "9"}
	for name, f := range map[string]EventFilter{
		"all": {}, "period": {From: at, To: at}, "actor": {ActorID: "u"}, "action": {Action: "a"}, "object": {ObjectID: "o"},
		"actor and period": {ActorID: "u", From: at}, "own": {UserID: "u"}, "own in a period": {UserID: "u", From: at, To: at},
	} {
		for _, o := range []Order{{By: "at", Desc: true, Limit: 5}, {By: "at", Limit: 5}, {By: "at", Desc: true, Limit: 5, After: after}} {
			query, args := f.query(o)
			for _, step := range plan(t, s, query, args) {
				scan := step == "SCAN e" || step == "SCAN own"
				sort := strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && f.UserID == "" // of a page, not of the log
				if scan || sort {
					t.Errorf("%s: %s", name, step)
				}
			}
		}
	}
}

func plan(t *testing.T, s *Store, query string, args []any) []string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var (
			id, parent, unused int
			step               string
		)
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil || len(steps) == 0 {
		t.Fatal(fmt.Errorf("no plan: %w", err))
	}
	return steps
}
