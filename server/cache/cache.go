// Package cache remembers what was read from the records, for as long as it is
// sure that nothing has changed it.
//
// A Watch follows the sequence of changes that the store writes. For each
// change it notes when it heard of it, counted in generations. A Cache notes
// with each thing the generation before it was read, and the rows that it was
// made of: if one of those has changed since, the thing is not used. So nothing
// has to be searched for and dropped, and it does not matter whether a change
// comes before, during or after a read.
//
// What this process changes is heard of before the changing call returns. What
// others change:
//
//   - On SQLite, which one server serves at a time, the sequence is looked at
//     when a thing is asked for and half of Trusted has passed since the last look;
//     and a command beside the server waits that long before it returns.
//   - On PostgreSQL a change is announced to all servers on a connection that
//     each keeps for it, over which it asks at least every second what has
//     changed. When that connection fails, or is silent for two seconds,
//     everything is read anew until it works again and the sequence has told
//     what was missed.
//
// Whatever goes wrong, nothing is used for longer than five seconds.
package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"keyfob/server/store"
)

const (
	foundLife   = 5 * time.Second
	foundSpread = time.Second // by up to which it is less: what was read together is not read anew together
	missingLife = time.Second // of not having found it
)

// Cache remembers things of one kind by their keys. A nil Cache remembers
// nothing. It is safe for concurrent use; what it answers is shared, and must
// not be changed.
type Cache[K comparable, V any] struct {
	watch *Watch
	kept  *otter.Cache[K, *entry[V]]

	hits, misses, bypassed atomic.Uint64
}

type entry[V any] struct {
	value      V
	missing    bool
	generation uint64
	until      time.Duration // by Watch.now
	ids        []string
}

// Stats is how a Cache did, since it was made.
type Stats struct {
	Hits, Misses uint64
	Bypassed     uint64 // read anew, as it was not sure what had changed
	Changes      uint64 // that the Watch heard of
	Entries      int
}

// New makes a Cache of at most size things, of which one may count for several.
// It keeps those that are asked for most: asking for many others once does not
// drive them out.
func New[K comparable, V any](w *Watch, size int, counts func(V) int) *Cache[K, V] {
	weigh := func(_ K, e *entry[V]) uint32 {
		if e.missing {
			return 1
		}
		return uint32(counts(e.value)) //nolint:gosec // G115: far from it
	}
	return &Cache[K, V]{watch: w, kept: otter.Must(&otter.Options[K, *entry[V]]{MaximumWeight: uint64(size), Weigher: weigh})} //nolint:gosec // G115: not negative
}

// Get answers what is remembered, or reads it. read says also which rows it is
// made of; if it answers store.ErrNotFound, that is remembered too, for less long.
func (c *Cache[K, V]) Get(ctx context.Context, key K, read func() (v V, ids []string, err error)) (V, error) {
	if c == nil {
		v, _, err := read()
		return v, err
	}
	if !c.watch.sure(ctx) {
		c.bypassed.Add(1)
		v, _, err := read()
		return v, err
	}
	if e, ok := c.kept.GetIfPresent(key); ok && c.watch.now() < e.until && c.watch.unchanged(e.generation, e.ids) {
		c.hits.Add(1)
		if e.missing {
			return e.value, store.ErrNotFound
		}
		return e.value, nil
	}
	c.misses.Add(1)
	// Both before it is read, and the time first: a change is noted for as long
	// as a thing lives that was read before it.
	now := c.watch.now()
	e := &entry[V]{until: now + foundLife - rand.N(foundSpread)} //nolint:gosec // G404: nobody gains by guessing it
	e.generation = c.watch.generation.Load()
	var err error
	e.value, e.ids, err = read()
	if errors.Is(err, store.ErrNotFound) {
		e.missing, e.until = true, now+missingLife
	} else if err != nil {
		return e.value, err
	}
	c.kept.Set(key, e)
	return e.value, err
}

// Stats counts.
func (c *Cache[K, V]) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Bypassed: c.bypassed.Load(),
		Changes: c.watch.changes.Load(), Entries: c.kept.EstimatedSize(),
	}
}
