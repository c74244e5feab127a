package session_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// pasted is a session with a token of Ada's, at a server that offers no other
// sign-in: nothing answers there.
func pasted(t *testing.T, store credentials.Store) *session.Session {
	t.Helper()
	s := session.New(session.Config{Issuer: "http://127.0.0.1:1", Credentials: store})
	ada := session.Identity{Subject: "u1", Login: "ada", Name: "Ada Admin"}
	if err := s.UseToken(t.Context(), client.NewSecret("enrt_p1"), ada); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPastedTokenIsUsedAndKept(t *testing.T) {
	store := &watched{}
	s := pasted(t, store)
	if got := access(t, s); got != "enrt_p1" {
		t.Errorf("got %q", got)
	}
	item := stored(t, store, "http://127.0.0.1:1|u1")
	delete(item, "created")
	delete(item, "attempt")
	want := map[string]any{"v": 1.0, "issuer": "http://127.0.0.1:1", "sub": "u1", "login": "ada", "name": "Ada Admin", "token": "enrt_p1"}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Error(diff)
	}

	next := session.New(session.Config{Issuer: "http://127.0.0.1:1", Credentials: store})
	if err := next.Resume(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	if got := access(t, next); got != "enrt_p1" || next.Identity().Name != "Ada Admin" {
		t.Errorf("got %q of %v", got, next.Identity())
	}
}

func TestAPastedTokenThatTheServerRejectsMeansSigningInAgain(t *testing.T) {
	s := pasted(t, &watched{})
	s.Rejected(t.Context(), client.NewSecret("enrt_p1"))
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("got %v", err)
	}
	ada := session.Identity{Subject: "u1"}
	if err := s.UseToken(t.Context(), client.NewSecret("enrt_p2"), ada); err != nil || access(t, s) != "enrt_p2" {
		t.Errorf("a new token: %v", err)
	}
	if err := s.UseToken(t.Context(), client.NewSecret("enrt_p3"), session.Identity{Subject: "u2"}); !errors.Is(err, client.ErrOtherAccount) {
		t.Errorf("a token of somebody else: %v", err)
	}
	if err := s.UseToken(t.Context(), client.Secret{}, ada); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("no token: %v", err)
	}
}

// It is the person's own: it is deleted here, and goes on elsewhere. There is
// no server that could revoke it, so this would fail if it tried.
func TestSigningOutDeletesAPastedTokenAndDoesNotRevokeIt(t *testing.T) {
	store := &watched{}
	s := pasted(t, store)
	if err := s.SignOut(t.Context()); err != nil {
		t.Error(err)
	}
	if item := stored(t, store, "http://127.0.0.1:1|u1"); item != nil {
		t.Errorf("kept %v", item)
	}
}

// The token was stored, but the program died before it remembered whose.
func TestAPastedTokenOfAnAccountThatNobodyRemembersIsDeleted(t *testing.T) {
	for _, remembered := range [][]string{nil, {"u1"}} {
		p, store := newProvider(t), &watched{}
		s, _ := newSession(p, store)
		if err := s.UseToken(t.Context(), client.NewSecret("enrt_p1"), session.Identity{Subject: "u1"}); err != nil {
			t.Fatal(err)
		}
		earlier(t, store, p, func(map[string]any) {})
		if err := p.finish(t, store, remembered...); err != nil {
			t.Error(err)
		}
		kept := stored(t, store, p.URL+"|u1") != nil
		if kept != (remembered != nil) || stored(t, store, p.URL+"|signing in") != nil {
			t.Errorf("remembered: %v, kept: %v", remembered, kept)
		}
	}
}

// security requirement 10
func TestAPastedTokenThatIsTooBigIsUsedUntilQuit(t *testing.T) {
	store := &watched{}
	s := session.New(session.Config{Issuer: "http://127.0.0.1:1", Credentials: store})
	big := strings.Repeat("x", credentials.MaxSize)
	if err := s.UseToken(t.Context(), client.NewSecret(big), session.Identity{Subject: "u1"}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(s.Unkept(), credentials.ErrTooBig) || access(t, s) != big {
		t.Errorf("Unkept says %v", s.Unkept())
	}
}
