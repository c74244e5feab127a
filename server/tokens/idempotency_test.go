package tokens

import (
	"strings"
	"sync"
	"testing"
	"time"

	"keyfob/api"
)

const key = "an-attempt-that-nobody-guesses"

func (f *fixture) ownTotal(c Caller) int {
	f.t.Helper()
	return try(f.OwnTokens(f.t.Context(), c, TokenFilter{Status: []string{"active", "expired", "revoked"}}, PageRequest{}))(f.t).Total
}

// requirement 5: the one create is answered as often as its reply is lost.
func TestTheSameAttemptGetsTheSameTokenAndSecret(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	want := api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(time.Minute))}
	first := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	try(f.CheckToken(t.Context(), first.Secret, ""))(t)

	f.clock.advance(replyLife - time.Millisecond) // past the wish's own expiry
	f.change(app, api.AppChange{Policy: new(api.PolicyNone)})
	again := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	equal(t, again.Secret, first.Secret)
	equal(t, again.Token.ID, first.Token.ID)
	equal(t, again.Token.Status, api.StatusExpired)
	equal(t, f.ownTotal(f.user), 1)
	equal(t, f.actions(first.Token.ID), []string{f.user.User.ID + " token.created"})

	f.clock.advance(time.Millisecond)
	_, err := f.CreatePAT(t.Context(), f.user, want, key)
	f.refused(err, api.CodePolicyNone)
}

func TestTheSameAttemptWorksForASAT(t *testing.T) {
	f := newFixture(t)
	app, another := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers)
	want := api.NewToken{Scopes: []string{"read"}}
	first := try(f.CreateSAT(t.Context(), f.admin, app.ID, want, key))(t)
	equal(t, try(f.CreateSAT(t.Context(), f.admin, app.ID, want, key))(t).Secret, first.Secret)
	_, err := f.CreateSAT(t.Context(), f.admin, another.ID, want, key)
	f.refused(err, api.CodeIdempotency)
}

func TestAnotherWishUnderTheSameKeyIsRefused(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	want := api.NewToken{AppID: app.ID, Scopes: []string{"read"}}
	try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	want.Description = "other"
	_, err := f.CreatePAT(t.Context(), f.user, want, key)
	f.refused(err, api.CodeIdempotency)
	equal(t, f.ownTotal(f.user), 1)
}

func TestAKeyBelongsToItsCaller(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	mine := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	theirs := try(f.CreatePAT(t.Context(), f.other, want, key))(t)
	if mine.Secret == theirs.Secret || theirs.Token.User.ID != f.other.User.ID {
		t.Error("one caller got another's token")
	}
}

func TestAWishThatWasRefusedMayBeMendedUnderTheSameKey(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID}
	_, err := f.CreatePAT(t.Context(), f.user, want, key)
	f.refused(err, api.CodeInvalid)
	want.Scopes = []string{"read"}
	try(f.CreatePAT(t.Context(), f.user, want, key))(t)
}

func TestAKeyIsSixteenTo255VisibleCharacters(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	for _, bad := range []string{strings.Repeat("k", 15), strings.Repeat("k", 256), "with a blank inside", "0123456789abcdef\n", "0123456789abcdefé", "0123456789abcdef\x7f"} {
		_, err := f.CreatePAT(t.Context(), f.user, want, bad)
		equal(t, pointers(err), []string{"Idempotency-Key format"})
	}
	for _, good := range []string{strings.Repeat("k", 16), strings.Repeat("~", 255), ""} {
		try(f.CreatePAT(t.Context(), f.user, want, good))(t)
	}
}

func TestRacingAttemptsMakeOneToken(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	const racers = 8
	secrets := make([]string, racers)
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			issued, err := f.CreatePAT(t.Context(), f.user, want, key)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = issued.Secret
		})
	}
	all.Wait()
	for _, s := range secrets {
		if s == "" || s != secrets[0] {
			t.Fatal("two attempts got different replies")
		}
	}
	equal(t, f.ownTotal(f.user), 1)
}

func TestRepliesWhoseTimeIsOverAreDropped(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	first := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	f.clock.advance(replyLife)
	equal(t, try(f.Store.RepliesDue(t.Context(), f.clock.now()))(t), true)
	if err := f.purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, try(f.Store.RepliesDue(t.Context(), f.clock.now()))(t), false)
	if again := try(f.CreatePAT(t.Context(), f.user, want, key))(t); again.Secret == first.Secret {
		t.Error("answered again after its time")
	}
}

func TestAKeyMayBeUsedAnewAfterItsTime(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	first := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	f.clock.advance(replyLife)
	next := try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	if next.Secret == first.Secret {
		t.Error("answered again after its time")
	}
	equal(t, try(f.CreatePAT(t.Context(), f.user, want, key))(t).Secret, next.Secret)
}

// requirement 6: who has the database and the key, but not the pepper, cannot
// open a reply.
func TestASealedReplyNeedsThePepperToo(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	a := try(f.newAttempt(f.user, key, api.KindPAT, want))(t)
	kept := try(f.Store.ReplyByKey(t.Context(), a.keyHash))(t)
	if _, err := a.seal.Open(nil, nil, kept.Sealed, a.keyHash); err != nil {
		t.Fatal(err)
	}
	f.peppers.Store(newFixture(t).peppers.Load())
	other := try(f.newAttempt(f.user, key, api.KindPAT, want))(t)
	if _, err := other.seal.Open(nil, nil, kept.Sealed, a.keyHash); err == nil {
		t.Error("opened under another pepper")
	}
}
