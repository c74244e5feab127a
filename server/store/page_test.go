package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// spy notes the queries that it passes on.
type spy struct {
	dbtx
	queries []string
	args    [][]any
}

func (s *spy) note(query string, args []any) {
	s.queries, s.args = append(s.queries, query), append(s.args, args)
}

func (s *spy) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.note(query, args)
	return s.dbtx.QueryContext(ctx, query, args...)
}

func (s *spy) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s.note(query, args)
	return s.dbtx.QueryRowContext(ctx, query, args...)
}

// someTokens fills a store, so that its lists are long ones for the test.
func someTokens(t *testing.T) (*Store, []Token) {
	t.Helper()
	s, _ := open(t)
	most, least := countMost, lookLeast
	countMost, lookLeast = 5, 1
	t.Cleanup(func() { countMost, lookLeast = most, least })
	at := func(ms int) time.Time {
		if ms%4 == 0 {
			return time.Time{}
		}
		return time.UnixMilli(int64(ms)).UTC()
	}
	var all []Token
	err := s.Write(t.Context(), func(tx *Tx) error {
		err := errors.Join(tx.InsertUser(t.Context(), User{ID: "u1", Login: "u1", CreatedAt: at(1)}), tx.InsertUser(t.Context(), User{ID: "u2", Login: "u2", CreatedAt: at(1)}),
			tx.InsertApp(t.Context(), App{ID: "a1", Name: "a1", Policy: "None", CreatedAt: at(1)}), tx.InsertApp(t.Context(), App{ID: "a2", Name: "a2", Policy: "None", CreatedAt: at(1)}))
		all = nil
		for i := range 40 {
			k := Token{
				ID: fmt.Sprintf("t%02d", i), MAC: fmt.Append(nil, i), Kind: []string{"pat", "sat"}[i%3%2], Description: fmt.Sprint("Use ", i*7%10), Hint: "0000",
				AppID: []string{"a1", "a2"}[i%5%2], UserID: []string{"u1", "u2"}[i%7%2], CreatedAt: time.UnixMilli(int64(1 + i*13%17)).UTC(), ExpiresAt: at(i * 11 % 23), CreatedBy: "u1",
				Tenants: [][]string{{"x"}, {"y"}, {"x"}, {"z"}, {"x"}, {"y"}, {"x", "y"}, nil}[i%13%8],
			}
			err = errors.Join(err, tx.InsertToken(t.Context(), k))
			if k.LastUsedAt = at(i * 5 % 19); !k.LastUsedAt.IsZero() {
				err = errors.Join(err, tx.SetLastUse(t.Context(), k.ID, k.LastUsedAt, ""))
			}
			if i%6 == 0 {
				k.RevokedAt = time.UnixMilli(30).UTC()
				_, revokeErr := tx.RevokeToken(t.Context(), k.ID, k.RevokedAt, "u1")
				err = errors.Join(err, revokeErr)
			}
			all = append(all, k)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, all
}

// Whatever is asked for, in whatever order, an index leads to the page and to
// the total: nothing is scanned and nothing sorted.
func TestNoListOfTokensIsScannedOrSorted(t *testing.T) {
	s, _ := someTokens(t)
	at := time.UnixMilli(9)
	lists := map[string]TokenFilter{
		"app": {AppID: "a1"}, "user": {UserID: "u1"}, "user, of an app": {UserID: "u1", AppID: "a1"}, "creation": {},
		"tenant": {Tenants: []string{"x"}}, "tenant, one of two": {Tenants: []string{"x", "y"}}, "tenant, of an app": {Tenants: []string{"x", "y"}, AppID: "a1"},
	}
	filters := map[string]func(*TokenFilter){
		"none": func(*TokenFilter) {}, "kind": func(f *TokenFilter) { f.Kind = "pat" }, "text": func(f *TokenFilter) { f.Query = "u" },
		"status": func(f *TokenFilter) { f.Status, f.Now = []string{Active, Expired}, at }, "expiring": func(f *TokenFilter) { f.ExpiresBefore = at },
		"unused": func(f *TokenFilter) { f.UnusedSince = at }, "old": func(f *TokenFilter) { f.CreatedBefore = at },
	}
	seen := map[string]bool{}
	for list, f := range lists {
		for sort := range TokenSorts {
			if list == "creation" && sort != "createdAt" {
				continue // nobody can ask for it
			}
			for name, narrow := range filters {
				for _, o := range []Order{{Limit: 3}, {Limit: 3, Exact: true}, {Limit: 3, After: &Position{ID: "t05", Number: 6, Text: "use 4"}}} {
					for _, o.Desc = range []bool{false, true} {
						if list == "creation" && o.Exact && name != "unused" && name != "old" {
							continue // nor for all of this
						}
						o.By = sort
						f := f
						narrow(&f)
						spied := &spy{dbtx: s.db}
						if _, err := (Queries{db: spied}).Tokens(t.Context(), f, o); err != nil {
							t.Fatal(err)
						}
						index, _, _ := strings.Cut(list, ",")
						onlyIndexes(t, s, spied, fmt.Sprint(list, " by ", sort, " ", o.Desc, ", ", name), "tokens_by_"+index, seen)
					}
				}
			}
		}
	}
}

func TestNeitherAppsNorUsersScanTheTokens(t *testing.T) {
	s, _ := someTokens(t)
	spied := &spy{dbtx: s.db}
	_, err := (Queries{db: spied}).Apps(t.Context(), AppFilter{}, time.UnixMilli(9), Order{By: "createdAt", Limit: 3})
	for sort := range UserSorts {
		_, usersErr := (Queries{db: spied}).Users(t.Context(), Order{By: sort, Limit: 3})
		err = errors.Join(err, usersErr)
	}
	if _, dueErr := (Queries{db: spied}).RepliesDue(t.Context(), time.UnixMilli(9)); errors.Join(err, dueErr) != nil {
		t.Fatal(err, dueErr)
	}
	for i, query := range spied.queries {
		for _, step := range plan(t, s, query, spied.args[i]) {
			if step == "SCAN t" || strings.HasPrefix(step, "SCAN t ") || step == "SCAN users" || step == "SCAN idempotency" || strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "FROM apps") {
				t.Errorf("%s: %s", query, step)
			}
		}
	}
}

func onlyIndexes(t *testing.T, s *Store, spied *spy, what, index string, seen map[string]bool) {
	t.Helper()
	for i, query := range spied.queries {
		if seen[query] {
			continue // it is the same plan, whatever the parameters are
		}
		seen[query] = true
		for _, step := range plan(t, s, query, spied.args[i]) {
			scan := strings.HasPrefix(step, "SCAN ") && step != "SCAN n" && !strings.Contains(step, "USING INDEX tokens_by_creation") && !strings.Contains(step, "USING COVERING INDEX")
			if scan || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s: %s\n%s", what, step, query)
			}
			led := strings.Contains(step, " INDEX "+index) && (strings.HasPrefix(step, "SEARCH") || index == "tokens_by_creation")
			if strings.Contains(step, " t USING ") && !led {
				t.Errorf("%s: it is not the list's index: %s\n%s", what, step, query)
			}
			if strings.Contains(query, "(t.description_key, t.id)") && strings.HasPrefix(step, "SEARCH t ") && !strings.Contains(step, "(description_key,id)") {
				t.Errorf("%s: it does not begin or end where the page does: %s\n%s", what, step, query)
			}
		}
	}
}

// Page after page a list has each row that fits once, in order, however few
// rows a page looks at; its total is right, or says that it is a lower bound.
func TestPagesAreTheWholeListInOrder(t *testing.T) {
	s, all := someTokens(t)
	rapid.Check(t, func(r *rapid.T) {
		countMost, lookLeast = rapid.SampledFrom([]int{1, 5, 30, 100}).Draw(r, "countMost"), rapid.SampledFrom([]int{1, 5, 30, 100}).Draw(r, "lookLeast")
		f := TokenFilter{
			AppID: rapid.SampledFrom([]string{"", "a1"}).Draw(r, "app"), UserID: rapid.SampledFrom([]string{"", "u1"}).Draw(r, "user"),
			Kind: rapid.SampledFrom([]string{"", "pat"}).Draw(r, "kind"), Query: rapid.SampledFrom([]string{"", "use 3", "nowhere"}).Draw(r, "text"),
			Tenants: rapid.SampledFrom([][]string{nil, {}, {"x"}, {"y", "x"}, {"x", "z", "y", "nobody's"}, {"x", "x"}, {""}}).Draw(r, "tenants"),
		}
		if rapid.Bool().Draw(r, "expiring") {
			f.ExpiresBefore = time.UnixMilli(12)
		}
		if rapid.Bool().Draw(r, "live") {
			f.Status, f.Now = []string{Active}, time.UnixMilli(40)
		}
		o := Order{By: rapid.SampledFrom([]string{"createdAt", "expiresAt", "lastUsedAt", "description"}).Draw(r, "sort"), Desc: rapid.Bool().Draw(r, "desc"), Limit: rapid.IntRange(1, 9).Draw(r, "limit")}
		o.Exact = rapid.Bool().Draw(r, "exact")
		paged(t.Context(), r, s, all, f, o)
	})
}

// Of several tenants, one may have been read further than another.
func TestPagesOfTenantsEndWhereTheFirstOfThemWasReadTo(t *testing.T) {
	s, all := someTokens(t)
	countMost = 7
	for sort := range TokenSorts {
		for _, desc := range []bool{false, true} {
			for _, query := range []string{"use 3", "use 7"} {
				paged(t.Context(), t, s, all, TokenFilter{Tenants: []string{"x", "y", "z"}, Query: query}, Order{By: sort, Desc: desc, Limit: 2})
			}
		}
	}
}

// paged reads a list page after page.
func paged(ctx context.Context, t rapid.TB, s *Store, all []Token, f TokenFilter, o Order) {
	t.Helper()
	want := fitting(all, f, o)
	var got []string
	for range 200 {
		page, err := s.Tokens(ctx, f, o)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total > len(want) || page.Total < len(want) && !page.AtLeast || page.AtLeast && o.Exact || len(page.Items) > o.Limit {
			t.Fatalf("%d of %d, at least: %v", page.Total, len(want), page.AtLeast)
		}
		for _, k := range page.Items {
			got = append(got, k.ID)
		}
		if o.After = page.Next; page.Next == nil {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%v\n%v", got, want)
	}
}

// fitting is what a list should be.
func fitting(all []Token, f TokenFilter, o Order) []string {
	key := func(k Token) (none bool, at int64, text string) {
		t := map[string]time.Time{"createdAt": k.CreatedAt, "expiresAt": k.ExpiresAt, "lastUsedAt": k.LastUsedAt}[o.By]
		if o.By == "description" {
			return false, 0, strings.ToLower(k.Description)
		}
		return t.IsZero(), t.UnixMilli(), ""
	}
	var fit []Token
	for _, k := range all {
		if fits(k, f) {
			fit = append(fit, k)
		}
	}
	slices.SortFunc(fit, func(a, b Token) int {
		aNone, aAt, aText := key(a)
		bNone, bAt, bText := key(b)
		if aNone != bNone {
			return map[bool]int{true: 1, false: -1}[aNone]
		}
		if aNone {
			aAt, bAt = 0, 0
		}
		c := cmp.Or(cmp.Compare(aAt, bAt), cmp.Compare(aText, bText), cmp.Compare(a.ID, b.ID))
		if o.Desc {
			return -c
		}
		return c
	})
	var ids []string
	for _, k := range fit {
		ids = append(ids, k.ID)
	}
	return ids
}

func fits(k Token, f TokenFilter) bool {
	if f.Tenants != nil && (len(k.Tenants) != 1 || !slices.Contains(f.Tenants, k.Tenants[0])) {
		return false
	}
	live := k.RevokedAt.IsZero() && k.ExpiresAt.IsZero()
	return (f.AppID == "" || k.AppID == f.AppID) && (f.UserID == "" || k.UserID == f.UserID) && (f.Kind == "" || k.Kind == f.Kind) &&
		strings.Contains(strings.ToLower(k.Description), f.Query) && (f.Status == nil || live) &&
		(f.ExpiresBefore.IsZero() || !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(f.ExpiresBefore))
}
