package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
		w.state.CompareAndSwap(unknown, writable)
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
	Writable bool              // none failed for want of the database since CheckWritable found it well
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

// CheckWritable reports whether writes are durable now. That is so since one was,
// until one fails; then one of probeRoom is tried, so that a server notices by itself
// when the disk has room again. Smaller ones say nothing: they may find the room that
// others did not.
func (s *Store) CheckWritable(ctx context.Context) error {
	switch s.watch.state.Load() {
	case writable:
		return nil
	case unknown:
		return s.probe(ctx, `UPDATE event_chain SET seq = seq WHERE id = 1`)
	}
	much := make([]byte, probeRoom/2)
	_, _ = rand.Read(much) // it never fails
	err := s.probe(ctx, `INSERT INTO settings (name, value) VALUES ('probe', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, hex.EncodeToString(much))
	if err == nil {
		err = s.probe(ctx, `DELETE FROM settings WHERE name = 'probe'`)
	}
	if err == nil {
		s.watch.state.Store(writable)
	}
	return err
}

// probeRoom is more than a creation writes, in bytes.
const probeRoom = 256 << 10

func (s *Store) probe(ctx context.Context, query string, args ...any) error {
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.db.ExecContext(ctx, query, args...)
		return writeError("probe", err)
	})
}
