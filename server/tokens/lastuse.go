package tokens

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"keyfob/server/store"
)

// flushEvery is how long a first use may be known in memory only: a crash loses no
// more than that. A token that is used again and again is written once in restLeast
// rounds of the housekeeping, or a few more, so that not all have their turn at once.
const (
	flushEvery = 10 * time.Second
	restLeast  = int((time.Minute + flushOver) / (flushEvery - flushOver))
	restSpread = restLeast / 2
	restMost   = 100_000 // tokens of which it is known when they were written
)

// flushOver is over how much of that the writing is spread: of many at once each
// check would wait for a processor.
const flushOver = 5 * time.Second

// How many uses one write keeps. After each SQLite's other connections read all
// pages anew, so there should not be too many.
const (
	flushFew  = 20
	flushMost = 500
)

// lastUses holds the uses that are not yet in the store, so that checking a
// token never waits for a write.
type lastUses struct {
	mu    sync.Mutex
	byID  map[string]use
	round int
}

type use struct {
	at   time.Time
	from string
	kept bool // in the store: this stays to say until when the token rests
	rest int  // the round before which it is not written again
}

func (l *lastUses) note(id string, at time.Time, from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[string]use{}
	}
	if u := l.byID[id]; at.After(u.at) {
		l.byID[id] = use{at: at, from: from, rest: u.rest}
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

// unwritten are the tokens with uses that are not in the store.
func (l *lastUses) unwritten() []string {
	return l.those(func(u use) bool { return !u.kept })
}

// due begins a round, and answers those of the unwritten that do not rest.
func (l *lastUses) due() []string {
	l.mu.Lock()
	l.round++
	maps.DeleteFunc(l.byID, func(_ string, u use) bool { return u.kept && u.rest <= l.round })
	l.mu.Unlock()
	return l.those(func(u use) bool { return !u.kept && u.rest <= l.round })
}

// those are in order, so that no two servers wait for each other.
func (l *lastUses) those(fit func(use) bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for id, u := range l.byID {
		if fit(u) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// of answers the uses of ids as they are by now.
func (l *lastUses) of(ids []string) []use {
	l.mu.Lock()
	defer l.mu.Unlock()
	uses := make([]use, len(ids))
	for i, id := range ids {
		uses[i] = l.byID[id]
	}
	return uses
}

// written lets the tokens rest whose uses were written, unless a later one came in
// between: that is written after the rest.
func (l *lastUses) written(ids []string, uses []use) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, id := range ids {
		u := l.byID[id]
		u.kept, u.rest = u.at.Equal(uses[i].at), l.round+restLeast+rand.N(restSpread) //nolint:gosec // G404: nobody gains by guessing it
		if l.byID[id] = u; u.kept && len(l.byID) > restMost {
			delete(l.byID, id)
		}
	}
}

// flush writes the last uses, and moves what was found under an old pepper, in
// pieces that no other write waits long for. If that fails they are kept for the
// next time. Uses that come meanwhile may be left to the next flush, so that it
// ends.
func (s *Service) flush(ctx context.Context) error { return s.flushWithin(ctx, 0, s.used.unwritten()) }

// flushWithin writes the last uses of ids, and what flush moves, in more and smaller
// pieces, spread over a time if that is long enough for them.
func (s *Service) flushWithin(ctx context.Context, within time.Duration, ids []string) error {
	start, left, most := time.Now(), max(len(ids), s.moved.count(), s.movedSecret.count()), flushMost
	if within > 0 {
		most = min(max(left/100, flushFew), flushMost)
	}
	pieces := (left + most - 1) / most
	for i := range pieces {
		if err := wait(ctx, time.Until(start.Add(within*time.Duration(i)/time.Duration(pieces)))); err != nil {
			return err
		}
		piece := ids[:min(most, len(ids))]
		if err := s.flushSome(ctx, piece, most); err != nil {
			return err
		}
		ids = ids[len(piece):]
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

// flushSome writes the last uses of ids, and moves at most so many.
func (s *Service) flushSome(ctx context.Context, ids []string, most int) error {
	to := s.peppers.Load().current.id
	uses, moved, secrets := s.used.of(ids), s.moved.some(to, most), s.movedSecret.some(to, most)
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
		for i, id := range ids {
			if err := tx.SetLastUse(ctx, id, uses[i].at, uses[i].from); err != nil {
				return err
			}
			runtime.Gosched() // checks that wait for a processor go first
		}
		return nil
	})
	if err == nil {
		s.used.written(ids, uses)
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
		if err := errors.Join(s.flushWithin(ctx, flushOver, s.used.due()), s.purge(ctx), s.purgeExchanged(ctx), s.purgeChanges(ctx)); err != nil && ctx.Err() == nil {
			s.Log.Warn("housekeeping failed; it is tried again", "after", flushEvery-flushOver, "error", err)
		}
	}
}
