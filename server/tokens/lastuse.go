package tokens

import (
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"keyfob/server/store"
)

// flushEvery is how long a first use may be known in memory only: a crash loses no
// more than that. A token that is used again and again is written once in restLeast
// rounds of the housekeeping, or a few more, so that not all have their turn at once.
const (
	flushEvery = 10 * time.Second
	flushOver  = 5 * time.Second // of it the writing is spread: of many at once each check would wait for a processor
	restLeast  = int64((time.Minute + flushOver) / (flushEvery - flushOver))
	restSpread = restLeast / 2
	restMost   = 20_000 // tokens of which it is known when they were written
)

// How many uses one write keeps. After each SQLite's other connections read all
// pages anew, so there should not be too many.
const (
	flushFew  = 20
	flushMost = 500
)

// lastUses holds the uses that are not yet in the store, so that checking a
// token never waits for a write. It is in parts, so that looking through one holds up
// few checks.
type lastUses struct {
	parts [64]usesPart
	round atomic.Int64
}

type usesPart struct {
	mu   sync.Mutex
	byID map[string]use
}

type use struct {
	at   time.Time
	from string
	kept bool  // in the store: this stays to say until when the token rests
	rest int64 // the round before which it is not written again
}

var usesSeed = maphash.MakeSeed()

func (l *lastUses) part(id string) *usesPart {
	return &l.parts[maphash.String(usesSeed, id)%uint64(len(l.parts))]
}

func (l *lastUses) note(id string, at time.Time, from string) {
	p := l.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID == nil {
		p.byID = map[string]use{}
	}
	if u := p.byID[id]; at.After(u.at) {
		p.byID[id] = use{at: at, from: from, rest: u.rest}
	}
}

func (l *lastUses) of(id string) use {
	p := l.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[id]
}

// merge puts a later use into t.
func (l *lastUses) merge(t *store.Token) {
	if u := l.of(t.ID); u.at.After(t.LastUsedAt) {
		t.LastUsedAt, t.LastUsedFrom = u.at, u.from
	}
}

// unwritten are the tokens with uses that are not in the store.
func (l *lastUses) unwritten() []string {
	return l.those(func(u use) bool { return !u.kept })
}

// due begins a round, and answers those of the unwritten that do not rest.
func (l *lastUses) due() []string {
	now := l.round.Add(1)
	return l.those(func(u use) bool { return !u.kept && u.rest <= now })
}

// those forgets who has rested on its way.
func (l *lastUses) those(fit func(use) bool) []string {
	var ids []string
	now := l.round.Load()
	for i := range l.parts {
		ids = l.parts[i].those(ids, now, fit)
	}
	return ids
}

func (p *usesPart) those(ids []string, now int64, fit func(use) bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, u := range p.byID {
		switch {
		case fit(u):
			ids = append(ids, id)
		case u.kept && u.rest <= now:
			delete(p.byID, id)
		}
	}
	return ids
}

// written lets a token rest whose use was written, unless a later one came in
// between: that is written after the rest.
func (l *lastUses) written(id string, was use) {
	p := l.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.byID[id]
	u.kept = u.at.Equal(was.at)
	u.rest = l.round.Load() + restLeast + rand.Int64N(restSpread) //nolint:gosec // G404: nobody gains by guessing it
	if u.kept && len(p.byID) > restMost/len(l.parts) {
		delete(p.byID, id)
		return
	}
	p.byID[id] = u
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
	slices.Sort(ids) // in one order, so that no two servers wait for each other
	uses := make([]use, len(ids))
	for i, id := range ids {
		uses[i] = s.used.of(id)
	}
	moved, secrets := s.moved.some(to, most), s.movedSecret.some(to, most)
	if len(uses)+len(moved)+len(secrets) == 0 {
		return nil
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
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
		for i, id := range ids {
			s.used.written(id, uses[i])
		}
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
