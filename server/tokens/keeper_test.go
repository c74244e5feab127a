package tokens

import (
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

// robot is the Caller of a PAT of f.user with the scopes and that lifetime.
func (f *fixture) robot(life time.Duration, scopes ...string) (Caller, api.App) {
	f.t.Helper()
	app := f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Scopes = []string{"read", "update", "tokens"} })
	want := api.NewToken{AppID: app.ID, Scopes: scopes}
	if life > 0 {
		want.ExpiresAt = new(f.clock.now().Add(life))
	}
	k := try(f.CreatePAT(f.t.Context(), f.user, want, ""))(f.t)
	return try(f.CheckToken(f.t.Context(), k.Secret, ""))(f.t), app
}

// requirements 17, 37, 78, 79
func TestAPATWithScopeTokensManagesItsOwnersPATs(t *testing.T) {
	f := newFixture(t)
	c, app := f.robot(0, "read", "tokens")
	theirs := f.pat(f.other, app)
	equal(t, try(f.OwnTokens(t.Context(), c, TokenFilter{}, PageRequest{}))(t).Total, 1)
	equal(t, try(f.AppsForPAT(t.Context(), c, PageRequest{}))(t).Total, 1)
	made := f.pat(c, app)
	equal(t, made.Token.User.ID, f.user.User.ID)
	next := try(f.rotate(c, made.Token.ID, 0))(t)
	if err := f.RevokeOwn(t.Context(), c, next.Token.ID); err != nil {
		t.Fatal(err)
	}
	f.refused(f.RevokeOwn(t.Context(), c, theirs.Token.ID), api.CodeNotFound)
	_, err := f.CreatePAT(t.Context(), c, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, UserID: f.other.User.ID}, "")
	equal(t, pointers(err), []string{"/userId foreign"})
	for _, e := range try(f.Store.EventsOf(t.Context(), next.Token.ID))(t) {
		if e.ActorID != f.user.User.ID || !contains(e.Detail, `"via":"`+c.Token.ID+`"`) {
			t.Errorf("%s by %s: %s", e.Action, e.ActorID, e.Detail)
		}
	}
}

func TestAPATGrantsNothingBeyondItself(t *testing.T) {
	f := newFixture(t)
	c, app := f.robot(time.Hour, "read", "tokens")
	end := start.Add(time.Hour)
	for name, k := range map[string]struct {
		scopes  []string
		expires *time.Time
		want    []string
	}{
		"as itself":             {[]string{"read", "tokens"}, &end, nil},
		"less":                  {[]string{"read"}, new(start.Add(time.Minute)), nil},
		"a scope that it lacks": {[]string{"read", "update"}, &end, []string{"/scopes not_within"}},
		"a moment longer":       {[]string{"read"}, new(end.Add(time.Millisecond)), []string{"/expiresAt not_within"}},
		"for ever":              {[]string{"read"}, nil, []string{"/expiresAt not_within"}},
		"tokens, outliving it":  {[]string{"tokens"}, new(end.Add(time.Second)), []string{"/expiresAt not_within"}},
		"both":                  {[]string{"update"}, nil, []string{"/scopes not_within", "/expiresAt not_within"}},
	} {
		_, err := f.CreatePAT(t.Context(), c, api.NewToken{AppID: app.ID, Scopes: k.scopes, ExpiresAt: k.expires}, "")
		if err != nil && k.want == nil {
			t.Errorf("%s: %v", name, err)
		}
		equal(t, pointers(err), k.want)
	}
}

// The scopes that count are those that the app leaves it now.
func TestANarrowedPATGrantsWithinWhatIsLeft(t *testing.T) {
	f := newFixture(t)
	_, app := f.robot(0, "read")
	k := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", "update", "tokens"}}, ""))(t)
	f.change(app, api.AppChange{Scopes: &[]string{"read", "tokens"}})
	c := try(f.CheckToken(t.Context(), k.Secret, ""))(t)
	_, err := f.CreatePAT(t.Context(), c, api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"update"}}, "")
	equal(t, pointers(err), []string{"/scopes not_within"})
	f.change(app, api.AppChange{Scopes: &[]string{"read"}})
	c = try(f.CheckToken(t.Context(), k.Secret, ""))(t)
	_, err = f.OwnTokens(t.Context(), c, TokenFilter{}, PageRequest{})
	f.refused(err, api.CodeInteractive)
}

