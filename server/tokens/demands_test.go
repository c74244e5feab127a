package tokens

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
)

// limited are rules with these limits, and scopes as in erp.
func limited(t testing.TB, l rules.Limit) rules.Rules {
	t.Helper()
	r := try(rules.Load("erp"))(t)
	r.Limit = l
	return r
}

// open is an app for everybody that allows all that the rules know.
func (f *fixture) open() api.App {
	f.t.Helper()
	return f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Scopes = f.Rules.ScopeNames() })
}

// named is what a user asks for under any of the rules that grant scopes.
func (f *fixture) wanted(app api.App, name string) api.NewToken {
	return api.NewToken{Description: name, AppID: app.ID, Scopes: f.Rules.ScopeNames()[:1]}
}

// in puts a user into tenants, and signs in anew.
func (f *fixture) in(c Caller, tenants ...string) Caller {
	f.t.Helper()
	try(f.ChangeUser(f.t.Context(), f.admin, c.User.ID, api.UserChange{Tenants: &tenants}, ""))(f.t)
	return f.signsIn(c.User.ID)
}

// requirements 53, 54, 55: lengths are counted after trimming.
func TestLabelsAreAsTheRulesDemand(t *testing.T) {
	for preset, labels := range map[string]map[string]string{
		"erp": {
			"": "", "  ": "", strings.Repeat("ä", 128): "", strings.Repeat("x", 129): "too_long", "a\nb": "format",
			"a\tb": "format", "a\u202eb": "format", "a\u2069": "format", "a\u200fb": "",
			"a\u200bb": "format", "\ufeffa": "format", "می\u200cخواهم": "",
		},
		"digitalhub": {"": "required", " \t": "required", "x": "", strings.Repeat("x", 255): "", strings.Repeat("x", 256): "too_long"},
		"lucanet":    {"": "required", "1234567": "too_short", "  1234567  ": "too_short", "12345678": "", " 12345678 ": "", "ääääöööü": ""},
		"socotra":    {"": "required", " ": "required", "x": ""},
	} {
		s := &Service{Config: Config{Rules: try(rules.Load(preset))(t)}}
		for label, want := range labels {
			got := ""
			if fields := s.checkLabel(strings.TrimSpace(label)); len(fields) > 0 {
				got = fields[0].Code
			}
			if got != want {
				t.Errorf("%s: %q: %q, want %q", preset, label, got, want)
			}
		}
	}
}

// requirement 54, for both kinds, and not for what is replaced.
func TestANameIsDemandedOfEveryNewToken(t *testing.T) {
	f := newFixture(t)
	app := f.open()
	older := try(f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), ""))(t)
	f.rules = limited(t, rules.Limit{})
	f.rules.Label = rules.Label{Required: true, MinLength: 8, MaxLength: 20}
	s := f.serve()
	_, err := s.CreatePAT(t.Context(), f.user, f.wanted(app, " "), "")
	equal(t, pointers(err), []string{"/description required"})
	_, err = s.CreateSAT(t.Context(), f.admin, app.ID, api.NewToken{Description: "short", Scopes: []string{"read"}}, "")
	equal(t, pointers(err), []string{"/description too_short"})
	// A token that other rules allowed works, and can be rotated.
	try(s.CheckToken(t.Context(), older.Secret, ""))(t)
	try(s.RotateOwn(t.Context(), f.user, older.Token.ID, api.Rotation{}, ""))(t)
}

// A name is a handle; it is free again when its token has ended.
func TestANameIsTakenWhileItsTokenLives(t *testing.T) {
	r := limited(t, rules.Limit{})
	r.Label.Unique = true
	f := newFixtureUnder(t, r)
	app := f.open()
	want := f.wanted(app, "nightly")
	first := try(f.CreatePAT(t.Context(), f.user, want, ""))(t)
	_, err := f.CreatePAT(t.Context(), f.user, want, "")
	equal(t, pointers(err), []string{"/description taken"})
	try(f.CreatePAT(t.Context(), f.other, want, ""))(t)
	try(f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), ""))(t)
	try(f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), ""))(t)
	second := try(f.RotateOwn(t.Context(), f.user, first.Token.ID, api.Rotation{OverlapSeconds: 3600}, ""))(t)
	unless(t, f.RevokeOwn(t.Context(), f.user, second.Token.ID))
	_, err = f.CreatePAT(t.Context(), f.user, want, "")
	equal(t, pointers(err), []string{"/description taken"}) // the first one lives on
	f.clock.advance(time.Hour)
	want.ExpiresAt = new(start.Add(2 * time.Hour))
	try(f.CreatePAT(t.Context(), f.user, want, ""))(t)
	f.clock.advance(2 * time.Hour)
	want.ExpiresAt = nil
	try(f.CreatePAT(t.Context(), f.user, want, ""))(t)
}

