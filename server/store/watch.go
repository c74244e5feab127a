package store

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// watch knows how the writes are going.
type watch struct {
	waiting atomic.Int64
	state   atomic.Int32 // of the last write that ended
	took    atomic.Pointer[func(time.Duration)]

	mu      sync.Mutex
	changes map[string]uint64
}

const (
	unknown int32 = iota
	writable
	failing
)

// write notes what comes of a write, and what it changed.
func (w *watch) write(do func(*Tx) error, durably func(func(*Tx) error) error) error {
	start := time.Now()
	w.waiting.Add(1)
	defer w.waiting.Add(-1)
	var actions []string
	err := durably(func(tx *Tx) error {
		actions = actions[:0] // it may run again
		tx.actions = &actions
		return do(tx)
	})
	if took := w.took.Load(); took != nil {
		(*took)(time.Since(start))
	}
	switch {
	case err == nil:
		w.state.Store(writable)
		w.count(actions)
	case errors.Is(err, ErrUnavailable):
		w.state.Store(failing)
	}
	return err
}

func (w *watch) count(actions []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changes == nil {
		w.changes = map[string]uint64{}
	}
	for _, a := range actions {
		w.changes[a]++
	}
}

// Stats is how the writes of this process are going.
type Stats struct {
	Waiting  int               // asked for and not done
	Writable bool              // the last one did not fail for want of the database
	Changes  map[string]uint64 // events written, by action
}

// Stats answers from memory.
func (s *Store) Stats() Stats {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return Stats{Waiting: int(s.watch.waiting.Load()), Writable: s.watch.state.Load() != failing, Changes: maps.Clone(s.watch.changes)}
}

// OnWrite has do told how long each write took, from asking to knowing.
func (s *Store) OnWrite(do func(time.Duration)) { s.watch.took.Store(&do) }

// CheckWritable reports whether writes are durable now. It is known from the
// last write; where there was none yet, or it failed, a small one is tried, so
// that a server notices by itself when the disk has room again.
func (s *Store) CheckWritable(ctx context.Context) error {
	if s.watch.state.Load() == writable {
		return nil
	}
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.db.ExecContext(ctx, `UPDATE event_chain SET seq = seq WHERE id = 1`)
		return writeError("probe", err)
	})
}
