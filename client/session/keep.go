package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyfob/client"
	"keyfob/client/credentials"
)

// ErrSignedOut says that an earlier run signed out, and that this is finished
// now if it was not then.
var ErrSignedOut = errors.New("signed out")

// Adopt signs in with a refresh token that was obtained elsewhere, as from the
// server inside the program. It uses it up at once.
func (s *Session) Adopt(ctx context.Context, refresh client.Secret) (Identity, error) {
	a := s.begin(ctx, attempt{Refresh: refresh.Reveal()})
	t, err := s.renewed(ctx, refresh)
	if err != nil {
		if errors.Is(err, client.ErrSignInExpired) {
			s.forget(ctx, a)
		}
		return Identity{}, err
	}
	return s.arrive(ctx, a, t)
}

// Resume signs in with the credential that an earlier run stored. It fails
// with credentials.ErrNotFound, ErrUnavailable or ErrTimeout when there is
// none to be had, and with client.ErrSignInExpired when the server refuses it.
// When the server cannot be reached (client.ErrOffline and the like) the
// Session is usable all the same: AccessToken will try again. A sign-out that
// an earlier run did not finish is finished: then there is no credential, and
// the error is ErrSignedOut too.
func (s *Session) Resume(ctx context.Context, subject string) error {
	c, err := s.stored(ctx, subject)
	if err != nil {
		return err
	}
	if !c.live() {
		return errors.Join(fmt.Errorf("%w: %w", credentials.ErrNotFound, ErrSignedOut), s.finishSignOut(ctx, c))
	}
	s.recall(c)
	if c.Token == "" {
		if err := s.renewShared(ctx); err != nil {
			return err
		}
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.settle(ctx)
	return nil
}

func (s *Session) stored(ctx context.Context, subject string) (credential, error) {
	c, err := s.shown(ctx, subject)
	if err != nil {
		return c, err
	}
	return s.latest(c, s.shadowed(credentials.Unasked(ctx), subject)), nil
}

// shown is what the store answers, whatever else it has.
func (s *Session) shown(ctx context.Context, subject string) (credential, error) {
	kept, err := s.cfg.Credentials.Get(ctx, Key(s.cfg.Issuer, subject))
	if err != nil {
		return credential{}, err
	}
	defer kept.Wipe()
	return decodeCredential(kept, s.cfg.Issuer, subject)
}

// recall makes a stored credential the session's: a refresh token to be
// renewed before use, or a pasted one.
func (s *Session) recall(c credential) {
	st := state{
		who:    Identity{Issuer: c.Issuer, Subject: c.Subject, Login: c.Login, Name: c.Name},
		ending: c.Ending, attempt: c.Attempt,
	}
	if c.Token != "" {
		st.access, st.pasted = client.NewSecret(c.Token), true
	} else {
		st.refresh = client.NewSecret(c.RefreshToken)
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.unkept, s.locked = st, nil, false
}

// become makes who with t the session's sign-in. What this account was signed
// in with before is ended at the server: nobody will hold it any more.
func (s *Session) become(ctx context.Context, who Identity, t tokens, attempt string) {
	s.changing.Lock()
	defer s.changing.Unlock()
	asking, cancel := context.WithTimeout(ctx, attemptPatience) // a keyring that asks holds no sign-in up
	defer cancel()
	old, _ := s.stored(asking, who.Subject) // none, or none to be had
	s.mu.Lock()
	before := s.held
	s.mu.Unlock()
	next := state{who: who, refresh: t.refresh, access: t.access, expires: t.expires, pasted: t.pasted, attempt: attempt}
	for _, left := range slices.Concat(old.Ending, []string{old.RefreshToken}, before.ending, []string{before.refresh.Reveal()}) {
		if left != "" && left != t.refresh.Reveal() && left != t.spent.Reveal() && !slices.Contains(next.ending, left) {
			next.ending = append(next.ending, left)
		}
	}
	s.put(ctx, next)
	s.setLocked(false)
	s.settle(ctx)
}

// renewTo goes on with t after a renewal (changing is held).
func (s *Session) renewTo(ctx context.Context, t tokens) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.held
	same := next.refresh.Reveal() == t.refresh.Reveal() && s.unkept == nil
	next.refresh, next.access, next.expires = t.refresh, t.access, t.expires
	if same {
		s.held = next
		return
	}
	s.mu.Unlock()
	s.put(ctx, next)
	s.mu.Lock()
}

// put stores next first and only then lets its access token be used (changing
// is held). A store that fails ends no sign-in: it goes on in memory, and
// Unkept says why.
func (s *Session) put(ctx context.Context, next state) {
	// Not bound to ctx: a cancelled caller must not lose the only copy.
	unkept := s.write(context.WithoutCancel(ctx), next.item())
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.held.refresh
	s.held, s.unkept = next, unkept
	if before.Reveal() != next.refresh.Reveal() {
		before.Wipe()
	}
}

// write stores c, or removes what is stored when c has nothing to keep.
func (s *Session) write(ctx context.Context, c credential) error {
	k := Key(c.Issuer, c.Subject)
	if !c.live() && len(c.Ending) == 0 {
		return s.cfg.Credentials.Delete(ctx, k)
	}
	sealed := c.sealed(s.cfg.Clock())
	defer sealed.Wipe()
	return s.cfg.Credentials.Set(ctx, k, sealed)
}

// settle tells the server the end of what is ending (changing is held). What
// it does not confirm stays for the next time.
func (s *Session) settle(ctx context.Context) {
	s.mu.Lock()
	st := s.held
	s.mu.Unlock()
	if c := st.item(); !c.live() && len(c.Ending) == 0 {
		return // a lock has dropped it, and what the store has stays
	}
	if len(st.ending) > 0 {
		left, _ := s.revokeAll(ctx, st.ending)
		if len(left) < len(st.ending) {
			st.ending = left
			s.put(ctx, st)
		}
	}
	s.unshadow(ctx)
}
