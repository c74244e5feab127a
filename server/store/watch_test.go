package store

import (
	"errors"
	"testing"
	"time"
)

func TestAStoreKnowsWhetherItTakesWritesAndFindsOutItselfWhenItDoesAgain(t *testing.T) {
	s, _ := open(t)
	took := 0
	s.OnWrite(func(time.Duration) { took++ })
	forbid := func(v string) {
		t.Helper()
		if _, err := s.write.ExecContext(t.Context(), `PRAGMA query_only = `+v); err != nil {
			t.Fatal(err)
		}
	}
	forbid("1")
	if err := s.Write(t.Context(), adds(t, "ada")); !errors.Is(err, ErrUnavailable) || s.Stats().Writable {
		t.Errorf("a write that fails: %v, %+v", err, s.Stats())
	}
	if err := s.CheckWritable(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("while it fails: %v", err)
	}
	forbid("0")
	if err := s.CheckWritable(t.Context()); err != nil || !s.Stats().Writable {
		t.Errorf("when it works again: %v, %+v", err, s.Stats())
	}
	if err := s.Write(t.Context(), adds(t, "ada")); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(tx *Tx) error { return errors.Join(adds(t, "bob")(tx), errors.New("no")) }); err == nil {
		t.Error("no error")
	}
	if st := s.Stats(); st.Changes["user.created"] != 1 || st.Waiting != 0 || took != 5 {
		t.Errorf("%+v, %d writes", st, took)
	}
}
