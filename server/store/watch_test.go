package store

import (
	"errors"
	"fmt"
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
	if st := s.Stats(); st.Changes["user.created"] != 1 || st.Waiting != 0 || took != 6 {
		t.Errorf("%+v, %d writes", st, took)
	}
}

// On a disk that is almost full small writes go on while others fail: that is not well.
func TestAStoreThatTakesOnlySmallWritesIsNotWritable(t *testing.T) {
	s, _ := open(t)
	pages := func(most string) {
		t.Helper()
		if _, err := s.write.ExecContext(t.Context(), `PRAGMA max_page_count = `+most); err != nil {
			t.Fatal(err)
		}
	}
	var used string
	if err := s.write.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&used); err != nil {
		t.Fatal(err)
	}
	must(t, s, adds(t, "ada"))
	pages(used)
	var err error
	for i := 0; err == nil; i++ {
		err = s.Write(t.Context(), adds(t, fmt.Sprint("user", i)))
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	must(t, s, func(tx *Tx) error {
		_, err := tx.SetSetting(t.Context(), SettingMaxExpiry, "60")
		return err
	})
	if err := s.CheckWritable(t.Context()); !errors.Is(err, ErrUnavailable) || s.Stats().Writable {
		t.Errorf("well, though users are not taken: %v", err)
	}
	pages("1000000")
	if err := s.CheckWritable(t.Context()); err != nil || !s.Stats().Writable {
		t.Errorf("when there is room again: %v", err)
	}
	if _, err := s.Setting(t.Context(), "probe"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the probe is left: %v", err)
	}
}
