package signin_test

import (
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"keyfob/server/store"
)

// signOut ends all sign-ins of Ada, as a new password does, or that she was
// inactive for a moment.
func (w *world) signOut() {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) error { return tx.EndSignIns(w.t.Context(), adaID, w.clock.Now()) })
	if err != nil {
		w.t.Fatal(err)
	}
}

// What began with the old password does not go on with it, however far it came.
func TestWhoIsSignedOutEverywhereGoesOnWithNothing(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code, allowed, asked := w.code(a), w.device(c), w.device(c)
	w.allow(allowed)
	b := w.browser()
	page := b.consent(asked.UserCode)
	w.signOut()

	_, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	wantError(t, err, "invalid_grant")
	w.wantPoll(allowed, "access_denied")
	if s := b.say(page, "allow"); s.status != 400 || !strings.Contains(s.body, "nothing to allow") {
		t.Errorf("allowed by a password of before: %d\n%s", s.status, s.body)
	}
	w.wantPoll(asked, "authorization_pending")
	w.allow(asked) // by the password of now
	if !w.signedIn(w.poll(asked).AccessToken) || !w.signedIn(w.signIn(c).AccessToken) {
		t.Error("who signs in anew is not in")
	}
}
