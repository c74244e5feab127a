package signin_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestACodeIsRefusedWithoutItsVerifierItsAddressOrItsClient(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	exchange := func(change func(*client), verifier ...oauth2.AuthCodeOption) error {
		other := w.client()
		change(&other)
		_, err := other.Exchange(t.Context(), code, verifier...)
		return err
	}
	same := func(*client) {}
	right := oauth2.VerifierOption(a.verifier)
	wantError(t, exchange(same, oauth2.VerifierOption(oauth2.GenerateVerifier())), "invalid_grant")
	wantError(t, exchange(same), "invalid_request")
	wantError(t, exchange(func(c *client) { c.RedirectURL = "http://127.0.0.1:9/callback" }, right), "invalid_grant")
	wantError(t, exchange(func(c *client) { c.ClientID = "other" }, right), "invalid_client")
	if err := exchange(same, right); err != nil {
		t.Errorf("with everything right: %v", err)
	}
	_, err := c.Exchange(t.Context(), "no-such-code", right)
	wantError(t, err, "invalid_grant")
}

func TestACodeExpiresAfterAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	w.clock.advance(time.Minute)
	_, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	wantError(t, err, "invalid_grant")
}

func TestOfEightRacersForACodeOneWinsAndLosesItAgain(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for range 4 {
		a := c.begin()
		code := w.code(a)
		var (
			all    sync.WaitGroup
			mu     sync.Mutex
			tokens []*oauth2.Token
		)
		for range 8 {
			all.Go(func() {
				token, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
				if err != nil {
					wantError(t, err, "invalid_grant")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				tokens = append(tokens, token)
			})
		}
		all.Wait()
		if len(tokens) != 1 {
			t.Fatalf("%d of 8 got tokens", len(tokens))
		}
		if w.signedIn(tokens[0].AccessToken) {
			t.Error("the access token outlived the second use of its code")
		}
		_, err := c.refresh(t.Context(), tokens[0].RefreshToken)
		wantError(t, err, "invalid_grant")
	}
}

func TestTheDatabaseHoldsNothingThatSignsIn(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	token, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		t.Fatal(err)
	}
	next, err := c.refresh(t.Context(), token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	local, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier)) // which is logged
	raw, _ := token.Extra("id_token").(string)
	secrets := []string{code, a.verifier, token.AccessToken, token.RefreshToken, next.AccessToken, next.RefreshToken, local, raw, adaPassword}
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	held := map[string]string{"the log": w.logs.String()}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		held[filepath.Base(file)] = string(text)
	}
	if !strings.Contains(held["the log"], "used twice") || !strings.Contains(held["keyfob.db"]+held["keyfob.db-wal"], adaID) {
		t.Error("the search would not find anything")
	}
	for name, text := range held {
		for i, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds secret %d", name, i)
			}
		}
	}
}

func TestWhatHasExpiredLeavesTheDatabase(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for range 3 {
		w.signIn(c)
	}
	w.clock.advance(91 * 24 * time.Hour)
	for range 4 {
		w.signIn(c)
	}
	want := map[string]int{"sign_ins": 4, "sign_in_codes": 4, "refresh_tokens": 4, "access_tokens": 4}
	got := make(map[string]int)
	for table := range want {
		w.query(`SELECT count(*) FROM `+table, func(r *sql.Rows) error {
			n := 0
			err := r.Scan(&n)
			got[table] = n
			return err
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
