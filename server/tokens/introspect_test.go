package tokens

import (
	"context"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
)

func cancelled(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

func withIntrospect(a *api.NewApp) { a.Scopes = []string{"read", "update", ScopeIntrospect} }

// requirements 18, 105
func TestAnAppIntrospectsItsOwnTokens(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers, withIntrospect)
	by := try(f.CheckToken(t.Context(), f.sat(app, ScopeIntrospect).Secret, "192.0.2.9"))(t)
	pat := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"update", "read"}, ExpiresAt: new(start.Add(time.Hour))}, ""))(t)
	sat := f.sat(app)

	equal(t, try(f.Introspect(t.Context(), by, pat.Secret))(t), api.Introspection{
		Active: true, Scope: "read update", ClientID: app.ID, Username: "bob", TokenType: "Bearer",
		Exp: start.Add(time.Hour).Unix(), Iat: start.Unix(), Sub: f.user.User.ID, Aud: app.ID, Jti: pat.Token.ID, Kind: "pat",
	})
	equal(t, try(f.Introspect(t.Context(), by, sat.Secret))(t), api.Introspection{
		Active: true, Scope: "read", ClientID: app.ID, Username: "cyd", TokenType: "Bearer",
		Iat: start.Unix(), Sub: f.other.User.ID, Aud: app.ID, Jti: sat.Token.ID, Kind: "sat",
	})
	used := try(f.OwnToken(t.Context(), f.user, pat.Token.ID))(t)
	equal(t, used.LastUsedAt, new(start))
	equal(t, used.LastUsedFrom, new("192.0.2.9"))
}

// requirement 99
func TestAnInactiveTokenIsNothingButInactive(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers, withIntrospect)
	by := try(f.CheckToken(t.Context(), f.sat(app, ScopeIntrospect).Secret, ""))(t)
	foreign := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	revoked := f.pat(f.user, app)
	expired := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(time.Second))}, ""))(t)
	if err := f.RevokeOwn(t.Context(), f.user, revoked.Token.ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Second)
	for name, s := range map[string]string{
		"another app's": foreign.Secret, "revoked": revoked.Secret, "expired": expired.Secret,
		"unknown": secret.New("enrt_", secret.PAT).Reveal(), "garbage": "enrt_p", "empty": "",
	} {
		if got := asJSON(t, try(f.Introspect(t.Context(), by, s))(t)); got != `{"active":false}` {
			t.Errorf("%s: %s", name, got)
		}
	}
	equal(t, try(f.OwnToken(t.Context(), f.user, foreign.Token.ID))(t).LastUsedAt, (*time.Time)(nil))
}

func TestOnlyAnAppOrASATWithTheScopeMayIntrospect(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers, withIntrospect)
	pat := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{ScopeIntrospect}}, ""))(t)
	for _, c := range []struct {
		by   Caller
		want string
	}{
		{f.admin, api.CodeDenied},
		{Operator(), api.CodeDenied},
		{Caller{}, api.CodeDenied},
		{try(f.CheckToken(t.Context(), pat.Secret, ""))(t), api.CodeDenied},
		{try(f.CheckToken(t.Context(), f.sat(app).Secret, ""))(t), api.CodeScope},
	} {
		got, err := f.Introspect(t.Context(), c.by, pat.Secret)
		f.refused(err, c.want)
		equal(t, got, api.Introspection{})
	}
}

func TestAnAppSignsInWithItsNewestSecret(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	unset := secret.New("enrt_", secret.App).Reveal()
	_, err := f.CheckApp(t.Context(), app.ID, unset)
	f.refused(err, api.CodeUnauthenticated)

	first := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	by := try(f.CheckApp(t.Context(), app.ID, first))(t)
	if !try(f.Introspect(t.Context(), by, f.pat(f.user, app).Secret))(t).Active {
		t.Error("its own token is not active")
	}
	if by.Interactive() {
		t.Error("an application is no person")
	}
	next := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	another := f.app(api.PolicyAuthenticatedUsers)
	for _, c := range [][2]string{{app.ID, first}, {another.ID, next}, {"", next}, {app.ID, ""}, {app.ID, f.pat(f.user, app).Secret}} {
		_, err := f.CheckApp(t.Context(), c[0], c[1])
		f.refused(err, api.CodeUnauthenticated)
	}
	try(f.CheckApp(t.Context(), app.ID, next))(t)
	f.change(app, api.AppChange{Enabled: new(false)})
	_, err = f.CheckApp(t.Context(), app.ID, next)
	f.refused(err, api.CodeUnauthenticated)
	_, err = f.NewAppSecret(t.Context(), f.user, app.ID)
	f.refused(err, api.CodeDenied)
}
