package signin_test

import (
	"errors"
	"strings"
	"testing"

	"keyfob/server/signin"
)

func TestTheBuiltInServerSignsInWithOneClick(t *testing.T) {
	w := newWorld(t)
	refresh, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.client().refresh(t.Context(), refresh)
	if err != nil {
		t.Fatal(err)
	}
	if !w.signedIn(token.AccessToken) {
		t.Error("not signed in")
	}
	if _, err := w.provider.SignInLocally(t.Context(), "nobody"); !errors.Is(err, signin.ErrNoUser) {
		t.Errorf("an unknown user: %v", err)
	}
}

func TestRevocationEndsAnAccessTokenAloneAndARefreshTokenWithAll(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first := w.signIn(c)
	other := w.signIn(c)
	second, err := c.refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	revoke := func(presented string, want bool) {
		t.Helper()
		if found, err := w.provider.Revoke(t.Context(), presented); err != nil || found != want {
			t.Errorf("Revoke = %v, %v; want %v", found, err, want)
		}
	}
	revoke(first.AccessToken, true)
	revoke(first.AccessToken, false)
	if w.signedIn(first.AccessToken) || !w.signedIn(second.AccessToken) {
		t.Error("an access token must end alone")
	}
	revoke(first.RefreshToken, true) // one that was used: who holds it may end it
	if w.signedIn(second.AccessToken) {
		t.Error("the sign-in goes on")
	}
	_, err = c.refresh(t.Context(), second.RefreshToken)
	wantError(t, err, "invalid_grant")
	revoke("unknown", false)
	revoke("", false)
	if !w.signedIn(other.AccessToken) {
		t.Error("another sign-in ended too")
	}
}

func TestEndingTheSessionEndsThatSignInOnly(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	mine, other := w.signIn(c), w.signIn(c)
	raw, _ := mine.Extra("id_token").(string)
	s := w.browser().open(w.issuer + "/connect/endsession?client_id=keyfob-desktop")
	if s.status != 200 || !w.signedIn(mine.AccessToken) {
		t.Errorf("without a hint: %d", s.status)
	}
	s = w.browser().open(w.issuer + "/connect/endsession?id_token_hint=" + raw)
	if s.status != 200 || !strings.Contains(s.body, "You are signed out") {
		t.Errorf("%d\n%s", s.status, s.body)
	}
	if w.signedIn(mine.AccessToken) || !w.signedIn(other.AccessToken) {
		t.Error("not exactly that sign-in has ended")
	}
	s = w.browser().open(w.issuer + "/connect/endsession?post_logout_redirect_uri=https://evil.test/&id_token_hint=" + raw)
	if s.location != nil {
		t.Errorf("sent to %s", s.location)
	}
	for _, hint := range []string{"x", "bnVsbA.bnVsbA.", raw + "&id_token_hint=" + raw} { // null is no claims
		if s := w.browser().open(w.issuer + "/connect/endsession?id_token_hint=" + hint); s.status != 400 {
			t.Errorf("%.20s: %d", hint, s.status)
		}
	}
}
