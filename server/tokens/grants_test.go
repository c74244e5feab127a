package tokens

import (
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"keyfob/api"
	"keyfob/server/rules"
)

// under puts the fixture under other rules, without what they say of labels
// and numbers.
func (f *fixture) under(preset string) *fixture {
	f.t.Helper()
	f.Rules = try(rules.Load(preset))(f.t)
	f.Rules.Label, f.Rules.Limit = rules.Label{MaxLength: 128}, rules.Limit{}
	return f
}

// holds gives a user all that they hold from now on.
func (f *fixture) holds(u Caller, permissions, tenants string) Caller {
	f.t.Helper()
	try(f.ChangeUser(f.t.Context(), Operator(), u.User.ID, api.UserChange{Permissions: new(strings.Fields(permissions)), Tenants: new(strings.Fields(tenants))}, ""))(f.t)
	return f.signsIn(u.User.ID)
}

func ownScopes(a *api.NewApp) { a.Scopes = []string{ScopeTokens, ScopeIntrospect} }

func granting(app api.App, permissions, tenants string) api.NewToken {
	return api.NewToken{AppID: app.ID, Permissions: strings.Fields(permissions), Tenants: strings.Fields(tenants)}
}

// requirements 65, 66, 67, 69
func TestATokenIsGrantedOnlyWhatItsOwnerHoldsNow(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	stale := f.holds(f.user, "*.*", "north south west")
	f.holds(f.user, "policies.list quotes.*", "north south")
	for _, c := range []struct {
		permissions, tenants string
		roles                *[]string
		want                 []string
	}{
		{permissions: "policies.list", tenants: "north"},
		{permissions: "quotes.* quotes.write policies.list", tenants: "south north"},
		{permissions: "policies.list policies.write", tenants: "north", want: []string{"/permissions not_within"}},
		{permissions: "policies.*", tenants: "west", want: []string{"/permissions not_within", "/tenants not_within"}},
		{permissions: "*.*", tenants: "north", want: []string{"/permissions not_within"}},
		{permissions: "list", tenants: "no_rth", want: []string{"/permissions format", "/tenants format"}},
		{permissions: "policies.list", want: []string{"/tenants required"}},
		{tenants: "north", want: []string{"/permissions required"}},
		{permissions: "policies.list", tenants: "north", roles: new([]string{}), want: []string{"/roles refused"}},
	} {
		want := granting(app, c.permissions, c.tenants)
		want.Roles, want.ExpiresAt = c.roles, new(start.AddDate(0, 1, 0))
		got, err := f.CreatePAT(t.Context(), stale, want, "")
		if equal(t, pointers(err), c.want); err != nil {
			continue
		}
		equal(t, got.Token.Permissions, grants(want.Permissions))
		equal(t, got.Token.Tenants, grants(want.Tenants))
	}
	equal(t, f.ownTotal(f.user), 2)
}

// requirements 93, 94, 95, 96
func TestATokenIsWorthWhatItsOwnerHoldsAtEachUse(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	bob := f.holds(f.user, "policies.* quotes.read", "north south")
	pat := try(f.CreatePAT(t.Context(), bob, granting(app, "policies.* quotes.read", "north south"), ""))(t)
	asker := try(f.CheckApp(t.Context(), app.ID, try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()))(t)
	for _, c := range []struct{ held, tenants, permissions, left string }{
		{"policies.* quotes.read", "north south", "policies.* quotes.read", "north south"},
		{"policies.list quotes.read invoices.read", "south west", "policies.list quotes.read", "south"},
		{"*.*", "", "policies.* quotes.read", ""},
		{"", "north", "", "north"},
		{"policies.* quotes.read", "north south", "policies.* quotes.read", "north south"},
	} {
		f.holds(f.user, c.held, c.tenants)
		want := api.Effective{Permissions: append([]string{}, strings.Fields(c.permissions)...), Tenants: append([]string{}, strings.Fields(c.left)...)}
		who := try(f.CheckToken(t.Context(), pat.Secret, ""))(t)
		equal(t, api.Effective{Permissions: who.Permissions, Tenants: who.Tenants}, want)
		in := try(f.Introspect(t.Context(), asker, pat.Secret))(t)
		equal(t, api.Effective{Permissions: in.Permissions, Tenants: in.Tenants}, want)
		record := try(f.OwnToken(t.Context(), bob, pat.Token.ID))(t)
		equal(t, *record.Effective, want)
		equal(t, record.Permissions, pat.Token.Permissions)
		equal(t, record.Tenants, pat.Token.Tenants)
	}
}

