package tokens

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"keyfob/server/store"
)

// flushEvery is how long a use may be known in memory only: a crash loses no
// more than that.
const flushEvery = 10 * time.Second

// flushOver is over how much of that the writing is spread: of many at once each
// check would wait for a processor.
const flushOver = time.Second

// How many uses one write keeps. After each SQLite's other connections read all
// pages anew, so there should not be too many.
const (
	flushFew  = 50
	flushMost = 500
)

// lastUses holds the uses that are not yet in the store, so that checking a
// token never waits for a write.
type lastUses struct {
	mu   sync.Mutex
	byID map[string]use
}

type use struct {
	at   time.Time
	from string
}

func (l *lastUses) note(id string, at time.Time, from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[string]use{}
	}
	if at.After(l.byID[id].at) {
		l.byID[id] = use{at, from}
	}
}

// merge puts a later use into t.
func (l *lastUses) merge(t *store.Token) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u := l.byID[t.ID]; u.at.After(t.LastUsedAt) {
		t.LastUsedAt, t.LastUsedFrom = u.at, u.from
	}
}

// some are at most so many of the uses.
func (l *lastUses) some(most int) map[string]use {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]use, min(len(l.byID), most))
	for id, u := range l.byID {
		if len(out) == most {
			break
		}
		out[id] = u
	}
	return out
}

func (l *lastUses) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.byID)
}

// forget drops what was written, unless a later use came in between.
func (l *lastUses) forget(written map[string]use) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, u := range written {
		if l.byID[id] == u {
			delete(l.byID, id)
		}
	}
}

// flush writes the last uses, and moves what was found under an old pepper, in
// pieces that no other write waits long for. If that fails they are kept for the
// next time. Uses that come meanwhile may be left to the next flush, so that it
// ends.
func (s *Service) flush(ctx context.Context) error { return s.flushWithin(ctx, 0) }

// flushWithin is flush in more and smaller pieces, spread over a time if that is
// long enough for them.
func (s *Service) flushWithin(ctx context.Context, within time.Duration) error {
	start, left, most := time.Now(), max(s.used.count(), s.moved.count(), s.movedSecret.count()), flushMost
	if within > 0 {
		most = min(max(left/100, flushFew), flushMost)
	}
	pieces := (left + most - 1) / most
	for i := range pieces {
		if err := wait(ctx, time.Until(start.Add(within*time.Duration(i)/time.Duration(pieces)))); err != nil {
			return err
		}
		if err := s.flushSome(ctx, most); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (s *Service) flushSome(ctx context.Context, most int) error {
	to := s.peppers.Load().current.id
	uses, moved, secrets := s.used.some(most), s.moved.some(to, most), s.movedSecret.some(to, most)
	if len(uses)+len(moved)+len(secrets) == 0 {
		return nil
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		// In one order, so that no two servers wait for each other.
		if err := inOrder(secrets, func(m store.Move) error { return tx.MoveSecret(ctx, m) }); err != nil {
			return err
		}
		if err := inOrder(moved, func(m store.Move) error { return tx.MoveToken(ctx, m) }); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(uses)) {
			if err := tx.SetLastUse(ctx, id, uses[id].at, uses[id].from); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.used.forget(uses)
		s.moved.forget(moved)
		s.movedSecret.forget(secrets)
	}
	return err
}

func inOrder(moves map[string]store.Move, move func(store.Move) error) error {
	for _, id := range slices.Sorted(maps.Keys(moves)) {
		if err := move(moves[id]); err != nil {
			return err
		}
	}
	return nil
}

// housekeeping flushes last uses and purges what is over until ctx ends.
func (s *Service) housekeeping(ctx context.Context) {
	tick := time.NewTicker(flushEvery - flushOver)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := errors.Join(s.flushWithin(ctx, flushOver), s.purge(ctx), s.purgeExchanged(ctx), s.purgeChanges(ctx)); err != nil && ctx.Err() == nil {
			s.Log.Warn("housekeeping failed; it is tried again", "after", flushEvery-flushOver, "error", err)
		}
	}
}
