package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/internal/crash"
)

// attempt is a second item in the store, there while a sign-in is under way:
// what to end if the program dies between the server's giving a refresh token
// and our storing it. It is written before the server is asked. A code that is
// sent a second time ends what it was redeemed for (RFC 6749, section 4.1.2).
type attempt struct {
	V        int    `json:"v"`
	ID       string `json:"id"`
	Run      string `json:"run,omitempty"` // empty: whoever reads it may act on it
	Code     string `json:"code,omitempty"`
	Verifier string `json:"verifier,omitempty"`
	Redirect string `json:"redirect,omitempty"`
	Device   string `json:"device,omitempty"`
	Refresh  string `json:"refresh_token,omitempty"`
	Subject  string `json:"sub,omitempty"` // nothing more to ask the server for, and this is whose sign-in it is

	shadowed bool // by another one, in whose place it is not noted
}

const (
	attemptVersion = 1

	// A code lives for a minute: a keyring that asks for its password does not
	// hold the sign-in up for longer than this.
	attemptPatience = 5 * time.Second

	undoTime = 5 * time.Second
)

// thisRun tells what is under way from what an earlier run left.
var thisRun = rand.Text()

func attemptKey(issuer string) string { return issuer + "|signing in" }

// begin notes a, after undoing what an earlier sign-in left. That it fails
// stops no sign-in: then a crash may leave one that nobody holds.
func (s *Session) begin(ctx context.Context, a attempt) attempt {
	a.V, a.ID, a.Run = attemptVersion, rand.Text()[:16], thisRun
	s.leftOver.Store(true)
	noted := make(chan bool, 1)
	go func() {
		defer crash.Guard()
		ctx := context.WithoutCancel(ctx)
		if left, err := s.attempted(ctx); err == nil && left.Run != thisRun && left.Subject == "" {
			_ = s.undoInTime(ctx, left)
		}
		s.note(ctx, a)
		noted <- true
	}()
	select {
	case <-noted:
	case <-time.After(attemptPatience):
	}
	return a
}

func (s *Session) note(ctx context.Context, a attempt) {
	if a.shadowed {
		return
	}
	b := encode(a)
	defer clear(b)
	sealed := client.NewSecret(string(b))
	defer sealed.Wipe()
	_ = s.cfg.Credentials.Set(context.WithoutCancel(ctx), attemptKey(s.cfg.Issuer), sealed)
}

// forget removes the note of a, unless a later sign-in has put its own there. With it
// would go those that it shadows: while there are any it stays, for Finish.
func (s *Session) forget(ctx context.Context, a attempt) {
	ctx = context.WithoutCancel(ctx)
	if now, err := s.attempted(ctx); err == nil && now.ID != a.ID {
		return
	}
	if len(s.shadowedAttempts(ctx)) > 0 {
		s.leftOver.Store(true)
		return
	}
	err := s.cfg.Credentials.Delete(ctx, attemptKey(s.cfg.Issuer))
	s.leftOver.Store(err != nil)
}

// LeftOver reports whether a sign-in that failed may have left something for
// Finish.
func (s *Session) LeftOver() bool { return s.leftOver.Load() }

// attempted is what a sign-in noted last.
func (s *Session) attempted(ctx context.Context) (attempt, error) {
	kept, err := s.cfg.Credentials.Get(ctx, attemptKey(s.cfg.Issuer))
	if err != nil {
		return attempt{}, err
	}
	defer kept.Wipe()
	return decodeAttempt(kept)
}

func decodeAttempt(s client.Secret) (attempt, error) {
	var a attempt
	err := json.Unmarshal([]byte(s.Reveal()), &a)
	if err != nil || a.V != attemptVersion || a.ID == "" || a.Code+a.Device+a.Refresh+a.Subject == "" {
		return attempt{}, fmt.Errorf("%w: the noted attempt is not readable", credentials.ErrNotFound)
	}
	return a, nil
}

// arrive makes the tokens that a has brought the session's sign-in. When they
// are not, the server is told to end them.
func (s *Session) arrive(ctx context.Context, a attempt, t tokens) (Identity, error) {
	who, err := s.identify(ctx, t)
	if before := s.Identity().Subject; err == nil && before != "" && before != who.Subject {
		err = client.ErrOtherAccount
	}
	if err != nil {
		return Identity{}, errors.Join(err, s.turnDown(ctx, a, t))
	}
	s.become(ctx, who, t, a.ID)
	s.note(ctx, attempt{V: attemptVersion, ID: a.ID, Run: thisRun, Subject: who.Subject})
	s.leftOver.Store(false)
	return who, nil
}

// without ends a, which err has ended before it brought tokens that are known.
func (s *Session) without(ctx context.Context, a attempt, err error) error {
	if undecided(err) {
		_ = s.undoInTime(ctx, a) // noted if it fails
	} else {
		s.forget(ctx, a)
	}
	return err
}

// turnDown ends tokens that are not wanted.
func (s *Session) turnDown(ctx context.Context, a attempt, t tokens) error {
	a = attempt{V: attemptVersion, ID: a.ID, Refresh: t.refresh.Reveal()}
	if a.Refresh == "" {
		s.forget(ctx, a)
		return nil
	}
	return s.undoInTime(ctx, a)
}

func (s *Session) undoInTime(ctx context.Context, a attempt) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	return s.undo(ctx, a)
}

// undo ends at the server what a may have brought. What could not be ended is
// noted for the next time.
func (s *Session) undo(ctx context.Context, a attempt) error {
	a.Run = ""
	if a.Refresh == "" {
		t, err := s.redeem(ctx, a)
		if undecided(err) {
			s.note(ctx, a)
			return err
		}
		if err == nil {
			a.Refresh = t.RefreshToken
		}
	}
	if a.Refresh != "" {
		if _, err := s.revokeAll(ctx, []string{a.Refresh}); err != nil && !errors.Is(err, errNoRevocation) {
			s.note(ctx, a)
			return err
		}
	}
	s.forget(ctx, a)
	return nil
}

// redeem sends the code of a.
func (s *Session) redeem(ctx context.Context, a attempt) (*oauth2.Token, error) {
	m, err := s.discover(ctx)
	if err != nil {
		return nil, err
	}
	if a.Device != "" {
		t, err := s.pollOnce(ctx, m, a.Device)
		return t, tokenError(ctx, err)
	}
	t, err := s.oauth(m, a.Redirect).Exchange(s.oauthContext(ctx), a.Code, oauth2.VerifierOption(a.Verifier))
	return t, tokenError(ctx, err)
}

// undecided reports whether err leaves open if the server has given tokens.
func undecided(err error) bool {
	return err != nil && !errors.Is(err, client.ErrSignInExpired) && !errors.Is(err, client.ErrSignInRefused) && !errors.Is(err, client.ErrCodeExpired)
}