func TestTwoListsOfPermissionsMeetInWhatBothCover(t *testing.T) {
	list := rapid.SliceOfN(rapid.SampledFrom([]string{"*.*", "a.*", "a.x", "a.y", "b.*", "b.x", "ab.x", "ab.*"}), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := list.Draw(t, "a"), list.Draw(t, "b")
		both := meet(a, b)
		for _, p := range []string{"a.x", "a.y", "a.z", "b.x", "ab.x", "ab.y", "c.x", "a.*", "ab.*", "*.*"} {
			if got, want := covers(both, p), covers(a, p) && covers(b, p); got != want {
				t.Fatalf("%q and %q meet in %q: %s %v", a, b, both, p, got)
			}
		}
	})
}

// requirement 21
func TestATokenOfATenantEndsWhereItsOwnerLeavesIt(t *testing.T) {
	f := newFixture(t).under("lucanet")
	app := f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Scopes = []string{"um:read"} })
	want := func(permissions, tenants string) api.NewToken {
		n := granting(app, permissions, tenants)
		n.Scopes = []string{"um:read"}
		return n
	}
	refused := func(u Caller, n api.NewToken, field string) {
		t.Helper()
		_, err := f.CreatePAT(t.Context(), u, n, "")
		equal(t, pointers(err), []string{field})
	}
	refused(f.user, want("", ""), "/tenants required")
	bob := f.holds(f.user, "", "north")
	only := try(f.CreatePAT(t.Context(), bob, want("", ""), ""))(t)
	equal(t, only.Token.Tenants, []string{"north"})
	if !strings.HasPrefix(only.Secret, "pat_north_") {
		t.Error("the secret does not name its tenant")
	}
	f.holds(f.user, "", "north south type:test")
	refused(bob, want("", ""), "/tenants required")
	refused(bob, want("", "north south"), "/tenants not_within")
	refused(bob, want("", "west"), "/tenants not_within")
	refused(bob, want("", "type:test"), "/tenants format")
	refused(bob, want("users.read", "north"), "/permissions refused")
	south := try(f.CreatePAT(t.Context(), bob, want("", "south"), ""))(t)
	who := try(f.CheckToken(t.Context(), south.Secret, ""))(t)
	if !who.Covers([]string{"um:read"}, nil, "south") || who.Covers(nil, nil, "north") {
		t.Errorf("reaches %q", who.Tenants)
	}
	f.holds(f.user, "", "north")
	_, err := f.CheckToken(t.Context(), south.Secret, "")
	f.refused(err, api.CodeUnauthenticated)
	try(f.CheckToken(t.Context(), only.Secret, ""))(t)
	f.holds(f.user, "", "south")
	try(f.CheckToken(t.Context(), south.Secret, ""))(t)
}

func TestWhereTokensCarryScopesNothingElseIsGranted(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	want := granting(app, "policies.list", "north")
	want.Scopes, want.Roles = []string{"read"}, new([]string{"admin"})
	_, err := f.CreatePAT(t.Context(), f.holds(f.user, "*.*", "north"), want, "")
	equal(t, pointers(err), []string{"/roles refused", "/permissions refused", "/tenants refused"})
}

// A SAT is granted what its System User holds, and is worth what the one holds
// who is it now (requirement 19).
func TestASATCarriesWhatTheSystemUserHolds(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	f.holds(f.other, "quotes.*", "south")
	want := granting(app, "quotes.read policies.list", "south")
	want.AppID = ""
	_, err := f.CreateSAT(t.Context(), f.holds(f.admin, "*.*", "north south"), app.ID, want, "")
	equal(t, pointers(err), []string{"/permissions not_within"})
	want.Permissions = want.Permissions[:1]
	sat := try(f.CreateSAT(t.Context(), f.admin, app.ID, want, ""))(t)
	equal(t, *sat.Token.Effective, api.Effective{Permissions: []string{"quotes.read"}, Tenants: []string{"south"}})
	f.change(app, api.AppChange{SystemUserID: new(f.user.User.ID)})
	if who := try(f.CheckToken(t.Context(), sat.Secret, ""))(t); who.Covers(nil, []string{"quotes.read"}, "") {
		t.Error("it still has what the System User of before held")
	}
}