// requirements 71, 72, 73
func TestAUserHasAsManyLiveTokensAsTheRulesAllow(t *testing.T) {
	f := newFixtureUnder(t, limited(t, rules.Limit{PerUser: 3, RaisedPerUser: 10}))
	app := f.open()
	create := func() error {
		_, err := f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), "")
		return err
	}
	brief := f.wanted(app, "")
	brief.ExpiresAt = new(start.Add(time.Hour))
	try(f.CreatePAT(t.Context(), f.user, brief, ""))(t)
	second := f.pat(f.user, app)
	unless(t, create())
	f.refused(create(), api.CodeLimit)
	f.pat(f.other, app) // has a limit of their own
	f.sat(app)          // belongs to nobody
	equal(t, try(f.Capabilities(t.Context(), f.user))(t).Limits, []api.Limit{{Per: "user", Max: 3, Used: 3}})

	unless(t, f.RevokeOwn(t.Context(), f.user, second.Token.ID))
	unless(t, create())
	f.refused(create(), api.CodeLimit)
	f.clock.advance(time.Hour) // the first one expires
	unless(t, create())
	f.refused(create(), api.CodeLimit)

	_, err := f.ChangeUser(t.Context(), f.admin, f.user.User.ID, api.UserChange{TokenLimit: new(11)}, "")
	equal(t, pointers(err), []string{"/tokenLimit not_within"})
	try(f.ChangeUser(t.Context(), f.admin, f.user.User.ID, api.UserChange{TokenLimit: new(10)}, ""))(t)
	for range 7 {
		unless(t, create())
	}
	f.refused(create(), api.CodeLimit)
	f.user = f.signsIn(f.user.User.ID)
	equal(t, try(f.Capabilities(t.Context(), f.user))(t).Limits, []api.Limit{{Per: "user", Max: 10, Used: 10}})
}

// A token that is rotated keeps its slot for the one that replaces it, and no
// more than one old one lives beside each.
func TestRotatingNeedsNoFreeSlotAndMakesNone(t *testing.T) {
	f := newFixtureUnder(t, limited(t, rules.Limit{PerUser: 1}))
	app := f.open()
	first := f.pat(f.user, app)
	second := try(f.RotateOwn(t.Context(), f.user, first.Token.ID, api.Rotation{OverlapSeconds: 3600}, ""))(t)
	_, err := f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), "")
	f.refused(err, api.CodeLimit)
	_, err = f.RotateOwn(t.Context(), f.user, second.Token.ID, api.Rotation{OverlapSeconds: 3600}, "")
	f.refused(err, api.CodeLimit)
	f.clock.advance(time.Hour)
	third := try(f.RotateOwn(t.Context(), f.user, second.Token.ID, api.Rotation{}, ""))(t)
	unless(t, f.RevokeOwn(t.Context(), f.user, third.Token.ID))
	f.pat(f.user, app)
}

// requirement 71: a token in its overlap takes its successor's place when that
// has ended, by whatever it ended.
func TestATokenThatLivesOnCountsOnceItsSuccessorHasEnded(t *testing.T) {
	for name, end := range map[string]func(*fixture, api.Token){
		"revoked": func(f *fixture, successor api.Token) {
			unless(f.t, f.RevokeOwn(f.t.Context(), f.user, successor.ID))
		},
		"expired": func(f *fixture, _ api.Token) { f.clock.advance(2 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixtureUnder(t, limited(t, rules.Limit{PerUser: 2}))
			app := f.open()
			for range 2 {
				first := f.pat(f.user, app)
				second := try(f.RotateOwn(t.Context(), f.user, first.Token.ID, api.Rotation{OverlapSeconds: 7 * 24 * 3600, ExpiresAt: new(f.clock.now().Add(time.Hour))}, ""))(t)
				end(f, second.Token)
				try(f.CheckToken(t.Context(), first.Secret, ""))(t)
			}
			_, err := f.CreatePAT(t.Context(), f.user, f.wanted(app, ""), "")
			f.refused(err, api.CodeLimit)
			equal(t, try(f.Capabilities(t.Context(), f.user))(t).Limits[0].Used, 2)
			f.clock.advance(7 * 24 * time.Hour)
			f.pat(f.user, app)
		})
	}
}

