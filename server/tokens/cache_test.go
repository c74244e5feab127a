package tokens

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/internal/pgtest"
	"keyfob/server/cache"
	"keyfob/server/store"
)

// introspects checks what an app with that secret is told of a token.
func (f *fixture) introspects(s *Service, app api.App, appSecret, value string, active bool) {
	f.t.Helper()
	by, err := s.CheckApp(f.t.Context(), app.ID, appSecret)
	unless(f.t, err)
	in := try(s.Introspect(f.t.Context(), by, value))(f.t)
	equal(f.t, in.Active, active)
	shown, out, err := s.IntrospectFor(f.t.Context(), app.ID, appSecret, value, "")
	unless(f.t, err)
	equal(f.t, shown.App.ID, app.ID)
	equal(f.t, out.Introspection, in)
	equal(f.t, string(out.Written(func(in api.Introspection) []byte { return []byte(asJSON(f.t, in)) })), asJSON(f.t, in))
}

// requirement 81: a second check reads nothing, and still the next one after a
// revocation is refused.
func TestACheckedTokenIsRememberedUntilItIsWorthSomethingElse(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	appSecret := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	issued := f.pat(f.user, app)
	hits := func(do func()) int { // of the cache of tokens
		before := f.CacheStats().Hits
		do()
		return int(f.CacheStats().Hits - before)
	}
	introspects := func(active bool) func() {
		return func() { f.introspects(f.Service, app, appSecret, issued.Secret, active) }
	}
	introspects(true)()
	if n := hits(introspects(true)); n != 2 && !f.late() {
		t.Errorf("%d hits", n)
	}
	f.change(app, api.AppChange{Scopes: &[]string{"update"}})
	if n := hits(introspects(true)); n > 1 { // its second question's, unless the change was heard of once more in between
		t.Errorf("%d hits", n)
	}
	for hits(introspects(true)) < 2 { // until what is new is remembered
		runtime.Gosched()
	}
	_, err := f.RotateOwn(t.Context(), f.user, issued.Token.ID, api.Rotation{OverlapSeconds: 60}, "")
	f.refused(err, api.CodeConflict)
	f.change(app, api.AppChange{Scopes: &[]string{"read"}})
	try(f.RotateOwn(t.Context(), f.user, issued.Token.ID, api.Rotation{OverlapSeconds: 60}, ""))(t)
	introspects(true)()
	f.clock.advance(time.Minute) // by the clock alone, whether remembered or not
	introspects(false)()

	newer := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	_, err = f.CheckApp(t.Context(), app.ID, appSecret)
	f.refused(err, api.CodeUnauthenticated)
	f.introspects(f.Service, app, newer, issued.Secret, false)
	try(f.RevokeMany(t.Context(), f.admin, api.Revocation{AppID: app.ID}))(t)
	if err := f.DeleteApp(t.Context(), f.admin, app.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.CheckApp(t.Context(), app.ID, newer)
	f.refused(err, api.CodeUnauthenticated)
}

// late reports whether a hit may be missed: a machine so busy that a look at
// the sequence falls between two checks, which then one of them does.
func (f *fixture) late() bool { return f.CacheStats().Bypassed > 0 }

// What is remembered is as good as what is read.
func TestWhatIsRememberedIsWhatWasRead(t *testing.T) {
	f := newFixture(t)
	issued := f.sat(f.app(api.PolicyAuthenticatedUsers), "read", "update")
	uncached := New(Config{Store: f.Store, Pepper: f.Pepper, Clock: f.clock.now, Cache: -1})
	t.Cleanup(func() { unless(t, uncached.Close(context.WithoutCancel(t.Context()))) })
	want := try(uncached.CheckToken(t.Context(), issued.Secret, ""))(t)
	for range 2 {
		if d := cmp.Diff(want, try(f.CheckToken(t.Context(), issued.Secret, ""))(t)); d != "" {
			t.Error(d)
		}
	}
	equal(t, uncached.CacheStats(), cache.Stats{})
}

// requirements 16, 81: revoked, switched off, narrowed at one of three servers,
// a token is dead at all, also while the connections that tell of it are cut.
func TestWhateverEndsATokenAtOneOfThreeServersEndsItAtAll(t *testing.T) {
	f := newFixture(t)
	servers := []*Service{f.Service, f.serve(), f.serve()}
	app := f.app(api.PolicyAuthenticatedUsers)
	for _, end := range []func(api.Token) error{
		func(k api.Token) error { return f.RevokeAny(t.Context(), f.admin, k.ID) },
		func(api.Token) error { return f.SetUserActive(t.Context(), f.admin, f.user.User.ID, false) },
		func(api.Token) error {
			_, err := f.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Enabled: new(false)})
			return err
		},
		func(k api.Token) error {
			cutListeners(t, f)
			return f.RevokeAny(t.Context(), f.admin, k.ID)
		},
	} {
		f.change(app, api.AppChange{Enabled: new(true)})
		unless(t, f.SetUserActive(t.Context(), f.admin, f.user.User.ID, true))
		issued := f.pat(f.signsIn(f.user.User.ID), app)
		for _, s := range servers {
			for range 2 {
				acceptedElsewhere(t, s, issued.Secret)
			}
		}
		unless(t, end(issued.Token))
		for _, s := range servers {
			refusedElsewhere(t, s, issued.Secret)
		}
	}
}

