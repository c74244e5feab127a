package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyfob/internal/pgtest"
)

func open(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a ?#%20 place", "keyfob.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	place := pgtest.Place(t, path)
	return openAt(t, place), place
}

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *Store) add(t *testing.T, u User) error {
	t.Helper()
	return s.Write(t.Context(), func(tx *Tx) error { return tx.InsertUser(t.Context(), u) })
}

func ada() User {
	return User{
		ID: "u1", Login: "ada", Name: "Ada", IsActive: true, CreatedAt: time.UnixMilli(1).UTC(),
		Permissions: []string{"policies.list", "quotes.*"}, Tenants: []string{"north", "south"}, TokenLimit: 7,
	}
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	s, path := open(t)
	if _, err := s.write.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrNewer) {
		t.Errorf("opened: %v", err)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyfob.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), path); err == nil {
		t.Error("opened", s.Close())
	}
}

func TestOpenedAgainEverythingIsThere(t *testing.T) {
	s, path := open(t)
	if err := s.add(t, ada()); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path)
	if u, err := again.UserByLogin(t.Context(), "ada"); err != nil || !reflect.DeepEqual(u, ada()) {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := again.UserByID(t.Context(), "u2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a user that is not there: %v", err)
	}
}

// What is acknowledged is on the disk.
func TestWritesAreDurable(t *testing.T) {
	s, _ := open(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := s.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v", pragma, got, err)
		}
	}
}

func TestATakenKeyIsToldApart(t *testing.T) {
	s, _ := open(t)
	for i, want := range []error{nil, ErrTaken} {
		if err := s.add(t, ada()); !errors.Is(err, want) {
			t.Errorf("write %d: %v", i, err)
		}
	}
}

func TestAWriteThatFailsHalfWayLeavesNothing(t *testing.T) {
	s, _ := open(t)
	failed := errors.New("failed")
	err := s.Write(t.Context(), func(tx *Tx) error {
		if err := tx.InsertUser(t.Context(), ada()); err != nil {
			return err
		}
		if _, err := tx.UserByID(t.Context(), "u1"); err != nil {
			t.Errorf("a transaction does not see its own write: %v", err)
		}
		if _, err := s.UserByID(t.Context(), "u1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("others see it too early: %v", err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if _, err := s.UserByID(t.Context(), "u1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAFullDiskIsUnavailableAndThenFine(t *testing.T) {
	s, _ := open(t)
	fill := func() error {
		return s.Write(t.Context(), func(tx *Tx) error {
			return tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: "u1", Action: "a", ObjectID: "o", Detail: strings.Repeat("x", 1<<16)})
		})
	}
	limit := func(pages int) {
		if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite takes the present size
	if err := fill(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("full: %v", err)
	}
	limit(1 << 20)
	if err := fill(); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if events, err := s.EventsOf(t.Context(), "o"); err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

func TestADatabaseThatAnotherProgramHoldsIsUnavailable(t *testing.T) {
	s, path := open(t)
	other := openAt(t, path)
	if _, err := s.write.ExecContext(t.Context(), `PRAGMA busy_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	err := other.Write(t.Context(), func(*Tx) error {
		if err := s.add(t, ada()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("held: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.add(t, ada()); err != nil {
		t.Errorf("let go: %v", err)
	}
}

func TestACallThatWasGivenUpSaysSo(t *testing.T) {
	s, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	if _, err := s.UserByID(ctx, "u1"); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
}

// Both engines sort and search alike, and neither fails for a text that it
// cannot keep.
func TestTextsAreComparedByteByByte(t *testing.T) {
	s, _ := open(t)
	names := []string{"Zoe", "anna", "Änne", "Émile", "zoé", "a_b", "a%b"}
	for i, name := range names {
		err := s.Write(t.Context(), func(tx *Tx) error {
			a := App{ID: fmt.Sprint(i), Name: name, Policy: "None", CreatedAt: time.UnixMilli(1)}
			k := Token{ID: a.ID, MAC: []byte(a.ID), Kind: "sat", Description: name, AppID: a.ID, CreatedAt: a.CreatedAt}
			return errors.Join(tx.InsertApp(t.Context(), a), tx.InsertToken(t.Context(), k))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var sorted []string
	for order := (Order{By: "name", Limit: 2}); ; {
		page, err := s.Apps(t.Context(), AppFilter{}, time.UnixMilli(1), order)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			sorted = append(sorted, a.Name)
		}
		if order.After = page.Next; page.Next == nil {
			break
		}
	}
	if got := strings.Join(sorted, " "); got != "a%b a_b anna Zoe zoé Änne Émile" {
		t.Error("sorted", got)
	}
	for query, want := range map[string]int{"ZO": 2, "Émile": 1, "éMILE": 0, "_": 1, "%": 1, "\x00": 0, "\xff": 0} {
		l, err := s.Tokens(t.Context(), TokenFilter{Query: query}, Order{By: "createdAt", Limit: 9})
		if err != nil || l.Total != want {
			t.Errorf("%q is found %d times, want %d, %v", query, l.Total, want, err)
		}
	}
	for _, id := range []string{"\x00", "0\x00", "\xff"} {
		if _, err := s.AppByID(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
