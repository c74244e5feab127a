package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"keyfob/internal/pgtest"
)

const filledWith = 30_000

// filled is a PostgreSQL database with so many tokens that their number decides
// how it goes about its work. Most are those of an app and a user that came late.
func filled(t *testing.T) *Store {
	t.Helper()
	url := pgtest.Database(t)
	s := openAt(t, url)
	must(t, s, func(tx *Tx) (err error) {
		for _, n := range []string{"1", "2"} {
			err = errors.Join(err, tx.InsertUser(t.Context(), User{ID: "u" + n, Login: "u" + n, CreatedAt: time.UnixMilli(1)}),
				tx.InsertApp(t.Context(), App{ID: "a" + n, Name: "a" + n, Policy: "None", CreatedAt: time.UnixMilli(1)}))
		}
		return err
	})
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, tenants)
			SELECT 't' || n, decode(md5(n::text), 'hex'), 'p', CASE WHEN n %% 3 = 0 THEN 'sat' ELSE 'pat' END, 'Use ' || n %% 1000, '0000', CASE WHEN n > 9000 THEN 'a1' ELSE 'a2' END, CASE WHEN n > 9000 THEN 'u1' ELSE 'u2' END, 'read',
			n * 7919 %% 100000, 'u1', CASE WHEN n %% 4 > 0 THEN n * 104729 %% 100000 END, CASE WHEN n %% 5 > 0 THEN n * 7907 %% 100000 END, CASE WHEN n %% 9 = 0 THEN 5 END,
			CASE WHEN n <= 9000 THEN '' WHEN n %% 7 = 0 THEN 'y' ELSE 'x' END
			FROM generate_series(1::bigint, %d) n`, filledWith),
		`ANALYZE`,
	} {
		pgtest.Run(t, url, statement)
	}
	return s
}

// PostgreSQL may sort what an index led it to, but looks at few rows of the
// table, however many there are.
func TestPostgresNoListLooksAtManyOfTheTokens(t *testing.T) {
	s := filled(t)
	at := time.UnixMilli(50000)
	filters := map[string]TokenFilter{
		"none": {}, "kind": {Kind: "pat"}, "text": {Query: "u"}, "status": {Status: []string{Active, Expired}, Now: at},
		"expiring": {ExpiresBefore: at}, "unused": {UnusedSince: at}, "old": {CreatedBefore: at},
	}
	lists := map[string]func(*TokenFilter){
		"an app's": func(f *TokenFilter) { f.AppID = "a1" }, "one's own": func(f *TokenFilter) { f.UserID = "u1" },
		"a tenant's": func(f *TokenFilter) { f.Tenants = []string{"x"} }, "two tenants'": func(f *TokenFilter) { f.Tenants = []string{"x", "y"} },
	}
	for sort := range TokenSorts {
		for name, f := range filters {
			for _, o := range []Order{{}, {Desc: true, After: &Position{ID: "t5", Number: 50000, Text: "use 4"}}} {
				o.By, o.Limit = sort, 100
				for list, of := range lists {
					f := f
					of(&f)
					page := func(q Queries) error { _, err := q.Tokens(t.Context(), f, o); return err }
					if looked, most := s.looksAt(t, page), filledWith/10*max(1, len(f.Tenants)); looked > float64(most) {
						t.Errorf("by %s %v, %s: %v rows of %s", sort, o.Desc, name, looked, list)
					}
				}
			}
		}
	}
}

// Nearly all tokens that could be counted have expired.
func TestPostgresLiveTokensAreCountedWithoutLookingAtThoseThatExpired(t *testing.T) {
	s := filled(t)
	for _, f := range []LiveFilter{{UserID: "u1"}, {Tenant: "x"}, {UserID: "u1", Description: "Use 3"}} {
		f.Now = time.UnixMilli(99_000)
		counted := func(q Queries) error { _, err := q.LiveTokens(t.Context(), f); return err }
		if looked := s.looksAt(t, counted); looked > filledWith/3 { // a quarter never expires
			t.Errorf("%+v: %v rows", f, looked)
		}
	}
}

// looksAt is how many rows of the tokens reading something costs.
func (s *Store) looksAt(t *testing.T, read func(Queries) error) (rows float64) {
	t.Helper()
	spied := &spy{dbtx: s.db}
	if err := read(Queries{db: spied}); err != nil {
		t.Fatal(err)
	}
	for i, query := range spied.queries {
		var text []byte
		if err := s.db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+query, spied.args[i]...).Scan(&text); err != nil {
			t.Fatal(err)
		}
		var all []struct{ Plan step }
		if err := json.Unmarshal(text, &all); err != nil || len(all) != 1 {
			t.Fatalf("%v in %s", err, text)
		}
		rows += all[0].Plan.looked()
	}
	return rows
}

// step is a node of PostgreSQL's plan, with what it did.
type step struct {
	Relation string  `json:"Relation Name"`
	Loops    float64 `json:"Actual Loops"`
	Rows     float64 `json:"Actual Rows"` // of each loop, as the next
	Filtered float64 `json:"Rows Removed by Filter"`
	Checked  float64 `json:"Rows Removed by Index Recheck"`
	Plans    []step
}

func (p step) looked() (rows float64) {
	if p.Relation == "tokens" {
		rows = p.Loops * (p.Rows + p.Filtered + p.Checked)
	}
	for _, part := range p.Plans {
		rows += part.looked()
	}
	return rows
}
