package audit_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/server/audit"
	"keyfob/server/store"
)

// desk is a keeper at work on a database.
type desk struct {
	*testing.T
	db     *store.Store
	dir    string
	now    time.Time
	keeper *audit.Keeper
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	var err error
	if d.db, err = store.Open(t.Context(), filepath.Join(d.dir, "keyfob.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.db.Close() })
	d.restart()
	return d
}

func (d *desk) restart() {
	d.Helper()
	book, err := audit.OpenBook(d.dir)
	if err != nil {
		d.Fatal(err)
	}
	d.keeper = audit.NewKeeper(d.db, book, func() time.Time { return d.now }, slog.New(slog.DiscardHandler))
}

func (d *desk) happen(n int) {
	d.Helper()
	err := d.db.Write(d.Context(), func(tx *store.Tx) error {
		for range n {
			if err := tx.InsertEvent(d.Context(), store.Event{At: d.now, ActorID: "u1", Action: "a", Detail: "{}"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
}

// looks makes the keeper look after some time, and demands the Seqs of all
// checkpoints then.
func (d *desk) looks(after time.Duration, want ...int64) {
	d.Helper()
	d.now = d.now.Add(after)
	if err := d.keeper.Look(d.Context()); err != nil {
		d.Fatal(err)
	}
	d.has(want...)
}

func (d *desk) has(want ...int64) {
	d.Helper()
	var got []int64
	for _, c := range d.signed() {
		got = append(got, c.Seq)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.Error(diff)
	}
}

func (d *desk) signed() []audit.Signed {
	d.Helper()
	all, err := audit.ReadCheckpoints(filepath.Join(d.dir, audit.File), filepath.Join(d.dir, audit.VerifyingFile))
	if err != nil {
		d.Fatal(err)
	}
	return all
}

func (d *desk) verify() *audit.Break {
	d.Helper()
	r, err := audit.Verify(d.Context(), d.db, d.signed())
	if err != nil {
		d.Fatal(err)
	}
	return r.Break
}

func TestACheckpointIsSignedAMinuteAfterAChangeOrAThousandEvents(t *testing.T) {
	d := newDesk(t)
	d.looks(time.Hour) // nothing happened
	d.happen(1)
	d.looks(0, 1) // long after the last one
	d.looks(time.Hour, 1)
	d.happen(1)
	d.looks(0, 1, 2)
	d.happen(999)
	d.looks(59*time.Second, 1, 2)
	d.happen(1)
	d.looks(0, 1, 2, 1002)
	d.happen(2500)
	d.looks(0, 1, 2, 1002, 3502)
	d.happen(1)
	d.looks(time.Minute, 1, 2, 1002, 3502, 3503)
	d.restart()
	d.looks(time.Hour, 1, 2, 1002, 3502, 3503)
	if b := d.verify(); b != nil {
		t.Error(b)
	}
}

// A checkpoint never vouches for what was seen to be broken.
func TestNothingIsSignedThatDoesNotFitTheLastCheckpoint(t *testing.T) {
	d := newDesk(t)
	d.happen(5)
	d.looks(0, 5)
	d.happen(5)
	d.raw(`UPDATE events SET action = 'b' WHERE seq = 7`)
	d.now = d.now.Add(time.Hour)
	b, ok := errors.AsType[*audit.Break](d.keeper.Look(t.Context()))
	if !ok || b.Seq != 7 || b.Reason != audit.Altered {
		t.Errorf("found %v", b)
	}
	d.has(5)
	d.raw(`UPDATE events SET action = 'a' WHERE seq = 7`)
	d.looks(0, 5, 10)
}

// The tail is cut so well that the database agrees with itself, and others are
// written in its place.
func TestATailThatWasReplacedIsNotSigned(t *testing.T) {
	d := newDesk(t)
	d.happen(5)
	d.looks(0, 5)
	d.raw(`DELETE FROM events WHERE seq > 3`)
	d.raw(`UPDATE event_chain SET seq = 3, hash = (SELECT hash FROM events WHERE seq = 3)`)
	for i, more := range []int{0, 1, 1, 1} {
		d.now = d.now.Add(time.Duration(i) * time.Hour) // the first at once: what was signed is not there
		d.happen(more)
		if err := d.keeper.Look(t.Context()); err == nil {
			t.Errorf("a head was signed, %d after the cut", more)
		}
	}
	d.has(5)
	if b := d.verify(); b == nil || b.Seq != 5 || b.Reason != audit.Rewritten {
		t.Errorf("found %v", b)
	}
}

func TestACheckpointOfAnotherHistoryContradicts(t *testing.T) {
	d := newDesk(t)
	d.happen(5)
	d.looks(0, 5)
	other := newDesk(t)
	other.now = d.now.Add(time.Hour)
	other.happen(5)
	other.looks(0, 5)
	r, err := audit.Verify(t.Context(), d.db, append(d.signed(), other.signed()...))
	if err != nil || r.Break == nil || r.Break.Seq != 5 || r.Break.Reason != audit.Rewritten {
		t.Errorf("found %+v, %v", r.Break, err)
	}
}
