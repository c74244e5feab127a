package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// withToken is a store on SQLite with one token, which find looks up.
func withToken(t *testing.T) (s *Store, find func(context.Context) error) {
	t.Helper()
	s = openAt(t, filepath.Join(t.TempDir(), "keyfob.db"))
	mac, at := []byte("1"), time.UnixMilli(1).UTC()
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.InsertUser(t.Context(), ada()), tx.InsertApp(t.Context(), App{ID: "a1", Name: "ERP", Policy: "None", Enabled: true, CreatedAt: at}),
			tx.InsertToken(t.Context(), Token{ID: "t1", MAC: mac, Kind: "pat", AppID: "a1", UserID: "u1", CreatedAt: at, CreatedBy: "u1"}))
	})
	return s, func(ctx context.Context) error {
		p, err := s.PresentedByMAC(ctx, mac)
		if err == nil && !bytes.Equal(p.MAC(), mac) {
			t.Errorf("%q was read", p.MAC())
		}
		return err
	}
}

// What may be wrong with a connection ends with it.
func TestAfterACheckThatFailedTheNextOneBeginsAnew(t *testing.T) {
	s, find := withToken(t)
	rename := func(from, to string) {
		if _, err := s.write.ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := find(t.Context()); err != nil {
			t.Fatal(err)
		}
		rename("apps", "hidden")
		for range 2 * cap(s.checks.free) {
			if err := find(t.Context()); err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("without its table: %v", err)
			}
		}
		rename("hidden", "apps")
	}
	if err := find(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACheckThatWaitsForAConnectionCanBeCancelled(t *testing.T) {
	s, find := withToken(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := find(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a connection that is free: %v", err)
	}
	var all []*checker
	for range cap(s.checks.free) {
		one, err := s.checks.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := find(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, one := range all {
		s.checks.put(one)
	}
	if err := find(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAClosedStoreAnswersChecksWithAnError(t *testing.T) {
	s, find := withToken(t)
	if err := errors.Join(find(t.Context()), s.checks.close(), s.checks.close()); err != nil {
		t.Fatal(err)
	}
	if err := find(t.Context()); err == nil || errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// A record that is not of the form that was expected is read as none.
func TestWhatACheckReadIsOfTheTypeThatIsWantedOrRefused(t *testing.T) {
	var (
		text string
		blob []byte
		n    int64
		yes  bool
		null sql.NullString
	)
	for _, c := range []struct {
		dest, value any
		good        bool
	}{
		{&text, "a", true},
		{&text, nil, false},
		{&text, []byte("a"), false},
		{&blob, []byte("a"), true},
		{&blob, nil, true},
		{&blob, "a", false},
		{&n, int64(3), true},
		{&n, nil, false},
		{&n, "3", false},
		{&yes, int64(1), true},
		{&yes, nil, false},
		{&null, nil, true},
		{&null, "a", true},
		{new(float64), 1.5, false},
	} {
		if err := assign(c.dest, c.value); (err == nil) != c.good {
			t.Errorf("%T for %T: %v", c.value, c.dest, err)
		}
	}
	if text != "" || blob != nil || n != 0 || yes || null.String != "a" {
		t.Error(text, blob, n, yes, null)
	}
}
