package session_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
)

// shadowedAttempt is a sign-in that was not kept, as neverKept makes it, and whose note
// another one has put aside: that was made while the keyring was away, in the store
// answered. Lost is what was given for the first.
func shadowedAttempt(t *testing.T, p *provider, c *computer) (f *credentials.Fallback, lost func() bool) {
	t.Helper()
	before := c.run(true)
	neverKept(t, p, before)
	earlier(t, before, p, func(map[string]any) {})
	given := p.alive()
	f = c.run(false)
	signedIn(t, p, f)
	c.keyring.gone = false
	if err := f.TryAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f, func() bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(given)), func(r string) bool { return p.alive()[r] })
	}
}

func TestAnAttemptThatAnotherOneShadowsIsEnded(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	_, lost := shadowedAttempt(t, p, c)
	next := c.run(true)
	earlier(t, next, p, func(map[string]any) {})
	if err := p.finish(t, next, "u1"); err != nil {
		t.Fatal(err)
	}
	if lost() {
		t.Error("the sign-in that was not kept lives on")
	}
	access(t, c.resume(p, c.run(true)))
	for _, key := range []string{p.URL + "|signing in", p.URL + "|signing in|before"} {
		if _, err := c.keyring.Memory.Get(t.Context(), key); !errors.Is(err, credentials.ErrNotFound) {
			t.Errorf("%s is left: %v", key, err)
		}
	}
}

// A sign-in that has ended forgets its own note, and with it nothing that was put aside.
func TestAnAttemptThatAnotherOneShadowsStaysUntilItIsEnded(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	f, lost := shadowedAttempt(t, p, c)
	grants := p.token
	p.bend(func() { p.token = says(400, "invalid_grant") })
	s, _ := newSession(p, f)
	if _, err := s.Adopt(t.Context(), client.NewSecret("dead")); err == nil || !s.LeftOver() {
		t.Errorf("signed in: %v; and nothing is left over", err)
	}
	p.bend(func() { p.token = grants })
	if err := p.finish(t, f, "u1"); err != nil || lost() {
		t.Errorf("finished: %v; it lives on: %v", err, lost())
	}
}
