package tokens

import (
	"sync"
	"sync/atomic"
	"testing"

	"keyfob/api"
)

// requirements 5, 81
func TestRacingCreatesAndRevokesLoseNothing(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	const workers, each = 4, 8
	var (
		all     sync.WaitGroup
		secrets sync.Map
	)
	for range workers {
		all.Go(func() {
			for range each {
				issued, err := f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
				if err != nil {
					t.Error(err)
					return
				}
				secrets.Store(issued.Secret, true)
				if _, err := f.CheckToken(t.Context(), issued.Secret, ""); err != nil {
					t.Errorf("just issued: %v", err)
				}
				var both sync.WaitGroup
				both.Go(func() { unless(t, f.RevokeOwn(t.Context(), f.user, issued.Token.ID)) })
				both.Go(func() { unless(t, f.RevokeAny(t.Context(), f.admin, issued.Token.ID)) })
				both.Wait()
				if _, err := f.CheckToken(t.Context(), issued.Secret, ""); code(err) != api.CodeUnauthenticated {
					t.Errorf("just revoked: %v", err)
				}
				if n := len(try(f.Store.EventsOf(t.Context(), issued.Token.ID))(t)); n != 2 {
					t.Errorf("%d events of a token issued and revoked", n)
				}
			}
		})
	}
	all.Wait()
	n := 0
	secrets.Range(func(any, any) bool { n++; return true })
	equal(t, n, workers*each)
	equal(t, f.ownTotal(f.user), workers*each)
}

// requirement 26: no token slips in after the policy became None.
func TestNoTokenIsIssuedAfterThePolicyBecameNone(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	var (
		all    sync.WaitGroup
		closed atomic.Bool
	)
	for range 4 {
		all.Go(func() {
			for range 20 {
				before := closed.Load()
				_, err := f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
				if err == nil && before {
					t.Error("issued although the policy is None")
				}
				if err != nil && code(err) != api.CodePolicyNone {
					t.Error(err)
				}
			}
		})
	}
	f.change(app, api.AppChange{Policy: new(api.PolicyNone)})
	closed.Store(true)
	all.Wait()
}

func unless(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
