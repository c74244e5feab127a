package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"keyfob/server/audit"
)

// outcome is what came of a write that runs beside others.
type outcome struct {
	answered bool
	err      error
	panicked any
}

// behind runs the writes so that all of them wait while the first one is at
// work, and answers when each of them has come to rest.
func behind(t *testing.T, s *Store, writes ...func(*Tx) error) []outcome {
	t.Helper()
	out, gate := make([]outcome, len(writes)), make(chan struct{})
	for i, do := range writes {
		go func() {
			defer func() { out[i].panicked, out[i].answered = recover(), true }()
			out[i].err = s.Write(t.Context(), func(tx *Tx) error {
				if i == 0 {
					<-gate
				}
				return do(tx)
			})
		}()
		synctest.Wait() // for its turn, or at the gate
	}
	close(gate)
	synctest.Wait()
	return out
}

func adds(t *testing.T, id string) func(*Tx) error {
	return func(tx *Tx) error {
		at := time.UnixMilli(1).UTC()
		return errors.Join(tx.InsertUser(t.Context(), User{ID: id, Login: id, CreatedAt: at}),
			tx.InsertEvent(t.Context(), Event{At: at, ActorID: id, Action: "user.created", ObjectID: id, Detail: "{}"}))
	}
}

// cannotCommit writes what the database refuses when it commits.
func cannotCommit(t *testing.T) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.db.ExecContext(t.Context(), `PRAGMA defer_foreign_keys = ON`)
		return errors.Join(err, tx.InsertToken(t.Context(), Token{ID: "t", MAC: []byte("t"), Kind: "pat", AppID: "no app", CreatedAt: time.UnixMilli(1)}))
	}
}

// kept are the users of ids that are there, and checks that the change log has
// them too, in a chain that verifies.
func kept(t *testing.T, s *Store, ids ...string) []string {
	t.Helper()
	var out []string
	for _, id := range ids {
		_, err := s.UserByID(t.Context(), id)
		if err == nil {
			out = append(out, id)
		} else if !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		if events, eventErr := s.EventsOf(t.Context(), id); eventErr != nil || (len(events) == 1) != (err == nil) {
			t.Fatal(id, events, eventErr)
		}
	}
	if r, err := audit.Verify(t.Context(), s, nil); err != nil || r.Break != nil {
		t.Fatal(r, err)
	}
	return out
}

func shared(t *testing.T, test func(*testing.T, *Store)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), filepath.Join(dir, "keyfob.db"))
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestSharedCommitAnswersNobodyBeforeAllAreKept(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		first, last := make(chan struct{}), make(chan struct{})
		var out [2]outcome
		for i, do := range []func(*Tx) error{
			func(tx *Tx) error { <-first; return adds(t, "a")(tx) },
			func(tx *Tx) error { <-last; return adds(t, "b")(tx) },
		} {
			go func() {
				out[i].err = s.Write(t.Context(), do)
				out[i].answered = true
			}()
			synctest.Wait()
		}
		close(first)
		synctest.Wait() // the first has done its work, the second is at it
		if out[0].answered || len(kept(t, s, "a")) != 0 {
			t.Error("answered or seen before the commit:", out[0])
		}
		close(last)
		synctest.Wait()
		if out[0] != (outcome{answered: true}) || out[1] != (outcome{answered: true}) {
			t.Error(out)
		}
		if n := kept(t, s, "a", "b"); len(n) != 2 {
			t.Error("kept", n)
		}
	})
}

func TestSharedCommitLeavesOutOnlyWhatFailed(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		failed := errors.New("failed")
		out := behind(t, s, adds(t, "a"),
			func(tx *Tx) error { return errors.Join(adds(t, "b")(tx), failed) },
			func(tx *Tx) error { _ = adds(t, "c")(tx); panic("here") },
			adds(t, "a"), // taken, by one of the same commit
			adds(t, "d"))
		if out[0].err != nil || !errors.Is(out[1].err, failed) || out[2].panicked != "here" || !errors.Is(out[3].err, ErrTaken) || out[4].err != nil {
			t.Error(out)
		}
		if n := kept(t, s, "a", "b", "c", "d"); fmt.Sprint(n) != "[a d]" {
			t.Error("kept", n)
		}
	})
}

func TestSharedCommitThatFailsKeepsNothing(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		for i, o := range behind(t, s, adds(t, "a"), cannotCommit(t), adds(t, "b"), adds(t, "a")) {
			if !errors.Is(o.err, ErrUnavailable) || errors.Is(o.err, ErrTaken) {
				t.Error(i, o.err)
			}
		}
		if n := kept(t, s, "a", "b"); len(n) != 0 {
			t.Error("kept", n)
		}
		if err := s.Write(t.Context(), adds(t, "a")); err != nil {
			t.Error("afterwards:", err)
		}
	})
}

