package session

import (
	"context"

	"keyfob/client"
	"keyfob/internal/crash"
)

// Lock drops from memory what signs in; what the store has stays there, for
// Unlock. Until then, or until signing in again, calls fail with
// client.ErrLocked. A credential that no store has is kept: it would be lost.
// A renewal under way comes to its end first.
func (s *Session) Lock() {
	s.setLocked(true)
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.locked || s.unkept != nil {
		return // unlocked meanwhile, or nothing has it but this
	}
	s.held.access = client.Secret{} // a call under way may still send it
	s.held.refresh.Wipe()
	s.held.refresh, s.held.ending = client.Secret{}, nil
}

// BeginLock is Lock for who does not wait for it: calls fail already, and the
// channel is closed once the rest is done.
func (s *Session) BeginLock() <-chan struct{} {
	s.setLocked(true)
	over := make(chan struct{})
	go func() {
		defer crash.Guard()
		defer close(over)
		s.Lock()
	}()
	return over
}

// Unlock fetches the credential from the store again. Its errors are those of
// Resume.
func (s *Session) Unlock(ctx context.Context) error {
	s.mu.Lock()
	locked, unkept, subject := s.locked, s.unkept, s.held.who.Subject
	if unkept != nil {
		s.locked = false
	}
	s.mu.Unlock()
	if !locked || unkept != nil {
		return nil
	}
	return s.Resume(ctx, subject)
}

// Dropped reports whether a lock has dropped the credential, so that only the
// store has it.
func (s *Session) Dropped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked && s.unkept == nil
}

func (s *Session) setLocked(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = on
}

func (s *Session) isLocked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked
}
