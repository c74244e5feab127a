package session_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

func TestSignOutRevokesAndDeletes(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	refresh := store.refreshToken(t, p.URL+"|u1")
	if err := s.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{refresh}, p.revoked); diff != "" {
		t.Error(diff)
	}
	if _, err := store.Get(t.Context(), p.URL+"|u1"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the credential: %v, want ErrNotFound", err)
	}
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("AccessToken says %v, want ErrSignInExpired", err)
	}
	if s.Identity() != (session.Identity{}) {
		t.Errorf("still %v", s.Identity())
	}
}

// stubborn is a store that does not delete.
type stubborn struct{ watched }

func (*stubborn) Delete(context.Context, string) error { return credentials.ErrNotDeleted }

func TestSignOutSaysWhatFailed(t *testing.T) {
	p := newProvider(t)
	s := signedIn(t, p, &stubborn{})
	err := s.SignOut(t.Context())
	failed, ok := errors.AsType[*client.SignOutError](err)
	if !ok || failed.Revoke != nil || !errors.Is(err, credentials.ErrNotDeleted) || failed.Pending {
		t.Errorf("a keyring that does not delete: %v", err)
	}

	store := &watched{}
	s = signedIn(t, p, store)
	p.bend(func() {
		p.revoke = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	})
	err = s.SignOut(t.Context())
	failed, ok = errors.AsType[*client.SignOutError](err)
	if !ok || failed.Delete != nil || !errors.Is(err, client.ErrServer) || !failed.Pending {
		t.Errorf("a server that does not revoke: %v", err)
	}
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("AccessToken says %v, want ErrSignInExpired", err)
	}
}

func TestCallsInTheMiddleOfASignOutEndAlike(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	renewals, busy := 0, make(chan bool)
	p.idToken = func(map[string]any) {
		if renewals++; renewals == 20 {
			close(busy)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				token, err := s.AccessToken(t.Context())
				if err != nil && !errors.Is(err, client.ErrSignInExpired) {
					t.Error(err)
				}
				if s.Identity() == (session.Identity{}) {
					return
				}
				s.Rejected(t.Context(), token)
			}
		})
	}
	<-busy
	if err := s.SignOut(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("signed out, and got %v", err)
	}
	if len(p.alive()) != 0 || stored(t, store, p.URL+"|u1") != nil {
		t.Errorf("left: %v at the server, %v in the keyring", p.alive(), stored(t, store, p.URL+"|u1"))
	}
}