// A full disk makes SQLite undo the whole transaction in its middle.
func TestSharedTransactionThatIsLostKeepsNothing(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		fill := func(tx *Tx) error {
			if _, err := tx.db.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // the present size
				return err
			}
			return tx.InsertUser(t.Context(), User{ID: "x", Login: "x", Name: string(make([]byte, 1<<17)), CreatedAt: time.UnixMilli(1)})
		}
		more := func(tx *Tx) error {
			_, err := tx.db.ExecContext(t.Context(), `PRAGMA max_page_count = 100000`)
			return errors.Join(err, adds(t, "b")(tx))
		}
		out := behind(t, s, adds(t, "a"), fill, more)
		if !errors.Is(out[0].err, ErrUnavailable) || !errors.Is(out[1].err, ErrUnavailable) || out[2].err != nil {
			t.Error(out)
		}
		if n := kept(t, s, "a", "b"); fmt.Sprint(n) != "[b]" {
			t.Error("kept", n)
		}
	})
}

func TestSharedCommitDoesNotWaitForOneThatGaveUp(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		gate := make(chan struct{})
		ctx, giveUp := context.WithCancel(t.Context())
		var first, queued, working error
		go func() {
			first = s.Write(t.Context(), func(tx *Tx) error { <-gate; return adds(t, "a")(tx) })
		}()
		synctest.Wait()
		go func() { queued = s.Write(ctx, adds(t, "b")) }()
		go func() {
			working = s.Write(t.Context(), func(tx *Tx) error {
				own, cancel := context.WithCancel(t.Context())
				cancel()
				return errors.Join(adds(t, "c")(tx), tx.InsertUser(own, User{ID: "d", Login: "d"}))
			})
		}()
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if !errors.Is(queued, context.Canceled) {
			t.Error("one that waits:", queued)
		}
		close(gate)
		synctest.Wait()
		if first != nil || !errors.Is(working, context.Canceled) {
			t.Error(first, working)
		}
		if n := kept(t, s, "a", "b", "c", "d"); fmt.Sprint(n) != "[a]" {
			t.Error("kept", n)
		}
	})
}

func TestSharedCommitIsFinishedBeforeTheStoreIsClosed(t *testing.T) {
	shared(t, func(t *testing.T, s *Store) {
		gate, closed := make(chan struct{}), make(chan error, 1)
		var errs [2]error
		go func() {
			errs[0] = s.Write(t.Context(), func(tx *Tx) error { <-gate; return adds(t, "a")(tx) })
		}()
		synctest.Wait()
		go func() { errs[1] = s.Write(t.Context(), adds(t, "b")) }()
		synctest.Wait()
		go func() { closed <- s.Close() }()
		synctest.Wait()
		if err := s.Write(t.Context(), adds(t, "c")); !errors.Is(err, ErrUnavailable) {
			t.Error("a write after it:", err)
		}
		close(gate)
		err := <-closed
		synctest.Wait()
		if err != nil || errs != [2]error{} {
			t.Error(err, errs)
		}
	})
}

// Whatever writes run at once: what was acknowledged is there, what was refused
// is not, and each has its place in the chain.
func TestSharedCommitsKeepExactlyWhatTheyAcknowledge(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		s, err := Open(t.Context(), filepath.Join(dir, fmt.Sprint(run)))
		if err != nil {
			r.Fatal(err)
		}
		type call struct {
			id   string
			kind int
		}
		calls := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) call {
			return call{rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h"}).Draw(r, "id"), rapid.IntRange(0, 9).Draw(r, "kind")}
		}), 2, 24).Draw(r, "calls")
		var (
			all sync.WaitGroup
			mu  sync.Mutex
		)
		acknowledged := map[string]int{}
		for _, c := range calls {
			all.Go(func() {
				if one(t, s, c.id, c.kind) == nil {
					mu.Lock()
					acknowledged[c.id]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			if n := len(kept(t, s, id)); n != acknowledged[id] {
				r.Errorf("%s is there %d times and was acknowledged %d times", id, n, acknowledged[id])
			}
		}
		if err := errors.Join(s.Close(), os.RemoveAll(filepath.Join(dir, fmt.Sprint(run)))); err != nil {
			r.Error(err)
		}
	})
}

var errUnkept = errors.New("not kept")

// one adds the user id; or, by kind, fails, panics or gives up half way, or
// spoils the commit.
func one(t *testing.T, s *Store, id string, kind int) (err error) {
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	defer func() {
		if recover() != nil {
			err = errUnkept
		}
	}()
	return s.Write(ctx, func(tx *Tx) error {
		if err := adds(t, id)(tx); err != nil {
			return err
		}
		switch kind {
		case 0:
			return errUnkept
		case 1:
			panic("half way")
		case 2:
			giveUp()
			_, err := tx.UserByID(ctx, id)
			return err
		case 3:
			return cannotCommit(t)(tx)
		}
		return nil
	})
}
