package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/server/store"
)

// records are things in a database that announces, or does not, what changes.
type records struct {
	mu      sync.Mutex
	values  map[string]string
	changes []string
	purged  int64
	down    bool
	slow    time.Duration
	hangs   bool // it takes what is asked, and never answers
	reads   int

	announced chan struct{}
	cut       chan struct{} // closed: the connection is gone
}

func newRecords() *records {
	return &records{values: map[string]string{"a": "1"}, announced: make(chan struct{}, 1), cut: make(chan struct{})}
}

// with does what it is told while nobody looks.
func (r *records) with(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
}

// set changes a value, on another machine.
func (r *records) set(key, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[key] = value
	r.changes = append(r.changes, key)
}

func (r *records) announce() {
	select {
	case r.announced <- struct{}{}:
	default:
	}
}

func (r *records) ChangesAfter(ctx context.Context, seq int64) (store.Changes, error) {
	var slow time.Duration
	r.with(func() { slow = r.slow })
	time.Sleep(slow)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hangs {
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
	}
	if r.down || ctx.Err() != nil {
		return store.Changes{}, errors.New("down")
	}
	out := store.Changes{Head: int64(len(r.changes))}
	if out.All = seq < r.purged || seq > out.Head; !out.All {
		out.IDs = slices.Clone(r.changes[seq:])
	}
	return out, nil
}

func (r *records) Wait(ctx context.Context, most time.Duration) error {
	var cut chan struct{}
	r.with(func() { cut = r.cut })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-cut:
		return errors.New("cut")
	case <-r.announced:
	case <-time.After(most):
	}
	return nil
}

func (r *records) Close() error { return nil }

func (r *records) listen(context.Context) (listener, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, errors.New("down")
	}
	r.cut = make(chan struct{})
	return r, nil
}

// get reads a key through the cache; what happens during the read is done then.
func (r *records) get(t *testing.T, c *Cache[string, string], key string, during ...func()) string {
	t.Helper()
	v, err := c.Get(t.Context(), key, func() (string, []string, error) {
		r.reads++
		v, ok := r.values[key]
		for _, do := range during {
			do()
		}
		if !ok {
			return "", nil, store.ErrNotFound
		}
		return v, []string{key, "other"}, nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// gets checks what is answered, and whether it was read for that.
func (r *records) gets(t *testing.T, c *Cache[string, string], key, want string, read bool, during ...func()) {
	t.Helper()
	before := r.reads
	if got := r.get(t, c, key, during...); got != want || (r.reads > before) != read {
		t.Errorf("%s is %q, read: %v; want %q, %v", key, got, r.reads > before, want, read)
	}
}

// world runs a test in a bubble of time, on records that are looked at or, if
// told, listened to.
func world(t *testing.T, told bool, test func(*testing.T, *records, *Watch, *Cache[string, string])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRecords()
		ctx, cancel := context.WithCancel(t.Context())
		var listen func(context.Context) (listener, error)
		if told {
			listen = r.listen
		}
		w := follow(ctx, r, listen, slog.New(slog.DiscardHandler))
		synctest.Wait()
		test(t, r, w, New[string](w, 100, func(string) int { return 1 }))
		cancel()
		w.Wait()
	})
}

func TestWhatThisProcessChangesIsReadAnewAtOnce(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, w *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.gets(t, c, "a", "1", false)
		r.values["a"] = "2"
		r.gets(t, c, "a", "1", false) // nobody said so
		w.changed([]string{"a"})
		r.gets(t, c, "a", "2", true)
		r.gets(t, c, "a", "2", false)
		w.changed([]string{"something else"})
		r.gets(t, c, "a", "2", false)
		w.changed([]string{"other"}) // of which a is made too
		r.gets(t, c, "a", "2", true)
	})
}

// The fill race: what was read before a change is not remembered after it,
// whenever the change is heard of.
func TestAChangeDuringTheReadIsNotMissed(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, w *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true, func() {
			r.values["a"] = "2"
			w.changed([]string{"a"})
		})
		r.gets(t, c, "a", "2", true)
		r.gets(t, c, "a", "2", false)
	})
}

// The same where another process makes the change, and it is seen in the sequence.
func TestAChangeElsewhereDuringTheReadIsNotMissed(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true, func() { r.set("a", "2") })
		time.Sleep(Trusted)
		r.gets(t, c, "a", "2", true)
	})
}

func TestAReadThatTakesLongerThanAChangeIsNotedForIsNotRemembered(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, w *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true, func() {
			r.values["a"] = "2"
			w.changed([]string{"a"})
			for range 3 { // until it is forgotten that a changed
				time.Sleep(foundLife + 1)
				w.changed([]string{"b"})
			}
			if len(w.recent)+len(w.older) > 2 {
				t.Error("changes are noted for ever")
			}
		})
		r.gets(t, c, "a", "2", true)
	})
}

// Beside a server that serves a file alone, a command waits as long as this.
func TestWhatAnotherProcessChangesIsSeenBeforeItsCallReturns(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.set("a", "2")
		time.Sleep(Trusted/2 - 1)
		r.gets(t, c, "a", "1", false)
		time.Sleep(Trusted/2 + 1)
		r.gets(t, c, "a", "2", true)
	})
}

