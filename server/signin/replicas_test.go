package signin_test

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyfob/server/signin"
	"keyfob/server/store"
)

// alongside starts a second server on the same database, with a copy of the
// key file, or with a key of its own, and has the two answer in turns, as a
// load balancer would. It answers the second one.
func (w *world) alongside(sameKey bool) *signin.Provider {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.place)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	file := filepath.Join(w.t.TempDir(), "signin.key")
	if sameKey {
		key, err := os.ReadFile(filepath.Join(w.dir, "signin.key"))
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(file, key, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	second, err := signin.New(w.t.Context(), signin.Config{Store: db, Issuer: w.issuer, KeyFile: file, Clock: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	var turn atomic.Int64
	servers := []http.Handler{*w.handler.Load(), http.StripPrefix("/id", second.Handler())}
	both := http.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		servers[turn.Add(1)%2].ServeHTTP(rw, r)
	}))
	w.handler.Store(&both)
	return second
}

func TestASignInBegunAtOneServerGoesOnAtTheOther(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	second := w.alongside(true)
	for _, more := range []int{0, 1} { // so that each step is once at each server
		for range more {
			w.browser().open(w.issuer + "/signed-out")
		}
		token := w.signIn(c)
		for range 3 {
			if _, err := c.provider.Verifier(&oidc.Config{ClientID: c.ClientID}).Verify(t.Context(), token.Extra("id_token").(string)); err != nil {
				t.Errorf("the ID token: %v", err)
			}
			if a, ok, err := second.Authenticate(t.Context(), token.AccessToken); err != nil || !ok || a.User.ID != adaID || !w.signedIn(token.AccessToken) {
				t.Errorf("an access token does not work at both: %v", err)
			}
			var err error
			if token, err = c.refresh(t.Context(), token.RefreshToken); err != nil {
				t.Fatal(err)
			}
		}
		if found, err := second.Revoke(t.Context(), token.RefreshToken); err != nil || !found {
			t.Errorf("signing out: %v, %v", found, err)
		}
		if w.signedIn(token.AccessToken) {
			t.Error("signed out at one server, it goes on at the other")
		}
	}
}

func TestServersWithDifferentKeysDoNotTrustEachOther(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(w.client())
	second := w.alongside(false)
	if _, ok, err := second.Authenticate(t.Context(), token.AccessToken); ok || err != nil {
		t.Errorf("accepted: %v, %v", ok, err)
	}
}

func TestRacersForACodeOrARefreshTokenAtTwoServersGetOneLineOfTokens(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.alongside(true)
	race := func(get func() (*oauth2.Token, error)) (won []*oauth2.Token) {
		var (
			all sync.WaitGroup
			mu  sync.Mutex
		)
		for range 8 {
			all.Go(func() {
				token, err := get()
				if err != nil {
					wantError(t, err, "invalid_grant")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				won = append(won, token)
			})
		}
		all.Wait()
		return won
	}
	for range 2 {
		token := w.signIn(c)
		next := race(func() (*oauth2.Token, error) { return c.refresh(t.Context(), token.RefreshToken) })
		if len(next) != 8 { // within the grace all get the same
			t.Fatalf("%d of 8 were answered", len(next))
		}
		for _, n := range next {
			if n.RefreshToken != next[0].RefreshToken || !w.signedIn(n.AccessToken) {
				t.Error("a second line of refresh tokens has begun")
			}
		}
		a := c.begin()
		code := w.code(a)
		won := race(func() (*oauth2.Token, error) {
			return c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
		})
		if len(won) != 1 || w.signedIn(won[0].AccessToken) {
			t.Errorf("%d of 8 got tokens, or the winner kept them", len(won))
		}
	}
}
