package cache

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"keyfob/server/store"
)

// Trusted is how long a look at the sequence is good for on SQLite.
const Trusted = 25 * time.Millisecond

// On PostgreSQL.
const (
	heartbeat = time.Second     // between two looks, at most
	silence   = 2 * time.Second // from one look until nothing is trusted any more
	againMost = time.Second     // between two attempts to connect
)

// many is how many changes are noted one by one.
const many = 100_000

// Watch knows what has changed lately. It is safe for concurrent use.
type Watch struct {
	records   source
	listen    func(context.Context) (listener, error) // nil: nobody announces anything
	trusted   time.Duration                           // how long a look is good for
	log       *slog.Logger
	begun     time.Time
	following func()

	generation atomic.Uint64 // grows with each change that is heard of
	changes    atomic.Uint64
	until      atomic.Int64 // by now: then another look is needed

	look  chan struct{} // has one while somebody looks, who may change what follows
	begin bool          // not looked yet
	asked time.Duration // when the last look began that succeeded

	failed time.Duration // and the last that did not

	mu            sync.RWMutex
	seq           int64             // seen so far; written by the one who looks
	looked        chan struct{}     // closed by the next look
	recent, older map[string]uint64 // the generation in which a row changed last
	turned        time.Duration     // when recent became older
	floor         uint64            // nothing from before it holds
}

type source interface {
	ChangesAfter(ctx context.Context, seq int64) (store.Changes, error)
}

type listener interface {
	source
	Wait(ctx context.Context, most time.Duration) error
	Close() error
}

// Follow makes a Watch of the records, which on PostgreSQL listens until ctx
// ends; Wait waits for that.
func Follow(ctx context.Context, records *store.Store, log *slog.Logger) *Watch {
	var listen func(context.Context) (listener, error)
	if records.Shared() {
		listen = func(ctx context.Context) (listener, error) { return records.Listen(ctx) }
	}
	w := follow(ctx, records, listen, log)
	records.OnChange(w.changed)
	return w
}

func follow(ctx context.Context, records source, listen func(context.Context) (listener, error), log *slog.Logger) *Watch {
	w := &Watch{
		records: records, listen: listen, trusted: Trusted, log: log, begun: time.Now(),
		look: make(chan struct{}, 1), begin: true, asked: -1, failed: -1,
		recent: map[string]uint64{}, looked: make(chan struct{}),
	}
	var done sync.WaitGroup
	if listen != nil {
		w.trusted = silence
		done.Go(func() { w.run(ctx) })
	}
	w.following = done.Wait
	return w
}

// Wait returns when the Watch has stopped.
func (w *Watch) Wait() { w.following() }

// now is a clock that nobody can set.
func (w *Watch) now() time.Duration { return time.Since(w.begun) }

// sure reports whether all changes are known that were made until shortly ago. On
// SQLite it looks at the sequence for that: when half of the trust is left, one does,
// while the others go on; when none is left they wait for it. To read anew instead
// costs so much more that a server at its limit would not come back from it.
func (w *Watch) sure(ctx context.Context) bool {
	if w.listen != nil {
		return w.trusts(0)
	}
	if w.trusts(w.trusted / 2) {
		return true
	}
	came := w.now()
	select {
	case w.look <- struct{}{}:
	default:
		if w.trusts(0) {
			return true
		}
		select {
		case w.look <- struct{}{}:
		case <-ctx.Done():
			return false
		}
	}
	defer func() { <-w.look }()
	if w.failed >= came { // it would again, and others wait
		return w.trusts(0)
	}
	return w.asked >= came || w.trusts(w.trusted/2) || w.catchUp(ctx, w.records) == nil || w.trusts(0)
}

// trusts reports whether what is known is good for longer than left.
func (w *Watch) trusts(left time.Duration) bool { return int64(w.now()+left) < w.until.Load() }

// catchUp looks at the sequence. What it answers is trusted from the moment
// before it was asked.
func (w *Watch) catchUp(ctx context.Context, from source) error {
	asked := w.now()
	c, err := from.ChangesAfter(ctx, w.seq)
	if err != nil {
		w.failed = asked
		return err
	}
	if w.begin || c.All {
		w.Forget()
	} else if len(c.IDs) > 0 {
		w.changed(c.IDs)
	}
	w.begin, w.asked = false, asked
	w.until.Store(int64(asked + w.trusted))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq = c.Head
	close(w.looked)
	w.looked = make(chan struct{})
	return nil
}

// CatchUp returns when all is known that was changed before it was called. It
// hastens nothing on PostgreSQL: it waits for the one who listens.
func (w *Watch) CatchUp(ctx context.Context) error {
	if w.listen == nil {
		w.look <- struct{}{}
		defer func() { <-w.look }()
		return w.catchUp(ctx, w.records)
	}
	now, err := w.records.ChangesAfter(ctx, math.MaxInt64-1)
	if err != nil {
		return err
	}
	for {
		w.mu.RLock()
		seen, looked := w.seq, w.looked
		w.mu.RUnlock()
		if seen >= now.Head {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-looked:
		}
	}
}

// changed notes that rows have changed.
func (w *Watch) changed(ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// What is older than the longest life of an entry is needed no more.
	if now := w.now(); now-w.turned > foundLife {
		w.older, w.recent, w.turned = w.recent, map[string]uint64{}, now
	}
	next := w.generation.Load() + 1
	for _, id := range ids {
		w.recent[id] = next
	}
	if len(w.recent) > many {
		w.floor, w.recent, w.older = next, map[string]uint64{}, nil
	}
	w.generation.Store(next)
	w.changes.Add(uint64(len(ids)))
}

// Forget has nothing used that was read before.
func (w *Watch) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.floor = w.generation.Add(1)
	w.recent, w.older = map[string]uint64{}, nil
}

// unchanged reports whether none of the rows has changed since generation.
func (w *Watch) unchanged(generation uint64, ids []string) bool {
	if generation == w.generation.Load() {
		return true
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if generation < w.floor {
		return false
	}
	for _, id := range ids {
		if w.recent[id] > generation || w.older[id] > generation {
			return false
		}
	}
	return true
}

// run listens, and listens anew when the connection is lost.
func (w *Watch) run(ctx context.Context) {
	again := time.Duration(0)
	for ctx.Err() == nil {
		heard, err := w.hear(ctx)
		w.until.Store(0)
		if ctx.Err() != nil {
			return
		}
		w.log.WarnContext(ctx, "not told of changes; every token is read until that works again", "error", err)
		again = min(2*again+10*time.Millisecond, againMost)
		if heard {
			again = 0
		}
		pause(ctx, again)
	}
}

// hear listens until something fails. It reports whether it ever heard.
func (w *Watch) hear(ctx context.Context) (heard bool, err error) {
	connecting, cancel := context.WithTimeout(ctx, silence)
	l, err := w.listen(connecting)
	cancel()
	if err != nil {
		return false, err
	}
	defer func() { _ = l.Close() }() // it failed, or the server stops
	for {
		asking, cancel := context.WithTimeout(ctx, silence)
		err := w.catchUp(asking, l)
		cancel()
		if err != nil {
			return heard, err
		}
		heard = true
		if err := l.Wait(ctx, heartbeat); err != nil {
			return heard, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
