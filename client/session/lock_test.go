package session_test

import (
	"errors"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
)

func TestALockedSessionAnswersNobody(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	access(t, s)
	s.Lock()
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("locked, it answers %v", err)
	}
	if n := p.count("refresh_token"); n != 1 {
		t.Errorf("%d renewals, the lock made one", n)
	}
	if err := s.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	access(t, s)
	if err := s.Unlock(t.Context()); err != nil {
		t.Errorf("unlocking once more: %v", err)
	}
}

func TestUnlockingNeedsTheCredentialFromTheStore(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	s.Lock()
	if err := store.Delete(t.Context(), p.URL+"|"+s.Identity().Subject); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context()); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("unlocked with %v: the credential was still in memory", err)
	}
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("then it answers %v", err)
	}
	if _, err := s.Adopt(t.Context(), p.grant()); err != nil {
		t.Fatal(err)
	}
	access(t, s)
}

func TestUnlockingWithADeadCredentialMeansSigningInAgain(t *testing.T) {
	p := newProvider(t)
	s := signedIn(t, p, &watched{})
	s.Lock()
	p.forget()
	if err := s.Unlock(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("unlocked with %v", err)
	}
}

func TestALockDoesNotEndASignInThatNoStoreHas(t *testing.T) {
	p := newProvider(t)
	s := signedIn(t, p, &watched{fails: credentials.ErrTimeout})
	s.Lock()
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("locked, it answers %v", err)
	}
	if err := s.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	access(t, s)
}