// Else a server that is slow for a moment would read everything anew, and be slower.
func TestWhileOneLooksNobodyReadsAnew(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.with(func() { r.slow = 3 * Trusted })
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				v, err := c.Get(t.Context(), "a", func() (string, []string, error) { return "read anew", nil, nil })
				if v != "1" || err != nil {
					t.Errorf("a is %q, %v", v, err)
				}
			})
			time.Sleep(Trusted / 10)
		}
		all.Wait()
		if n := c.Stats().Bypassed; n > 0 {
			t.Errorf("%d went past the cache", n)
		}
	})
}

func TestNothingIsTrustedForLong(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.gets(t, c, "b", "none", true)
		r.gets(t, c, "b", "none", false)
		time.Sleep(missingLife)
		r.gets(t, c, "b", "none", true)
		time.Sleep(foundLife - foundSpread - missingLife)
		r.gets(t, c, "a", "1", false)
		r.values["a"] = "2" // by somebody who notes nothing
		time.Sleep(foundSpread)
		r.gets(t, c, "a", "2", true)
	})
}

func TestWhatWasReadTogetherIsNotReadAnewTogether(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		for i := range 50 {
			r.values[strconv.Itoa(i)] = "1"
			r.get(t, c, strconv.Itoa(i))
		}
		time.Sleep(foundLife - foundSpread/2)
		before := r.reads
		for i := range 50 {
			r.get(t, c, strconv.Itoa(i))
		}
		if n := r.reads - before; n < 5 || n > 45 {
			t.Errorf("%d of 50 were read anew", n)
		}
	})
}

func TestASequenceThatIsPurgedOrBeginsAnewForgetsAll(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		for _, spoil := range []func(){
			func() { r.set("b", "x"); r.set("a", "2"); r.purged = 1 },
			func() { r.changes, r.values["a"] = nil, "3" },
		} {
			r.get(t, c, "a")
			spoil()
			time.Sleep(Trusted)
			r.gets(t, c, "a", r.values["a"], true)
			r.gets(t, c, "a", r.values["a"], false)
		}
	})
}

func TestManyChangesAreForgottenTogether(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, w *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		ids := make([]string, many+1)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		w.changed(ids)
		r.gets(t, c, "a", "1", true)
		if len(w.recent) > 0 {
			t.Errorf("%d changes are noted", len(w.recent))
		}
	})
}

func TestADatabaseThatDoesNotAnswerIsAskedEachTime(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.down = true
		time.Sleep(Trusted)
		r.gets(t, c, "a", "1", true)
		r.gets(t, c, "a", "1", true)
		if s := c.Stats(); s.Bypassed != 2 || s.Misses != 1 || s.Hits != 0 || s.Entries != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// requirement 81, across machines.
func TestAnAnnouncedChangeIsReadAnew(t *testing.T) {
	world(t, true, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.set("a", "2")
		r.announce()
		synctest.Wait()
		r.gets(t, c, "a", "2", true)
		r.set("a", "3") // and the announcement is lost
		time.Sleep(heartbeat)
		synctest.Wait()
		r.gets(t, c, "a", "3", true)
		time.Sleep(heartbeat / 2)
		r.gets(t, c, "a", "3", false)
	})
}

func TestWhereTheListenerIsLostAllIsReadUntilTheSequenceHasTold(t *testing.T) {
	world(t, true, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.with(func() {
			r.down = true
			close(r.cut)
		})
		synctest.Wait()
		r.set("a", "2")
		r.gets(t, c, "a", "2", true)
		r.gets(t, c, "a", "2", true)
		r.with(func() { r.down = false })
		time.Sleep(againMost)
		synctest.Wait()
		r.gets(t, c, "a", "2", true) // it was remembered as 1
		r.gets(t, c, "a", "2", false)
	})
}

func TestAListenerThatIsSilentIsNotTrustedAfterTwoSeconds(t *testing.T) {
	world(t, true, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		r.with(func() { r.hangs = true })
		r.set("a", "2")
		time.Sleep(silence - 1)
		synctest.Wait()
		r.gets(t, c, "a", "1", false)
		time.Sleep(time.Nanosecond)
		r.gets(t, c, "a", "2", true)
		r.gets(t, c, "a", "2", true)
		r.with(func() { r.hangs = false })
		time.Sleep(silence)
		synctest.Wait()
		r.gets(t, c, "a", "2", true)
		r.gets(t, c, "a", "2", false)
	})
}

func TestNoCacheReadsAlways(t *testing.T) {
	r, c := newRecords(), (*Cache[string, string])(nil)
	r.gets(t, c, "a", "1", true)
	r.gets(t, c, "a", "1", true)
	if c.Stats() != (Stats{}) {
		t.Error(c.Stats())
	}
}

// A database that fails slowly is asked by one of those who wait, not by one after the other.
func TestAFailedLookIsNotRepeatedByAllWhoWaitedForIt(t *testing.T) {
	world(t, false, func(t *testing.T, r *records, _ *Watch, c *Cache[string, string]) {
		r.gets(t, c, "a", "1", true)
		time.Sleep(Trusted)
		r.with(func() { r.slow, r.down = 100*time.Millisecond, true })
		begun := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, _ = c.Get(t.Context(), "a", func() (string, []string, error) { return "read anew", nil, nil })
			})
		}
		all.Wait()
		if took := time.Since(begun); took > 200*time.Millisecond {
			t.Errorf("the last waited %v", took)
		}
	})
}