func TestAPATThatManagesTokensIsBoundedByWhatItCarries(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	bob := f.holds(f.user, "policies.* quotes.read", "north south")
	want := granting(app, "policies.*", "north")
	want.Scopes = []string{ScopeTokens}
	asker := try(f.CheckToken(t.Context(), try(f.CreatePAT(t.Context(), bob, want, ""))(t).Secret, ""))(t)
	_, err := f.CreatePAT(t.Context(), asker, granting(app, "policies.list quotes.read", "north south"), "")
	equal(t, pointers(err), []string{"/permissions not_within", "/tenants not_within"})
	made := try(f.CreatePAT(t.Context(), asker, granting(app, "policies.list", "north"), ""))(t)
	events := try(f.Store.EventsOf(t.Context(), made.Token.ID))(t)
	equal(t, events[0].ActorID, bob.User.ID) // requirement 22
	for _, part := range []string{`"via":"` + asker.Token.ID + `"`, `"permissions":["policies.list"]`, `"tenants":["north"]`} {
		if !strings.Contains(events[0].Detail, part) {
			t.Errorf("%s is not in %s", part, events[0].Detail)
		}
	}
	wide := try(f.CreatePAT(t.Context(), bob, granting(app, "quotes.read", "south"), ""))(t)
	_, err = f.RotateOwn(t.Context(), asker, wide.Token.ID, api.Rotation{}, "")
	equal(t, pointers(err), []string{"/permissions not_within", "/tenants not_within"})
}

func TestARotatedTokenKeepsWhatItsOwnerStillHolds(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	bob := f.holds(f.user, "policies.* quotes.read", "north south")
	first := try(f.CreatePAT(t.Context(), bob, granting(app, "policies.* quotes.read", "north south"), ""))(t)
	f.holds(f.user, "policies.list invoices.read", "south")
	second := try(f.RotateOwn(t.Context(), bob, first.Token.ID, api.Rotation{}, ""))(t)
	equal(t, second.Token.Permissions, []string{"policies.list"})
	equal(t, second.Token.Tenants, []string{"south"})
	f.holds(f.user, "policies.list", "north")
	_, err := f.RotateOwn(t.Context(), bob, second.Token.ID, api.Rotation{}, "")
	f.refused(err, api.CodeConflict)
}

func TestAKeyThatWasUsedForOtherGrantsIsRefused(t *testing.T) {
	f := newFixture(t).under("socotra")
	app := f.app(api.PolicyAuthenticatedUsers, ownScopes)
	bob := f.holds(f.user, "*.*", "north south")
	const key = "0123456789abcdef012345"
	once := try(f.CreatePAT(t.Context(), bob, granting(app, "a.a", "north"), key))(t)
	equal(t, try(f.CreatePAT(t.Context(), bob, granting(app, "a.a", "north"), key))(t), once)
	for _, other := range []api.NewToken{granting(app, "a.b", "north"), granting(app, "a.a", "south")} {
		_, err := f.CreatePAT(t.Context(), bob, other, key)
		f.refused(err, api.CodeIdempotency)
	}
}

// requirements 65, 66: in the change log no token comes after the change that
// took from its owner what it was granted, whichever servers the two calls
// reached.
func TestTheLogHasNoTokenAfterTheLossOfWhatItWasGranted(t *testing.T) {
	f := newFixture(t).under("socotra")
	app, other := f.app(api.PolicyAuthenticatedUsers, ownScopes), f.serve()
	other.Rules = f.Rules
	for range 3 {
		bob := f.holds(f.user, "a.a b.b", "north")
		var issued sync.Map
		together(4, func(s *Service, i int) {
			if i == 2 && s == other {
				_, err := s.ChangeUser(t.Context(), f.admin, bob.User.ID, api.UserChange{Permissions: new([]string{"b.b"})}, "")
				unless(t, err)
				return
			}
			got, err := s.CreatePAT(t.Context(), bob, granting(app, "a.a", "north"), "")
			if err == nil {
				issued.Store(got.Token.ID, true)
			} else if code(err) != api.CodeInvalid {
				t.Error(err)
			}
		}, f.Service, other)
		events := try(f.Store.EventsOf(t.Context(), bob.User.ID))(t)
		lost := events[len(events)-1].Seq
		issued.Range(func(id, _ any) bool {
			if e := try(f.Store.EventsOf(t.Context(), id.(string)))(t)[0]; e.Seq > lost {
				t.Errorf("a token is number %d in the log, the loss %d", e.Seq, lost)
			}
			return true
		})
	}
}
