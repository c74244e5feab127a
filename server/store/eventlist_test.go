package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The cost of a page does not grow with the log: whatever is asked for, an index
// leads to the page.
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

// A text in the middle of something has no index: a page looks at so many events
// and goes on from there.
func TestAPageThatLooksForATextInTheChangeLogStopsLooking(t *testing.T) {
	defer func(most int) { lookEvents = most }(lookEvents)
	lookEvents = 3
	s, _ := open(t)
	must(t, s, func(tx *Tx) error {
		insertFirst(t, tx.db)
		for i := range 10 {
			detail := `{"n":"` + map[bool]string{true: "needle", false: "hay"}[i == 1 || i == 7 || i == 8] + `"}`
			if err := tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(int64(i)), ActorID: "u1", Action: "a", ObjectID: "t1", Detail: detail}); err != nil {
				return err
			}
		}
		return nil
	})
	for name, k := range map[string]struct {
		filter EventFilter
		order  Order
		want   []string // each page's events, by their time
	}{
		"the newest first":   {EventFilter{}, Order{By: "at", Desc: true, Limit: 2}, []string{"8 7", "", "1", ""}},
		"one to the page":    {EventFilter{}, Order{By: "at", Desc: true, Limit: 1}, []string{"8", "7", "", "1"}},
		"the oldest first":   {EventFilter{}, Order{By: "at", Limit: 5}, []string{"1", "", "7 8", ""}},
		"what concerns one":  {EventFilter{UserID: "u1"}, Order{By: "at", Limit: 5}, []string{"1", "", "7 8", ""}},
		"what concerns none": {EventFilter{UserID: "u2"}, Order{By: "at", Limit: 5}, []string{""}},
	} {
		k.filter.Query = "needle"
		got := []string{}
		for {
			l, err := s.Events(t.Context(), k.filter, k.order)
			if err != nil {
				t.Fatal(err)
			}
			times := []string{}
			for _, e := range l.Items {
				times = append(times, strconv.FormatInt(e.At.UnixMilli(), 10))
			}
			got = append(got, strings.Join(times, " "))
			if k.order.After = l.Next; l.Next == nil {
				break
			}
		}
		if !slices.Equal(got, k.want) {
			t.Errorf("%s: %q, want %q", name, got, k.want)
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
