// Package session is one account's sign-in at one token server: getting it,
// keeping it fresh, ending it (OAuth 2.0 and OpenID Connect).
//
// SignIn goes through the system's browser (RFC 8252) with code and PKCE
// (RFC 7636) back to a listener on this computer. What comes of it is a
// refresh token, the credential, which is kept in a credentials.Store, and a
// short-lived access token, which stays in memory. AccessToken renews it when
// it nears its end: one renewal at a time, and the refresh token that comes
// with it is stored before the access token is used, so that a crash between
// the two costs nothing.
//
// A machine without a browser signs in by SignInByDevice (RFC 8628), and a
// server that has neither by UseToken, with a token that the person pasted.
//
// What a crash or an absent server leaves half done is noted in the same store
// before it is begun: a sign-in before the server is asked for its tokens or a
// pasted one is kept, a sign-out before it is told. Finish, at the next start,
// ends it.
//
// When the server no longer takes the refresh token, Config.Reauthenticate may
// sign in again in place; without it, AccessToken says client.ErrSignInExpired.
package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/internal/transport"
	"keyfob/internal/crash"
)

// slack is how long before its end an access token counts as ended, for
// clocks that differ and calls that take their time.
const slack = 30 * time.Second

// Config is what a Session works with.
type Config struct {
	Issuer      string // byte for byte as the server announces it
	ClientID    string
	HTTP        *http.Client // nil: the default transport
	Credentials credentials.Store
	OpenBrowser func(url string) error
	Clock       func() time.Time // nil: time.Now

	// LoopbackHost is where the browser comes back to, as the server has it
	// registered: 127.0.0.1 (or empty), or localhost. It is on this computer
	// either way.
	LoopbackHost string

	// Reauthenticate is called, one call at a time, when the server refuses
	// the refresh token. It returns nil once SignIn or Adopt has renewed the
	// sign-in; the interrupted call then goes on. Nil: nobody can be asked.
	Reauthenticate func(context.Context) error
}

// Identity is who is signed in where. Issuer and Subject together are unique.
type Identity struct{ Issuer, Subject, Login, Name string }

// Session is one account's sign-in. It is safe for concurrent use.
type Session struct {
	cfg      Config
	http     *http.Client
	flights  singleflight.Group // "refresh", "reauthenticate"
	provider lazyProvider
	leftOver atomic.Bool
	shadows  atomic.Bool // the store has other credentials of the account

	// changing is held while the credential is replaced or deleted, in memory
	// and in the store, so that the two cannot disagree.
	changing sync.Mutex

	mu     sync.Mutex // guards what follows, never held while waiting
	held   state
	unkept error
	locked bool
}

// state is who is signed in, and with what.
type state struct {
	who     Identity
	refresh client.Secret // zero: none, or refused by the server
	access  client.Secret
	expires time.Time // of access; zero: not said
	pasted  bool      // access is the credential itself
	ending  []string  // refresh tokens that the server has yet to be told the end of
	attempt string
}

// item is st as it is stored.
func (st state) item() credential {
	c := credential{
		Issuer: st.who.Issuer, Subject: st.who.Subject, Login: st.who.Login, Name: st.who.Name,
		RefreshToken: st.refresh.Reveal(), Ending: st.ending, Attempt: st.attempt,
	}
	if st.pasted {
		c.Token = st.access.Reveal()
	}
	return c
}

// New makes a Session that is not signed in yet: SignIn, Adopt or Resume is
// next.
func New(cfg Config) *Session {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Session{cfg: cfg, http: transport.Bounded(cfg.HTTP)}
}

// Identity is who is signed in; its zero value when nobody is.
func (s *Session) Identity() Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.who
}

// Unkept is why the credential could not be stored, nil when it is. The
// sign-in works regardless, until the program quits.
func (s *Session) Unkept() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unkept
}

// AccessToken is an access token with at least half a minute to live, if the
// server said how long it lives. It fails with client.ErrSignInExpired, with
// client.ErrLocked, or with client.ErrOffline and the like, which leave the credential as it is.
func (s *Session) AccessToken(ctx context.Context) (client.Secret, error) {
	for range 2 {
		if s.isLocked() {
			return client.Secret{}, client.ErrLocked
		}
		if t, ok := s.current(); ok {
			return t, nil
		}
		err := s.renewShared(ctx)
		if errors.Is(err, client.ErrSignInExpired) {
			err = s.reauthenticate(ctx)
		}
		if err != nil {
			return client.Secret{}, err
		}
	}
	if t, ok := s.current(); ok {
		return t, nil
	}
	return client.Secret{}, fmt.Errorf("%w: every access token is rejected", client.ErrSignInExpired)
}

// Rejected says that the server refused an access token before its end.
func (s *Session) Rejected(_ context.Context, token client.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.access.Reveal() == token.Reveal() {
		s.held.access = client.Secret{}
	}
}

func (s *Session) current() (client.Secret, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.access.IsZero() || !s.held.expires.IsZero() && !s.cfg.Clock().Add(slack).Before(s.held.expires) {
		return client.Secret{}, false
	}
	return s.held.access, true
}

// renewShared renews the access token, together with everybody who asks for
// that now. A caller that gives up does not end it: a refresh token that was
// sent is used up, and its successor must be read.
func (s *Session) renewShared(ctx context.Context) error {
	flight := s.flights.DoChan("refresh", func() (any, error) {
		defer crash.Guard()
		return nil, s.renew(context.WithoutCancel(ctx))
	})
	select {
	case r := <-flight:
		return r.Err
	case <-ctx.Done():
		return transport.Error(ctx, ctx.Err())
	}
}

func (s *Session) renew(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.isLocked() {
		return client.ErrLocked
	}
	if _, ok := s.current(); ok {
		return nil // somebody was faster
	}
	s.mu.Lock()
	refresh := s.held.refresh
	s.mu.Unlock()
	if refresh.IsZero() {
		return client.ErrSignInExpired
	}
	t, err := s.renewed(ctx, refresh)
	if errors.Is(err, client.ErrSignInExpired) {
		s.mu.Lock()
		s.held.refresh = client.Secret{} // it is dead; do not send it again
		s.mu.Unlock()
	}
	if err != nil {
		return err
	}
	s.renewTo(ctx, t)
	return nil
}

// reauthenticate asks for a new sign-in in place. It must be the same account:
// what is on screen, and the call that was interrupted, belong to it.
func (s *Session) reauthenticate(ctx context.Context) error {
	before := s.Identity()
	if s.cfg.Reauthenticate == nil || before.Subject == "" {
		return client.ErrSignInExpired
	}
	flight := s.flights.DoChan("reauthenticate", func() (any, error) {
		defer crash.Guard()
		if _, ok := s.current(); ok {
			return nil, nil
		}
		// Others wait for this answer too, so no single caller ends it.
		return nil, s.cfg.Reauthenticate(context.WithoutCancel(ctx))
	})
	select {
	case r := <-flight:
		if r.Err != nil {
			return fmt.Errorf("%w: %w", client.ErrSignInExpired, r.Err)
		}
	case <-ctx.Done():
		return transport.Error(ctx, ctx.Err())
	}
	if s.Identity().Subject != before.Subject {
		return fmt.Errorf("%w: signed in as another account", client.ErrSignInExpired)
	}
	return nil
}
