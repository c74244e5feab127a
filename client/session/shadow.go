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

// shadowed are the refresh tokens of other sign-ins of c's account that the store still
// has. Nobody would ever end them. An older one of c's own sign-in is not among them: it
// is used up, and the server would end what came of it too.
func (s *Session) shadowed(ctx context.Context, c credential) []string {
	store, ok := s.cfg.Credentials.(shadowing)
	if !ok {
		return nil
	}
	var left []string
	for _, kept := range store.Shadowed(ctx, Key(c.Issuer, c.Subject)) {
		other, err := decodeCredential(kept, c.Issuer, c.Subject)
		kept.Wipe()
		s.shadows.Store(true)
		if err != nil {
			continue
		}
		left = append(left, other.Ending...)
		if other.RefreshToken != "" && other.RefreshToken != c.RefreshToken && (c.Attempt == "" || other.Attempt != c.Attempt) {
			left = append(left, other.RefreshToken)
		}
	}
	return left
}

// unshadow deletes them, once none of them is to be ended any more (changing is held).
func (s *Session) unshadow(ctx context.Context) {
	s.mu.Lock()
	st := s.held
	s.mu.Unlock()
	store, ok := s.cfg.Credentials.(shadowing)
	if !ok || len(st.ending) > 0 || !s.shadows.Load() {
		return
	}
	if store.DropShadowed(ctx, Key(st.who.Issuer, st.who.Subject)) == nil {
		s.shadows.Store(false)
	}
}
