package store

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/internal/pgtest"
)

// writes runs do in a transaction, which must succeed.
func (s *Store) writes(t *testing.T, do func(*Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func (s *Store) changesAfter(t *testing.T, seq int64) Changes {
	t.Helper()
	c, err := s.ChangesAfter(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// furnish adds the user u1, the app a1 and its tokens t1 and t2.
func (s *Store) furnish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	s.writes(t, func(tx *Tx) error {
		err := errors.Join(tx.InsertUser(ctx, ada()), tx.InsertApp(ctx, App{ID: "a1", Name: "App", Policy: "None", CreatedAt: ada().CreatedAt}))
		for _, id := range []string{"t1", "t2"} {
			err = errors.Join(err, tx.InsertToken(ctx, Token{ID: id, MAC: []byte(id), Kind: "pat", AppID: "a1", UserID: "u1", CreatedAt: ada().CreatedAt, CreatedBy: "u1"}))
		}
		return errors.Join(err, tx.SetLastUse(ctx, "t1", time.UnixMilli(5), "192.0.2.1"))
	})
}

// requirements 16, 81: each of these may make a token worth something else.
// Issuing one and using it does not, and must not hold up anybody.
func TestWhateverATokenIsWorthByIsNotedWhereItChanges(t *testing.T) {
	s, _ := open(t)
	s.furnish(t)
	if c := s.changesAfter(t, 0); c.Head != 0 || c.IDs != nil || c.All {
		t.Fatalf("noted that tokens were issued and used: %+v", c)
	}
	ctx, now := t.Context(), time.UnixMilli(9)
	for i, c := range []struct {
		id string
		do func(*Tx) error
	}{
		{"t1", func(tx *Tx) error {
			_, err := tx.ReplaceToken(ctx, "t1", "t2", "u1", now, now.Add(time.Hour))
			return err
		}},
		{"t1", func(tx *Tx) error { _, err := tx.RevokeToken(ctx, "t1", now, "u1"); return err }},
		{"u1", func(tx *Tx) error { return tx.UpdateUser(ctx, ada()) }},
		{"a1", func(tx *Tx) error { return tx.UpdateApp(ctx, App{ID: "a1", Name: "App", Policy: "None"}) }},
		{"a1", func(tx *Tx) error { return tx.DeleteApp(ctx, "a1") }},
	} {
		var told []string
		s.OnChange(func(ids []string) { told = ids })
		s.writes(t, c.do)
		want := Changes{Head: int64(i + 1), IDs: []string{c.id}}
		if got := s.changesAfter(t, int64(i)); got.Head != want.Head || !slices.Equal(got.IDs, want.IDs) || got.All {
			t.Errorf("%+v, want %+v", got, want)
		}
		if !slices.Equal(told, want.IDs) {
			t.Errorf("told %q, want %q", told, want.IDs)
		}
	}
	s.writes(t, func(tx *Tx) error { _, err := tx.RevokeToken(ctx, "t1", now, "u1"); return err }) // it was before
	if c := s.changesAfter(t, 5); c.Head != 5 || c.All {
		t.Errorf("noted what did not happen: %+v", c)
	}
	failed := errors.New("no")
	if err := s.Write(ctx, func(tx *Tx) error { return errors.Join(tx.UpdateUser(ctx, ada()), failed) }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if c := s.changesAfter(t, 5); c.Head != 5 {
		t.Errorf("noted what was undone: %+v", c)
	}
}

// A writer that forgets to note what it changed leaves revoked tokens alive in
// memory: here nothing but alter, and what is known to make no difference,
// updates those tables.
func TestNobodyChangesWhatATokenIsWorthWithoutNotingIt(t *testing.T) {
	update := regexp.MustCompile(`(?i)\b(UPDATE|DELETE\s+FROM)\s+(tokens|exchanges|apps|users)\b`)
	innocent := []string{"SetLastUse", "PurgeExchanges", "MoveToken", "MoveSecret", "AdoptSecrets", "EndSignIns"} // uses, what the clock has ended, under which pepper, sign-ins
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if matched, _ := filepath.Match("*_test.go", name); matched {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, _ := d.(*ast.FuncDecl)
			noted := map[ast.Node]bool{}
			ast.Inspect(d, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if to, ok := call.Fun.(*ast.SelectorExpr); ok && to.Sel.Name == "alter" {
						for _, arg := range call.Args {
							noted[arg] = true
						}
					}
				}
				if text, ok := n.(*ast.BasicLit); ok && update.MatchString(text.Value) {
					found++
					if !noted[text] && (fn == nil || !slices.Contains(innocent, fn.Name.Name)) {
						t.Errorf("%s: %s is not run by alter", name, text.Value)
					}
				}
				return true
			})
		}
	}
	if found < 6 {
		t.Errorf("found %d updates only", found)
	}
}

// Two servers change things while a third follows: it must see each number
// with all lower ones, or it would miss one that is committed later.
func TestWhoeverFollowsTheChangesMissesNone(t *testing.T) {
	s, place := open(t)
	const people, each = 4, 12
	s.writes(t, func(tx *Tx) error {
		var err error
		for i := range people {
			err = errors.Join(err, tx.InsertUser(t.Context(), User{ID: fmt.Sprint(i), Login: fmt.Sprint(i), CreatedAt: time.UnixMilli(1)}))
		}
		return err
	})
	other := openAt(t, place)
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			for n := range each {
				db := s
				if (i+n)%2 == 0 {
					db = other
				}
				err := db.Write(t.Context(), func(tx *Tx) error {
					id := fmt.Sprint(i)
					err := errors.Join(tx.UpdateUser(t.Context(), User{ID: id, Name: fmt.Sprint(n)}), tx.UpdateUser(t.Context(), User{ID: id}))
					if n%3 == 0 { // some write the change log too
						err = errors.Join(err, tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: "x", Action: "a", ObjectID: id, Detail: "{}"}))
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen, seq := map[string]int{}, int64(0)
	for seq < 2*people*each && !t.Failed() {
		c := s.changesAfter(t, seq)
		if c.All {
			t.Fatalf("a gap after %d: %+v", seq, c)
		}
		for _, id := range c.IDs {
			seen[id]++
		}
		seq = c.Head
	}
	all.Wait()
	for i := range people {
		if n := seen[fmt.Sprint(i)]; n != 2*each {
			t.Errorf("saw %d changes of user %d, of %d", n, i, 2*each)
		}
	}
}

func TestWhatIsPurgedOrTooMuchIsToldAsAll(t *testing.T) {
	s, _ := open(t)
	s.furnish(t)
	change := func() { s.writes(t, func(tx *Tx) error { return tx.UpdateUser(t.Context(), ada()) }) }
	due := func(at time.Time) bool {
		due, err := s.ChangesDue(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	later := time.Now().Add(changesKept + time.Minute)
	if due(later) {
		t.Error("nothing to purge is due")
	}
	change()
	change()
	if due(time.Now()) || !due(later) {
		t.Error("what is due is not what is old")
	}
	s.writes(t, func(tx *Tx) error { return tx.PurgeChanges(t.Context(), later) })
	if c := s.changesAfter(t, 1); !c.All || c.Head != 2 {
		t.Errorf("purged: %+v", c)
	}
	if c := s.changesAfter(t, 2); c.All || c.Head != 2 {
		t.Errorf("nothing was missed: %+v", c)
	}
	change()
	if c := s.changesAfter(t, 2); c.All || c.Head != 3 || len(c.IDs) != 1 {
		t.Errorf("after a purge: %+v", c)
	}
	if c := s.changesAfter(t, 7); !c.All || c.Head != 3 { // a database that was put back
		t.Errorf("ahead of the sequence: %+v", c)
	}
}

func TestMoreThanIsToldOneByOneIsToldAsAll(t *testing.T) {
	s, _ := open(t)
	s.writes(t, func(tx *Tx) error {
		tx.changed = slices.Repeat([]string{"x"}, changesMax+1)
		return nil
	})
	if c := s.changesAfter(t, 0); !c.All || c.Head != changesMax+1 {
		t.Errorf("all: %v, head: %d", c.All, c.Head)
	}
}

// requirement 81: who works beside a server waits until it cannot but know.
func TestAChangeBesideAServerReturnsWhenTheServerKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openAt(t, filepath.Join(t.TempDir(), "keyfob.db"))
		s.furnish(t)
		s.WorkBeside(time.Second)
		took := func(do func(*Tx) error) time.Duration {
			begun := time.Now()
			s.writes(t, do)
			return time.Since(begun)
		}
		if d := took(func(tx *Tx) error { return tx.UpdateUser(t.Context(), ada()) }); d != time.Second {
			t.Errorf("a change took %v", d)
		}
		if d := took(func(tx *Tx) error { return tx.SetLastUse(t.Context(), "t2", time.UnixMilli(9), "") }); d != 0 {
			t.Errorf("a use took %v", d)
		}
	})
}

func TestPostgresChangesAreAnnounced(t *testing.T) {
	url := pgtest.Database(t)
	s, other := openAt(t, url), openAt(t, url)
	s.furnish(t)
	l, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	waits := func(most time.Duration) error { return l.Wait(t.Context(), most) }
	if err := waits(time.Millisecond); err != nil {
		t.Errorf("nothing was said: %v", err)
	}
	if c, err := l.ChangesAfter(t.Context(), 0); err != nil || c.Head != 0 { // it still works
		t.Errorf("%+v, %v", c, err)
	}
	other.writes(t, func(tx *Tx) error { _, err := tx.RevokeToken(t.Context(), "t1", time.UnixMilli(9), "u1"); return err })
	if err := waits(time.Hour); err != nil {
		t.Error(err)
	}
	if c, err := l.ChangesAfter(t.Context(), 0); err != nil || !slices.Equal(c.IDs, []string{"t1"}) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := s.write.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%change_head%' AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	if err := waits(time.Hour); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the connection is lost: %v", err)
	}
}
