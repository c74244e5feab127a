package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"keyfob/client"
	"keyfob/internal/crash"
)

// SignOut ends the sign-in: revoked at the server (RFC 7009), deleted from the
// store, both confirmed. The credential is first marked as ended in the store,
// so that no later start signs in with it; a crash, or a server that does not
// confirm, leaves it so for Finish. The error is a client.SignOutError. In
// memory it is over in any case.
func (s *Session) SignOut(ctx context.Context) error {
	s.changing.Lock() // a renewal under way comes to its end first
	defer s.changing.Unlock()
	s.mu.Lock()
	st := s.held
	s.held, s.unkept = state{}, nil
	s.mu.Unlock()
	if st.who.Subject == "" {
		return nil
	}
	c := st.item()
	if c.RefreshToken != "" {
		c.Ending = append(c.Ending, c.RefreshToken)
	}
	for _, other := range s.askShadowed(ctx, c.Subject) {
		c.Ending = append(c.Ending, other.endedBy(c)...)
	}
	c.RefreshToken, c.Token, c.Attempt = "", "", ""
	marked := s.write(ctx, c)
	st.refresh.Wipe()
	if len(c.Ending) == 0 {
		return signOutError(nil, marked, false) // marking it has deleted it
	}
	_, revoked := s.revokeAll(ctx, c.Ending)
	pending := revoked != nil && marked == nil
	if pending {
		return signOutError(revoked, nil, true)
	}
	// One that could not be marked would sign in at the next start.
	return signOutError(revoked, s.cfg.Credentials.Delete(ctx, Key(c.Issuer, c.Subject)), false)
}

// fleeting is a store that may have something only until the program quits.
type fleeting interface {
	UntilQuit(key string) bool
}

// EndUnkept ends at the server what the store has only until the program quits,
// which is now. The channel answers whether that was confirmed; who does not wait
// for it, since it comes after a renewal under way, leaves it.
func (s *Session) EndUnkept(ctx context.Context) <-chan bool {
	ended := make(chan bool, 1)
	go func() {
		defer crash.Guard()
		ended <- s.endUnkept(ctx)
	}()
	return ended
}

func (s *Session) endUnkept(ctx context.Context) bool {
	s.changing.Lock()
	defer s.changing.Unlock()
	who := s.Identity()
	store, ok := s.cfg.Credentials.(fleeting)
	if !ok || who.Subject == "" || !store.UntilQuit(Key(who.Issuer, who.Subject)) {
		return false
	}
	c, err := s.shown(ctx, who.Subject)
	if err != nil {
		return false
	}
	if c.RefreshToken != "" {
		c.Ending = append(c.Ending, c.RefreshToken)
	}
	_, err = s.revokeAll(ctx, c.Ending)
	return err == nil && c.Token == "" // which was pasted, and goes on
}

// askShadowed is shadowed, and asks the person if the keyring does. They have half of
// the time for that: the server has yet to be told.
func (s *Session) askShadowed(ctx context.Context, subject string) []credential {
	if until, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(until)/2)
		defer cancel()
	}
	return s.shadowed(ctx, subject)
}

func signOutError(revoke, remove error, pending bool) error {
	if revoke == nil && remove == nil {
		return nil
	}
	return &client.SignOutError{Revoke: revoke, Delete: remove, Pending: pending}
}

// finishSignOut goes on where SignOut stopped: c is marked as ended.
func (s *Session) finishSignOut(ctx context.Context, c credential) error {
	if _, err := s.revokeAll(ctx, c.Ending); err != nil {
		return signOutError(err, nil, true)
	}
	again, err := s.stored(ctx, c.Subject)
	if err == nil && again.live() {
		return nil // signed in anew meanwhile, and that sign-in knows what is ending
	}
	return signOutError(nil, s.cfg.Credentials.Delete(ctx, Key(c.Issuer, c.Subject)), false)
}

var errNoRevocation = fmt.Errorf("%w: the server announces no revocation", client.ErrServer)

// revokeAll revokes each of refresh, and answers those that may be tried
// again.
func (s *Session) revokeAll(ctx context.Context, refresh []string) (left []string, err error) {
	for _, r := range refresh {
		e := s.revoke(ctx, r)
		if e != nil && !errors.Is(e, errNoRevocation) {
			left = append(left, r)
		}
		err = errors.Join(err, e)
	}
	return left, err
}

func (s *Session) revoke(ctx context.Context, refresh string) error {
	m, err := s.discover(ctx)
	if err != nil {
		return err
	}
	if m.Revocation == "" {
		return errNoRevocation
	}
	form := url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}, "client_id": {s.cfg.ClientID}}
	status, _, err := s.post(ctx, m.Revocation, form)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%w: revocation, status %d", client.ErrServer, status)
	}
	return nil
}
