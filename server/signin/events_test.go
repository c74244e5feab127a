package signin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/server/audit"
	"keyfob/server/store"
)

// events are the change log's rows, with their details but for ids.
func (w *world) events() []string {
	w.t.Helper()
	l, err := w.store.Events(w.t.Context(), store.EventFilter{}, store.Order{By: "at", Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range l.Items {
		var detail map[string]any
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			w.t.Fatal(err)
		}
		if id, ok := detail["signIn"]; ok && len(fmt.Sprint(id)) == 36 {
			delete(detail, "signIn")
		}
		who := strings.ReplaceAll(e.ActorID+" "+e.Action+" "+e.ObjectID, adaID, "ada")
		out = append(out, strings.TrimSpace(who)+" "+strings.TrimPrefix(fmt.Sprint(detail), "map"))
	}
	return out
}

func (w *world) logged(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.events()); diff != "" {
		w.t.Errorf("-want +got\n%s", diff)
	}
	r, err := audit.Verify(w.t.Context(), w.store, nil)
	if err != nil || r.Break != nil {
		w.t.Errorf("the chain: %v, %v", r.Break, err)
	}
}

const (
	adaStarted = "ada signin.started ada [client:keyfob-desktop from:127.0.0.1]"
	adaEnded   = "ada signin.ended ada [reason:signed out]"
)

func TestSigningInAndOutIsInTheChangeLog(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first, second := w.signIn(c), w.signIn(c)
	for range 2 {
		if _, err := w.provider.Revoke(t.Context(), first.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	raw, _ := second.Extra("id_token").(string)
	for range 2 {
		w.browser().open(w.issuer + "/connect/endsession?id_token_hint=" + raw)
	}
	if _, err := w.provider.SignInLocally(t.Context(), adaID); err != nil {
		t.Fatal(err)
	}
	w.logged(adaStarted, adaStarted, adaEnded, adaEnded, "ada signin.started ada [local:true]")
}

func TestATokenUsedTwiceIsInTheChangeLogAsTheServersDoing(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first := w.signIn(c)
	second, err := c.refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.refresh(t.Context(), second.RefreshToken); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = c.refresh(t.Context(), first.RefreshToken)
		wantError(t, err, "invalid_grant")
	}
	w.logged(adaStarted, "server signin.revoked ada [reason:refresh token used twice]")
}

// Guessing is seen, does not fill the log, and what was typed is not in it.
func TestWrongPasswordsAreInTheChangeLogUpToABound(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	wrong := func(login string) {
		t.Helper()
		b := w.browser()
		if s := b.submit(b.open(c.begin().url), login, "wrong "+adaPassword); s.location != nil {
			t.Fatalf("signed in: %s", s.location)
		}
		w.clock.advance(10 * time.Second) // not to be slowed here
	}
	for range 12 {
		wrong("ADA")
	}
	wrong("my secret, typed in the wrong field")
	adaRefused := "unknown signin.refused ada [from:127.0.0.1"
	w.logged(adaRefused+"]", adaRefused+"]", adaRefused+"]", adaRefused+"]", adaRefused+"]",
		adaRefused+" omitted:1]", "unknown signin.refused [from:127.0.0.1 omitted:5]")
}
