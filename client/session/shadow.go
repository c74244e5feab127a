package session

import (
	"context"

	"keyfob/client"
	"keyfob/client/credentials"
)

// shadowing is a store that may have other secrets under a key than the one that it
// gives: a credential from before it was kept elsewhere.
type shadowing interface {
	credentials.Store
	Shadowed(ctx context.Context, key string) []client.Secret
	DropShadowed(ctx context.Context, key string) error
}

// others are what the store has under key besides the one that it gives.
func (s *Session) others(ctx context.Context, key string) []client.Secret {
	if store, ok := s.cfg.Credentials.(shadowing); ok {
		return store.Shadowed(ctx, key)
	}
	return nil
}

// dropOthers asks no person.
func (s *Session) dropOthers(ctx context.Context, key string) error {
	if store, ok := s.cfg.Credentials.(shadowing); ok {
		return store.DropShadowed(credentials.Unasked(ctx), key)
	}
	return nil
}

// shadowed are the other credentials of an account that the store has.
func (s *Session) shadowed(ctx context.Context, subject string) []credential {
	var all []credential
	for _, kept := range s.others(ctx, Key(s.cfg.Issuer, subject)) {
		c, err := decodeCredential(kept, s.cfg.Issuer, subject)
		kept.Wipe()
		if err == nil {
			all = append(all, c)
			s.shadows.Store(true)
		}
	}
	return all
}

// latest is the one that was written last. The others end with it: nobody would ever end
// them else.
func (s *Session) latest(c credential, others []credential) credential {
	for i, other := range others {
		if other.Created.After(c.Created) {
			c, others[i] = other, c
		}
	}
	for _, other := range others {
		c.Ending = append(c.Ending, other.endedBy(c)...)
	}
	return c
}

// endedBy are the refresh tokens of c that are to be ended once next takes its place. An
// older one of next's own sign-in is not among them: it is used up, and the server would
// end what came of it too.
func (c credential) endedBy(next credential) []string {
	left := c.Ending
	if c.RefreshToken != "" && c.RefreshToken != next.RefreshToken && (c.Attempt != next.Attempt || !next.live()) {
		left = append(left, c.RefreshToken)
	}
	return left
}

// unshadow writes what is held, with all that is still to be ended, and deletes the others
// (changing is held).
func (s *Session) unshadow(ctx context.Context) {
	s.mu.Lock()
	st := s.held
	s.mu.Unlock()
	if !s.shadows.Load() {
		return
	}
	if s.put(ctx, st); s.Unkept() != nil {
		return
	}
	if s.dropOthers(ctx, Key(st.who.Issuer, st.who.Subject)) == nil {
		s.shadows.Store(false)
	}
}

// shadowedAttempts are the other notes of sign-ins under way that the store has.
func (s *Session) shadowedAttempts(ctx context.Context) []attempt {
	var all []attempt
	for _, kept := range s.others(credentials.Unasked(ctx), attemptKey(s.cfg.Issuer)) {
		a, err := decodeAttempt(kept)
		kept.Wipe()
		if err == nil {
			a.shadowed = true
			all = append(all, a)
		}
	}
	return all
}
