package tokens

import (
	"slices"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// requirements 46, 78, 79, 80, 81, 85
func TestWhoMayRevokeWhat(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	for name, c := range map[string]struct {
		revoke func(pat, sat string) error
		pat    bool
		want   string
	}{
		"the owner, a PAT":             {func(pat, _ string) error { return f.RevokeOwn(t.Context(), f.user, pat) }, true, ""},
		"another user, a PAT":          {func(pat, _ string) error { return f.RevokeOwn(t.Context(), f.other, pat) }, true, api.CodeNotFound},
		"an administrator, as own":     {func(pat, _ string) error { return f.RevokeOwn(t.Context(), f.admin, pat) }, true, api.CodeNotFound},
		"its creator, a SAT as own":    {func(_, sat string) error { return f.RevokeOwn(t.Context(), f.admin, sat) }, false, api.CodeNotFound},
		"an administrator, any PAT":    {func(pat, _ string) error { return f.RevokeAny(t.Context(), f.admin, pat) }, true, ""},
		"an administrator, any SAT":    {func(_, sat string) error { return f.RevokeAny(t.Context(), f.admin, sat) }, false, ""},
		"the operator, any PAT":        {func(pat, _ string) error { return f.RevokeAny(t.Context(), Operator(), pat) }, true, ""},
		"a user, any PAT":              {func(pat, _ string) error { return f.RevokeAny(t.Context(), f.user, pat) }, true, api.CodeDenied},
		"an administrator, an unknown": {func(string, string) error { return f.RevokeAny(t.Context(), f.admin, newID()) }, true, api.CodeNotFound},
	} {
		pat, sat := f.pat(f.user, app), f.sat(app)
		err := c.revoke(pat.Token.ID, sat.Token.ID)
		if code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		presented := sat.Secret
		if c.pat {
			presented = pat.Secret
		}
		if _, err := f.CheckToken(t.Context(), presented, ""); (err == nil) != (c.want != "") {
			t.Errorf("%s: afterwards %v", name, err)
		}
	}
}

// requirements 22, 46, 85, 87
func TestRevokingAgainChangesNothing(t *testing.T) {
	f := newFixture(t)
	k := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)).Token
	f.clock.advance(time.Minute)
	for range 2 {
		if err := f.RevokeOwn(t.Context(), f.user, k.ID); err != nil {
			t.Fatal(err)
		}
		f.clock.advance(time.Minute)
	}
	if err := f.RevokeAny(t.Context(), f.admin, k.ID); err != nil {
		t.Fatal(err)
	}
	got := try(f.OwnToken(t.Context(), f.user, k.ID))(t)
	equal(t, got.RevokedAt, new(start.Add(time.Minute)))
	equal(t, got.RevokedBy, &api.UserRef{ID: f.user.User.ID, Login: "bob", Name: "The bob"})
	equal(t, got.Status, api.StatusRevoked)
	equal(t, f.actions(k.ID), []string{f.user.User.ID + " token.created", f.user.User.ID + " token.revoked"})
}

// requirement 22
func TestWhoeverHoldsASecretMayEndIt(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	for _, c := range []struct {
		issued api.Issued
		actor  string
	}{{f.pat(f.user, app), f.user.User.ID}, {f.sat(app), f.admin.User.ID}} {
		for range 2 {
			if err := f.RevokePresented(t.Context(), c.issued.Secret, "192.0.2.66"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := f.CheckToken(t.Context(), c.issued.Secret, "")
		f.refused(err, api.CodeUnauthenticated)
		equal(t, f.actions(c.issued.Token.ID)[1:], []string{c.actor + " token.revoked"})
	}
	for _, s := range []string{"", "garbage", secret.New("enrt_", secret.PAT).Reveal()} {
		if err := f.RevokePresented(t.Context(), s, ""); err != nil {
			t.Errorf("unknown: %v", err)
		}
	}
	ctx, cancel := cancelled(t)
	defer cancel()
	if err := f.RevokePresented(ctx, f.pat(f.user, app).Secret, ""); err == nil {
		t.Error("not revoked, and yet no error")
	}
}

// requirement 76
func TestNothingChangesAnIssuedTokenButItsEndAndItsUse(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := f.pat(f.user, app)
	f.change(app, api.AppChange{Scopes: &[]string{"update"}, Policy: new(api.PolicyNone), SystemUserID: new("")})
	f.clock.advance(time.Hour)
	want := issued.Token
	want.RevokedAt, want.RevokedBy, want.Status = new(start.Add(time.Hour)), want.User, api.StatusRevoked
	if err := f.RevokeOwn(t.Context(), f.user, issued.Token.ID); err != nil {
		t.Fatal(err)
	}
	equal(t, try(f.OwnToken(t.Context(), f.user, issued.Token.ID))(t), want)
}

// requirements 22, 87
func TestTheChangeLogNamesTheApplicationThatRevoked(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Scopes = append(a.Scopes, ScopeIntrospect) })
	sat := try(f.CheckToken(t.Context(), f.sat(app, ScopeIntrospect).Secret, ""))(t)
	record := try(f.Store.AppByID(t.Context(), app.ID))(t)
	for actor, by := range map[string]Caller{f.admin.User.ID: sat, store.ActorApp: {App: &record, From: "192.0.2.66"}} {
		k := f.pat(f.user, app)
		unless(t, f.RevokeForApp(t.Context(), by, k.Secret))
		equal(t, f.actions(k.Token.ID), []string{f.user.User.ID + " token.created", actor + " token.revoked"})
		equal(t, try(f.OwnToken(t.Context(), f.user, k.Token.ID))(t).RevokedBy.ID, actor)
		page := try(f.Events(t.Context(), f.admin, EventFilter{ObjectID: k.Token.ID, Action: "token.revoked"}, PageRequest{}))(t)
		if len(page.Items) != 1 || !slices.ContainsFunc(page.Items[0].Changes, func(c api.EventChange) bool { return c.Field == "application" && *c.New == app.ID }) {
			t.Errorf("%s: %+v", actor, page.Items)
		}
	}
}
