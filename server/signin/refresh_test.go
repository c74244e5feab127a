package signin_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestARefreshTokenIsReplacedAtEachUse(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first := w.signIn(c)
	token := first
	for range 3 {
		next, err := c.refresh(t.Context(), token.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if next.RefreshToken == token.RefreshToken || next.AccessToken == token.AccessToken || !w.signedIn(next.AccessToken) {
			t.Fatal("a refresh must bring two new tokens that work")
		}
		if id, _ := next.Extra("id_token").(string); id == "" {
			t.Error("a refresh brings no ID token")
		}
		token = next
	}
	w.clock.advance(31 * time.Second)
	_, err := c.refresh(t.Context(), first.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(token.AccessToken) {
		t.Error("the reuse of an old refresh token did not end the sign-in")
	}
	_, err = c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
}

func TestTheRefreshTokenJustBeforeIsAnsweredAgainForHalfAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	lost, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30 * time.Second)
	again, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatalf("30 s later: %v", err)
	}
	if again.RefreshToken != lost.RefreshToken || again.AccessToken == lost.AccessToken {
		t.Error("the answer must be the same refresh token with a fresh access token")
	}
	if !w.signedIn(again.AccessToken) || !w.signedIn(lost.AccessToken) {
		t.Error("an access token does not work")
	}
	next, err := c.refresh(t.Context(), again.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.refresh(t.Context(), old.RefreshToken) // its successor has been used
	wantError(t, err, "invalid_grant")
	if w.signedIn(next.AccessToken) {
		t.Error("the sign-in goes on")
	}
}

func TestTheRefreshTokenJustBeforeEndsTheSignInAfterHalfAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	next, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30*time.Second + time.Millisecond)
	_, err = c.refresh(t.Context(), old.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(next.AccessToken) {
		t.Error("the sign-in goes on")
	}
}

func TestEightRefreshesAtOnceGetTheSameNextRefreshToken(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	got := make([]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			token, err := c.refresh(t.Context(), old.RefreshToken)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = token.RefreshToken
		})
	}
	all.Wait()
	for _, next := range got {
		if next == "" || next != got[0] {
			t.Fatal("the refresh tokens differ: two lines of them have begun")
		}
	}
}

func TestASignInEndsAfterThirtyDaysUnusedAndNinetyInAll(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	const day = 24 * time.Hour
	unused := w.signIn(c)
	token := w.signIn(c)
	for range 3 {
		w.clock.advance(30*day - time.Second)
		next, err := c.refresh(t.Context(), token.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		token = next
	}
	_, err := c.refresh(t.Context(), unused.RefreshToken)
	wantError(t, err, "invalid_grant")
	if !w.signedIn(token.AccessToken) {
		t.Error("signed out before 90 days")
	}
	w.clock.advance(3 * time.Second)
	_, err = c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(token.AccessToken) {
		t.Error("an access token outlives its sign-in")
	}
}

func TestAnAccessTokenExpiresAfterAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(w.client())
	w.clock.advance(15*time.Minute - time.Millisecond)
	if !w.signedIn(token.AccessToken) {
		t.Error("expired too early")
	}
	w.clock.advance(time.Millisecond)
	if w.signedIn(token.AccessToken) {
		t.Error("not expired")
	}
}

func TestAnAccessTokenThatWasChangedIsNone(t *testing.T) {
	w := newWorld(t)
	good := w.signIn(w.client()).AccessToken
	for i := range good {
		bad := []byte(good)
		bad[i] ^= 1
		if w.signedIn(string(bad)) {
			t.Fatalf("byte %d changed, and it still works", i)
		}
	}
	for _, bad := range []string{"", "x", good + "A", good[1:], strings.Repeat("A", 5000)} {
		if w.signedIn(bad) {
			t.Errorf("%.20q works", bad)
		}
	}
}

func TestARestartSignsNobodyOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	open := c.begin()
	b := w.browser()
	page := b.open(open.url)
	w.restart()
	if !w.signedIn(token.AccessToken) {
		t.Error("the access token no longer works")
	}
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("the refresh token no longer works: %v", err)
	}
	back := b.submit(page, "ada", adaPassword)
	if back.location == nil {
		t.Fatalf("the open login page no longer works: %d", back.status)
	}
	raw, _ := token.Extra("id_token").(string)
	b.open(w.issuer + "/connect/endsession?id_token_hint=" + raw)
	if w.signedIn(token.AccessToken) {
		t.Error("the ID token from before is not known")
	}
}

func TestADeactivatedUserIsOutAtOnceAndStaysOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	open := c.begin()
	code := w.code(open)
	w.exec(`UPDATE users SET is_active = FALSE WHERE id = $1`, adaID)
	if w.signedIn(token.AccessToken) {
		t.Error("the access token still works")
	}
	_, err := c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
	_, err = c.Exchange(t.Context(), code, oauth2.VerifierOption(open.verifier))
	wantError(t, err, "invalid_grant")
	b := w.browser()
	if s := b.submit(b.open(c.begin().url), "ada", adaPassword); s.status != 422 || s.location != nil {
		t.Errorf("the password is still taken: %d", s.status)
	}
	if _, err := w.provider.SignInLocally(t.Context(), adaID); err == nil {
		t.Error("signed in locally")
	}
}