func TestAPATRotatesWithinItself(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	wide := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", "update"}}, ""))(t)
	long := f.pat(f.user, app)
	c, _ := f.robot(time.Hour, "read", "tokens")
	_, err := f.rotate(c, wide.Token.ID, 0)
	equal(t, pointers(err), []string{"/scopes not_within"})
	_, err = f.RotateOwn(t.Context(), c, long.Token.ID, api.Rotation{ExpiresAt: new(start.Add(2 * time.Hour))}, "")
	equal(t, pointers(err), []string{"/expiresAt not_within"})
	equal(t, try(f.rotate(c, long.Token.ID, 0))(t).Token.ExpiresAt, new(start.Add(time.Hour)))

	// Itself, and then it lives on for a minute only: so do its children.
	self := try(f.rotate(c, c.Token.ID, time.Minute))(t)
	equal(t, self.Token.ExpiresAt, new(start.Add(time.Hour)))
	r := try(f.Store.TokenByID(t.Context(), c.Token.ID))(t)
	c.Token = &r
	_, err = f.CreatePAT(t.Context(), c, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(2 * time.Minute))}, "")
	equal(t, pointers(err), []string{"/expiresAt not_within"})
}

// requirement 35
func TestOnlyAPATWithScopeTokensManagesAndNeverAdministers(t *testing.T) {
	f := newFixture(t)
	reader, app := f.robot(0, "read", "update")
	f.change(app, api.AppChange{Scopes: &[]string{"read", "tokens"}})
	service := try(f.CheckToken(t.Context(), f.sat(app, "read", "tokens").Secret, ""))(t)
	for _, c := range []Caller{reader, service} {
		_, err := f.OwnTokens(t.Context(), c, TokenFilter{}, PageRequest{})
		f.refused(err, api.CodeInteractive)
		_, err = f.CreatePAT(t.Context(), c, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
		f.refused(err, api.CodeInteractive)
		_, err = f.rotate(c, c.Token.ID, 0)
		f.refused(err, api.CodeInteractive)
		f.refused(f.RevokeOwn(t.Context(), c, c.Token.ID), api.CodeInteractive)
		_, err = f.AppsForPAT(t.Context(), c, PageRequest{})
		f.refused(err, api.CodeInteractive)
		equal(t, try(f.Capabilities(t.Context(), c))(t).Abilities["rotate"].State, "denied")
	}
	admins := try(f.CreatePAT(t.Context(), f.admin, api.NewToken{AppID: app.ID, Scopes: []string{"tokens"}}, ""))(t)
	c := try(f.CheckToken(t.Context(), admins.Secret, ""))(t)
	_, err := f.RotateAny(t.Context(), c, admins.Token.ID, api.Rotation{}, "")
	f.refused(err, api.CodeInteractive)
	_, err = f.RevokeMany(t.Context(), c, api.Revocation{IDs: []string{"x"}})
	f.refused(err, api.CodeInteractive)
	_, err = f.FindToken(t.Context(), c, admins.Secret)
	f.refused(err, api.CodeInteractive)
}

// A kept reply goes to whom it was given only, also under a key that leaked.
func TestAPATDoesNotGetTheReplyThatItsOwnerGot(t *testing.T) {
	f := newFixture(t)
	c, app := f.robot(0, "read", "tokens")
	want := api.NewToken{AppID: app.ID, Scopes: []string{"read", "update"}}
	try(f.CreatePAT(t.Context(), f.user, want, key))(t)
	_, err := f.CreatePAT(t.Context(), c, want, key)
	f.refused(err, api.CodeIdempotency)
}

func TestCapabilitiesSayWhatTheCallerCanDo(t *testing.T) {
	f := newFixture(t)
	keeper, _ := f.robot(0, "read", "tokens")
	for _, c := range []struct {
		who  Caller
		want [4]string
	}{
		{f.admin, [4]string{"yes", "yes", "yes", "yes"}},
		{f.user, [4]string{"yes", "denied", "denied", "denied"}},
		{keeper, [4]string{"yes", "denied", "denied", "denied"}},
	} {
		all := try(f.Capabilities(t.Context(), c.who))(t).Abilities
		var got [4]string
		for i, name := range []string{"rotate", "bulkRevoke", "find", "users"} {
			a := all[name]
			if got[i] = a.State; (a.Reason == "") != (a.State == "yes") {
				t.Errorf("%s is %s for the reason %q", name, a.State, a.Reason)
			}
		}
		equal(t, got, c.want)
	}
}

// requirement 35: one who was an administrator when the call began, and lost
// that while it waited, at another server too.
func TestWhoAdministersNoMoreChangesNothing(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	token := f.pat(f.user, app)
	for lost, k := range map[string]struct {
		change api.UserChange
		want   string
	}{
		"the role":    {api.UserChange{IsAdmin: new(false)}, api.CodeDenied},
		"the account": {api.UserChange{IsActive: new(false)}, api.CodeUnauthenticated},
	} {
		stale := f.person("was-admin-"+k.want, true)
		try(f.ChangeUser(t.Context(), f.admin, stale.User.ID, k.change, ""))(t)
		before := try(f.Store.ChainHead(t.Context()))(t)
		for what, err := range f.administering(stale, app.ID, token) {
			if code(err) != k.want {
				t.Errorf("without %s, %s: %v, want %s", lost, what, err, k.want)
			}
		}
		equal(t, try(f.Store.ChainHead(t.Context()))(t), before)
	}
}

// Who signs out, or is signed out, while a call of theirs waits has not made it.
func TestWhatAnEndedSignInAskedForIsNotDone(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	token := f.pat(f.user, app)
	for _, stale := range []Caller{f.signsIn(f.user.User.ID), f.signsIn(f.admin.User.ID)} {
		unless(t, f.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.EndSignIn(t.Context(), stale.SignInID, f.now()) }))
		before := try(f.Store.ChainHead(t.Context()))(t)
		_, err := f.CreatePAT(t.Context(), stale, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
		f.refused(err, api.CodeUnauthenticated)
		_, err = f.RotateOwn(t.Context(), stale, token.Token.ID, api.Rotation{}, "")
		f.refused(err, api.CodeUnauthenticated)
		f.refused(f.RevokeOwn(t.Context(), stale, token.Token.ID), api.CodeUnauthenticated)
		if stale.User.IsAdmin {
			for what, err := range f.administering(stale, app.ID, token) {
				if code(err) != api.CodeUnauthenticated {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		equal(t, try(f.Store.ChainHead(t.Context()))(t), before)
	}
	equal(t, f.pat(f.user, app).Token.Status, api.StatusActive) // whose own sign-in goes on
}

// administering tries each change that needs an administrator.
func (f *fixture) administering(c Caller, app string, token api.Issued) map[string]error {
	ctx, out := f.t.Context(), map[string]error{}
	_, out["AddApp"] = f.AddApp(ctx, c, api.NewApp{Name: "new", Scopes: []string{"read"}})
	_, out["ChangeApp"] = f.ChangeApp(ctx, c, app, api.AppChange{Name: new("changed")})
	_, out["NewAppSecret"] = f.NewAppSecret(ctx, c, app)
	out["DeleteApp"] = f.DeleteApp(ctx, c, app)
	_, out["CreateSAT"] = f.CreateSAT(ctx, c, app, api.NewToken{Scopes: []string{"read"}}, "")
	_, out["RotateAny"] = f.RotateAny(ctx, c, token.Token.ID, api.Rotation{}, "")
	out["RevokeAny"] = f.RevokeAny(ctx, c, token.Token.ID)
	_, out["RevokeMany"] = f.RevokeMany(ctx, c, api.Revocation{IDs: []string{token.Token.ID}})
	_, out["FindToken"] = f.FindToken(ctx, c, token.Secret)
	_, out["AddUser"] = f.AddUser(ctx, c, store.User{Login: "new"})
	_, out["ChangeUser"] = f.ChangeUser(ctx, c, f.user.User.ID, api.UserChange{Name: new("changed")}, "")
	_, out["SetPolicy"] = f.SetPolicy(ctx, c, api.PolicyChange{MaxExpirySeconds: new(int64(3600))})
	return out
}