// acceptedElsewhere waits until a server has heard what happened at another.
func acceptedElsewhere(t *testing.T, s *Service, value string) {
	t.Helper()
	begun := time.Now()
	for {
		_, err := s.CheckToken(t.Context(), value, "")
		if err == nil {
			return
		}
		if !s.Store.Shared() || code(err) != api.CodeUnauthenticated || time.Since(begun) > 5*time.Second {
			t.Fatal(err)
		}
	}
}

// cutListeners ends the connections on which the servers hear of changes.
func cutListeners(t testing.TB, f *fixture) {
	t.Helper()
	if f.Store.Shared() {
		pgtest.Run(t, f.place, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'keyfob changes'`)
	}
}

// BenchmarkCheckToken: with the cache, and each time from the database.
func BenchmarkCheckToken(b *testing.B) {
	f := newFixture(b)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	uncached := New(Config{Store: f.Store, Pepper: f.Pepper, Clock: f.clock.now, Cache: -1})
	b.Cleanup(func() { unless(b, uncached.Close(context.WithoutCancel(b.Context()))) })
	for name, s := range map[string]*Service{"cached": f.Service, "uncached": uncached} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.CheckToken(b.Context(), issued.Secret, "192.0.2.7"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Many tokens are of one app and act as one user: that is in memory once, but as it is now.
func TestWhatTokensHaveInCommonIsRememberedOnce(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	one, two := f.pat(f.user, app), f.pat(f.user, app)
	found := func(secret string) *found { return try(f.lookUp(t.Context(), secret))(t) }
	a, b := found(one.Secret), found(two.Secret)
	if a.App != b.App || a.User != b.User || a.Token.ID == b.Token.ID {
		t.Errorf("not the same: %p %p, %p %p", a.App, b.App, a.User, b.User)
	}
	f.change(app, api.AppChange{Scopes: &[]string{"update"}})
	if c := found(one.Secret); c.App == a.App || c.User != a.User || !slices.Equal(c.App.Scopes, []string{"update"}) {
		t.Errorf("after the change: %v", c.App.Scopes)
	}
	equal(t, a.App.Scopes, b.App.Scopes)
}

func TestWhatNoTokenHasAnyMoreIsForgotten(t *testing.T) {
	var users common[store.User]
	kept := func() int {
		users.mu.Lock()
		defer users.mu.Unlock()
		return len(users.kept)
	}
	first := users.of("u1", &store.User{ID: "u1", Login: "ada"}, func(*store.User) {})
	users.of("u2", &store.User{ID: "u2", Login: "bob"}, func(*store.User) {})
	equal(t, kept(), 2)
	for kept() > 1 {
		runtime.GC()
		runtime.Gosched()
	}
	if users.of("u1", &store.User{ID: "u1", Login: "ada"}, func(*store.User) {}) != first {
		t.Error("what a token has is forgotten")
	}
}
