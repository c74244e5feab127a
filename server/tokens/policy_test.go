package tokens

import (
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
)

// requirement 61: it holds for new and rotated tokens at every server, and
// leaves those that there are.
func TestAdministratorsBoundTheLifeOfNewTokens(t *testing.T) {
	f := under(t, "digitalhub")
	app, second := f.open(), f.serve()
	forever := try(f.CreatePAT(t.Context(), f.user, f.wanted(app, "for ever"), ""))(t)
	const day = 24 * time.Hour
	got := try(f.SetPolicy(t.Context(), f.admin, api.PolicyChange{MaxExpirySeconds: new(int64(30 * day / time.Second))}))(t)
	equal(t, got, api.Policy{MaxExpirySeconds: new(int64(2592000)), EffectiveMaxSeconds: 2592000})
	equal(t, try(second.Policy(t.Context(), f.admin))(t), got)

	want := f.wanted(app, "short")
	_, err := second.CreatePAT(t.Context(), f.user, want, "")
	equal(t, pointers(err), []string{"/expiresAt required"})
	want.ExpiresAt = new(start.Add(30*day + time.Second))
	_, err = second.CreatePAT(t.Context(), f.user, want, "")
	equal(t, pointers(err), []string{"/expiresAt not_within"})
	_, err = second.RotateOwn(t.Context(), f.user, forever.Token.ID, api.Rotation{ExpiresAt: want.ExpiresAt}, "")
	equal(t, pointers(err), []string{"/expiresAt not_within"})
	want.ExpiresAt = new(start.Add(30 * day))
	try(second.CreatePAT(t.Context(), f.user, want, ""))(t)
	try(second.CheckToken(t.Context(), forever.Secret, ""))(t)
	// Asked for as long as before, the longest there is is given.
	rotated := try(second.RotateOwn(t.Context(), f.user, forever.Token.ID, api.Rotation{}, ""))(t)
	equal(t, *rotated.Token.ExpiresAt, start.Add(30*day))
	expiry := try(second.Capabilities(t.Context(), f.user))(t).Rules.Expiry
	equal(t, expiry, api.ExpiryRule{MaxSeconds: 2592000, Recommended: "no"})

	try(f.SetPolicy(t.Context(), f.admin, api.PolicyChange{}))(t)
	try(f.SetPolicy(t.Context(), f.admin, api.PolicyChange{}))(t) // changes nothing
	try(second.CreatePAT(t.Context(), f.user, f.wanted(app, "for ever"), ""))(t)
	equal(t, f.actions("policy"), []string{f.admin.User.ID + " policy.changed", f.admin.User.ID + " policy.changed"})
}

// requirement 35
func TestOnlyAdministratorsSeeAndSetThePolicy(t *testing.T) {
	f := newFixture(t)
	_, err := f.Policy(t.Context(), f.user)
	f.refused(err, api.CodeDenied)
	_, err = f.SetPolicy(t.Context(), f.user, api.PolicyChange{})
	f.refused(err, api.CodeDenied)
	for _, n := range []int64{0, -1, 1 << 40} {
		_, err = f.SetPolicy(t.Context(), f.admin, api.PolicyChange{MaxExpirySeconds: &n})
		equal(t, pointers(err), []string{"/maxExpirySeconds format"})
	}
}

func TestTheStricterOfRulesAndPolicyCounts(t *testing.T) {
	r := limited(t, rules.Limit{})
	r.Expiry = rules.Expiry{Recommended: "no", Default: rules.Duration{Duration: 2 * time.Hour}, Max: rules.Duration{Duration: 3 * time.Hour}}
	f := newFixtureUnder(t, r)
	app := f.open()
	_, err := f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), "")
	equal(t, pointers(err), []string{"/expiresAt required"})
	for policy, want := range map[int64]int64{3600: 3600, 7200 * 10: 10800} {
		got := try(f.SetPolicy(t.Context(), f.admin, api.PolicyChange{MaxExpirySeconds: &policy}))(t)
		equal(t, got.EffectiveMaxSeconds, want)
		expiry := try(f.Capabilities(t.Context(), f.user))(t).Rules.Expiry
		equal(t, expiry, api.ExpiryRule{DefaultSeconds: min(want, 7200), MaxSeconds: want, Recommended: "no"})
		token := f.wanted(app, "")
		token.ExpiresAt = new(start.Add(time.Duration(want)*time.Second + time.Millisecond))
		_, err := f.CreatePAT(t.Context(), f.user, token, "")
		equal(t, pointers(err), []string{"/expiresAt not_within"})
	}
}