// requirement 74: 25 live tokens for all users of a tenant, of both kinds.
func TestATenantHasAsManyLiveTokensAsTheRulesAllow(t *testing.T) {
	f := under(t, "lucanet")
	f.user, f.other = f.in(f.user, "north"), f.in(f.other, "north")
	app := f.open()
	var last api.Issued
	for i := range 24 {
		last = try(f.CreatePAT(t.Context(), []Caller{f.user, f.other}[i%2], f.wanted(app, "our token"), ""))(t)
	}
	sat := api.NewToken{Description: "a service token", Scopes: []string{"um:read"}}
	try(f.CreateSAT(t.Context(), f.admin, app.ID, sat, ""))(t) // its System User is f.other
	_, err := f.CreatePAT(t.Context(), f.user, f.wanted(app, "our token"), "")
	f.refused(err, api.CodeLimit)
	_, err = f.CreateSAT(t.Context(), f.admin, app.ID, sat, "")
	f.refused(err, api.CodeLimit)
	equal(t, try(f.Capabilities(t.Context(), f.other))(t).Limits, []api.Limit{{Per: "tenant", Max: 25, Used: 25, Tenant: "north"}})
	unless(t, f.RevokeOwn(t.Context(), f.other, last.Token.ID))
	try(f.CreatePAT(t.Context(), f.user, f.wanted(app, "our token"), ""))(t)
}

// requirements 71, 74: of racers at two servers none slips through.
func TestRacersNeverExceedALimit(t *testing.T) {
	f := newFixtureUnder(t, limited(t, rules.Limit{PerUser: 7, PerTenant: 10}))
	f.user, f.other = f.in(f.user, "north"), f.in(f.other, "north")
	app, second := f.open(), f.serve()
	var issued, refused atomic.Int64
	race := func(c Caller) {
		together(5, func(s *Service, _ int) {
			switch _, err := s.CreatePAT(t.Context(), c, f.wanted(app, ""), ""); code(err) {
			case "":
				issued.Add(1)
			case api.CodeLimit:
				refused.Add(1)
			default:
				t.Error(err)
			}
		}, f.Service, second)
	}
	race(f.user)
	equal(t, issued.Load(), int64(7)) // of 10
	race(f.other)
	equal(t, issued.Load(), int64(10)) // of 20: the tenant has no more
	equal(t, refused.Load(), int64(10))
}

// Of racers for a name one wins.
func TestOfRacersForALabelOneWins(t *testing.T) {
	r := limited(t, rules.Limit{})
	r.Label.Unique = true
	f := newFixtureUnder(t, r)
	app, second := f.open(), f.serve()
	var issued atomic.Int64
	together(4, func(s *Service, _ int) {
		if _, err := s.CreatePAT(t.Context(), f.user, f.wanted(app, "nightly"), ""); err == nil {
			issued.Add(1)
		}
	}, f.Service, second)
	equal(t, issued.Load(), int64(1))
}

// requirements 41, 46, 80: the list is the tenant's, what has ended stays in
// it, and who lists a token can revoke it; a program keeps to its owner's.
func TestUsersOfATenantListAndRevokeItsTokens(t *testing.T) {
	f := under(t, "lucanet")
	f.user, f.other = f.in(f.user, "north"), f.in(f.other, "north")
	app := f.open()
	want := f.wanted(app, "our token")
	want.Scopes = []string{"um:read", ScopeTokens}
	theirs := try(f.CreatePAT(t.Context(), f.other, want, ""))(t)
	program := try(f.CheckToken(t.Context(), theirs.Secret, ""))(t)
	ours := try(f.CreatePAT(t.Context(), f.user, want, ""))(t)
	listed := func(c Caller) (ids []string) {
		for _, k := range try(f.OwnTokens(t.Context(), c, TokenFilter{}, PageRequest{}))(t).Items {
			ids = append(ids, k.ID)
		}
		slices.Sort(ids)
		return ids
	}
	both := []string{theirs.Token.ID, ours.Token.ID}
	equal(t, listed(f.user), both)
	equal(t, listed(program), both[:1])
	equal(t, try(f.OwnToken(t.Context(), f.user, theirs.Token.ID))(t).ID, theirs.Token.ID)
	f.refused(f.RevokeOwn(t.Context(), program, ours.Token.ID), api.CodeNotFound)
	_, err := f.RotateOwn(t.Context(), f.user, theirs.Token.ID, api.Rotation{}, "")
	f.refused(err, api.CodeNotFound)
	unless(t, f.RevokeOwn(t.Context(), f.user, theirs.Token.ID))
	_, err = f.CheckToken(t.Context(), theirs.Secret, "")
	f.refused(err, api.CodeUnauthenticated)
	equal(t, listed(f.other), both)

	stranger := f.in(f.person("eve", false), "south")
	equal(t, len(listed(stranger)), 0)
	f.refused(f.RevokeOwn(t.Context(), stranger, ours.Token.ID), api.CodeNotFound)
	_, err = f.OwnToken(t.Context(), stranger, ours.Token.ID)
	f.refused(err, api.CodeNotFound)
}
