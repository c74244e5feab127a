package tokens

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/internal/pgtest"
	"keyfob/server/secret"
	"keyfob/server/store"
)

func newExchange(t testing.TB) *fixture {
	f := newFixture(t)
	f.Rules.Exchange = true
	return f
}

// wide lets an app carry every scope there is.
func wide(a *api.NewApp) { a.Scopes = []string{"read", "update", ScopeTokens, ScopeIntrospect} }

func (f *fixture) exchanged(subject string, scopes ...string) ExchangedToken {
	f.t.Helper()
	return try(f.Exchange(f.t.Context(), Exchange{Subject: subject, Scopes: scopes, From: "192.0.2.9"}))(f.t)
}

// requirements 101, 102
func TestAnExchangedTokenIsTheSameIdentityWithNoMoreScopes(t *testing.T) {
	f := newExchange(t)
	app := f.app(api.PolicyAuthenticatedUsers, wide)
	pat := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", "update", ScopeTokens}}, ""))(t)
	sat := f.sat(app, "read", ScopeIntrospect)
	for name, c := range map[string]struct {
		subject      string
		wanted, want []string
		who          string
	}{
		"all but tokens": {pat.Secret, nil, []string{"read", "update"}, f.user.User.ID},
		"fewer":          {pat.Secret, []string{"update"}, []string{"update"}, f.user.User.ID},
		"twice the same": {pat.Secret, []string{"read", "read"}, []string{"read"}, f.user.User.ID},
		"a SAT":          {sat.Secret, nil, []string{"read", ScopeIntrospect}, f.other.User.ID},
	} {
		t.Run(name, func(t *testing.T) {
			x := f.exchanged(c.subject, c.wanted...)
			got := try(f.CheckToken(t.Context(), x.Secret.Reveal(), ""))(t)
			equal(t, x.Scopes, c.want)
			equal(t, got.Scopes, c.want)
			equal(t, got.User.ID, c.who)
			equal(t, x.Lives, exchangeLife)
			if _, kind, ok := secret.Parse(x.Secret.Reveal()); !ok || kind != secret.Exchanged {
				t.Errorf("kind %s, checksum %v", kind, ok)
			}
			if got.Keeper() {
				t.Error("it can manage tokens")
			}
		})
	}
}

// requirements 102, 103
func TestExchangeRefusesWhatItMust(t *testing.T) {
	f := newExchange(t)
	app, other := f.app(api.PolicyAuthenticatedUsers, wide), f.app(api.PolicyAuthenticatedUsers)
	pat := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", ScopeTokens}}, ""))(t)
	keeper := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{ScopeTokens}}, ""))(t)
	revoked := f.pat(f.user, app)
	try(0, f.RevokeOwn(t.Context(), f.user, revoked.Token.ID))(t)
	narrowed := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: other.ID, Scopes: []string{"update"}}, ""))(t)
	f.change(other, api.AppChange{Scopes: &[]string{"read"}})
	for name, c := range map[string]struct {
		want    Exchange
		refusal string
	}{
		"an unknown one":               {Exchange{Subject: secret.New("enrt_", secret.PAT).Reveal()}, api.CodeUnauthenticated},
		"garbage":                      {Exchange{Subject: "enrt_p"}, api.CodeUnauthenticated},
		"a revoked one":                {Exchange{Subject: revoked.Secret}, api.CodeUnauthenticated},
		"an exchanged one":             {Exchange{Subject: f.exchanged(pat.Secret).Secret.Reveal()}, api.CodeUnauthenticated},
		"a scope that it lacks":        {Exchange{Subject: pat.Secret, Scopes: []string{"read", "update"}}, api.CodeScope},
		"a scope that there is not":    {Exchange{Subject: pat.Secret, Scopes: []string{"write"}}, api.CodeScope},
		"no word":                      {Exchange{Subject: pat.Secret, Scopes: []string{""}}, api.CodeScope},
		"the scope tokens":             {Exchange{Subject: pat.Secret, Scopes: []string{ScopeTokens}}, api.CodeScope},
		"nothing but the scope tokens": {Exchange{Subject: keeper.Secret}, api.CodeScope},
		"what the app took away":       {Exchange{Subject: narrowed.Secret}, api.CodeScope},
		"another audience":             {Exchange{Subject: pat.Secret, Audience: []string{app.ID, other.ID}}, ErrTarget.Error()},
		"another app's credentials":    {Exchange{Subject: pat.Secret, Client: &Caller{App: &store.App{ID: other.ID}}}, ErrClient.Error()},
	} {
		_, err := f.Exchange(t.Context(), c.want)
		if code(err) != c.refusal {
			t.Errorf("%s: %v, want %s", name, err, c.refusal)
		}
	}
	f.Rules.Exchange = false
	_, err := f.Exchange(t.Context(), Exchange{Subject: pat.Secret})
	f.refused(err, api.CodeDenied)
}

// requirement 102
func TestAnExchangedTokenEndsWithItsParentAtTheLatest(t *testing.T) {
	f := newExchange(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	ends := f.now().Add(2*time.Minute + 500*time.Millisecond)
	short := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: &ends}, ""))(t)
	rotated := f.pat(f.user, app)
	try(f.RotateOwn(t.Context(), f.user, rotated.Token.ID, api.Rotation{OverlapSeconds: 60}, ""))(t)
	equal(t, f.exchanged(short.Secret).Lives, 2*time.Minute)
	equal(t, f.exchanged(rotated.Secret).Lives, time.Minute)
	f.clock.advance(2 * time.Minute)
	if _, err := f.Exchange(t.Context(), Exchange{Subject: short.Secret}); code(err) != api.CodeUnauthenticated {
		t.Errorf("a token of no whole second: %v", err)
	}
}

// requirement 102: what the app takes from the parent, the exchanged one loses,
// and gets back, but never more than it was given.
func TestAnExchangedTokenIsNarrowedWithItsParent(t *testing.T) {
	f := newExchange(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	pat := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", "update"}}, ""))(t)
	all, some := f.exchanged(pat.Secret).Secret.Reveal(), f.exchanged(pat.Secret, "update").Secret.Reveal()
	for _, c := range []struct{ app, all, some []string }{
		{[]string{"read"}, []string{"read"}, []string{}},
		{[]string{"read", "update"}, []string{"read", "update"}, []string{"update"}},
	} {
		f.change(app, api.AppChange{Scopes: &c.app})
		equal(t, try(f.CheckToken(t.Context(), all, ""))(t).Scopes, c.all)
		equal(t, try(f.CheckToken(t.Context(), some, ""))(t).Scopes, c.some)
		got := try(f.Introspect(t.Context(), Caller{App: &store.App{ID: app.ID}}, all))(t)
		equal(t, got.Scope, strings.Join(c.all, " "))
	}
}

// One token can make the server keep a bounded number of others, also by
// ending them at once.
func TestATokenIsExchangedABoundedNumberOfTimes(t *testing.T) {
	f := newExchange(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	pat, second := f.pat(f.user, app), f.pat(f.user, app)
	var first ExchangedToken
	try(0, f.Store.Write(t.Context(), func(tx *store.Tx) error {
		for i := range exchangeMax - 2 { // as Exchange would, but with one commit for all
			at := f.now().Add(time.Minute)
			x := store.Exchanged{ID: newID(), MAC: []byte{byte(i)}, PepperID: "x", ParentID: pat.Token.ID, CreatedAt: f.now(), ExpiresAt: at.Add(exchangeLife)}
			if err := tx.InsertExchanged(t.Context(), x); err != nil {
				return err
			}
		}
		return nil
	}))(t)
	first = f.exchanged(pat.Secret)
	try(0, f.RevokePresented(t.Context(), first.Secret.Reveal(), ""))(t)
	f.exchanged(pat.Secret)
	f.clock.advance(time.Second)
	_, err := f.Exchange(t.Context(), Exchange{Subject: pat.Secret})
	if busy, ok := errors.AsType[*BusyError](err); !ok || busy.Wait != exchangeLife-time.Second {
		t.Errorf("one too many: %v", err)
	}
	f.exchanged(second.Secret)
	f.clock.advance(exchangeLife)
	f.exchanged(pat.Secret)
}

// requirement 87
func TestExchangesAreInTheChangeLogAndPurgedWhenTheyAreOver(t *testing.T) {
	f := newExchange(t)
	pat := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	a, b := f.exchanged(pat.Secret), f.exchanged(pat.Secret)
	for range 2 {
		try(0, f.RevokePresented(t.Context(), a.Secret.Reveal(), ""))(t)
	}
	me := f.user.User.ID
	equal(t, f.actions(pat.Token.ID), []string{me + " token.created", me + " token.exchanged", me + " token.exchanged", me + " token.exchange.revoked"})
	kept := func() (n int) {
		for _, x := range []ExchangedToken{a, b} {
			if _, err := f.Store.ExchangedByMAC(t.Context(), f.Pepper.MAC(x.Secret.Reveal())); err == nil {
				n++
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		}
		return n
	}
	f.clock.advance(exchangeLife - time.Second)
	try(0, f.purgeExchanged(t.Context()))(t)
	equal(t, kept(), 2)
	f.clock.advance(time.Second)
	try(0, f.purgeExchanged(t.Context()))(t)
	equal(t, kept(), 0)
}

// Of any number at once, on any number of servers, no more get one. That they
// are counted one after another is shown by the next test: these may just be
// lucky.
func TestRacingExchangesKeepTheBound(t *testing.T) {
	f := newExchange(t)
	pat := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	try(0, f.Store.Write(t.Context(), func(tx *store.Tx) error {
		for i := range exchangeMax - 3 {
			x := store.Exchanged{ID: newID(), MAC: []byte{byte(i)}, PepperID: "x", ParentID: pat.Token.ID, CreatedAt: f.now(), ExpiresAt: f.now().Add(exchangeLife)}
			if err := tx.InsertExchanged(t.Context(), x); err != nil {
				return err
			}
		}
		return nil
	}))(t)
	second := f.serve()
	second.Rules.Exchange = true
	answers, begin := make(chan error, 12), make(chan struct{})
	for i := range cap(answers) {
		s := []*Service{f.Service, second}[i%2]
		go func() {
			<-begin
			_, err := s.Exchange(t.Context(), Exchange{Subject: pat.Secret})
			answers <- err
		}()
	}
	close(begin)
	got := 0
	for range cap(answers) {
		err := <-answers
		if _, busy := errors.AsType[*BusyError](err); err != nil && !busy {
			t.Error(err)
		}
		if err == nil {
			got++
		}
	}
	equal(t, got, 3)
}

// The last that may be had is being given: who asks at another server meanwhile
// waits, and is then refused.
func TestAnExchangeWaitsForTheOneBeforeItIsCounted(t *testing.T) {
	f := newExchange(t)
	pat, second := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)), f.serve()
	second.Rules.Exchange = true
	answer := make(chan error, 1)
	try(0, f.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.TokenByID(t.Context(), pat.Token.ID)
		for i := range exchangeMax {
			x := store.Exchanged{ID: newID(), MAC: []byte{byte(i)}, PepperID: "x", ParentID: pat.Token.ID, CreatedAt: f.now(), ExpiresAt: f.now().Add(exchangeLife)}
			err = errors.Join(err, tx.InsertExchanged(t.Context(), x))
		}
		go func() {
			_, err := second.Exchange(t.Context(), Exchange{Subject: pat.Secret})
			answer <- err
		}()
		for f.Store.Shared() && len(answer) == 0 && !pgtest.Waits(t, f.place) { // SQLite has one writer, and cannot be asked
		}
		return err
	}))(t)
	if err := <-answer; err == nil {
		t.Error("one more than may be had")
	} else if _, busy := errors.AsType[*BusyError](err); !busy {
		t.Error(err)
	}
}

// What an app sees of an exchanged token, and what it can do to one.
func TestAnAppIntrospectsAndRevokesExchangedTokensOfItsOwn(t *testing.T) {
	f := newExchange(t)
	app, other := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers)
	pat := f.pat(f.user, app)
	x := f.exchanged(pat.Secret).Secret.Reveal()
	mine, foreign := Caller{App: &store.App{ID: app.ID}}, Caller{App: &store.App{ID: other.ID}}
	got := try(f.Introspect(t.Context(), mine, x))(t)
	if got.Jti == "" || got.Jti == pat.Token.ID {
		t.Errorf("jti %q", got.Jti)
	}
	want := try(f.Introspect(t.Context(), mine, pat.Secret))(t)
	want.Jti, want.Exp = got.Jti, f.now().Add(exchangeLife).Unix()
	equal(t, got, want)
	equal(t, try(f.Introspect(t.Context(), foreign, x))(t), api.Introspection{})
	try(0, f.RevokeForApp(t.Context(), foreign, x))(t)
	try(0, f.RevokeForApp(t.Context(), foreign, pat.Secret))(t)
	try(f.CheckToken(t.Context(), x, ""))(t)
	try(0, f.RevokeForApp(t.Context(), mine, x))(t)
	equal(t, try(f.Introspect(t.Context(), mine, x))(t), api.Introspection{})
	try(f.CheckToken(t.Context(), pat.Secret, ""))(t)
	f.refused(f.RevokeForApp(t.Context(), f.user, pat.Secret), api.CodeDenied)
}

// requirement 22: a leaked exchanged token leads to the token it came from.
func TestAFoundExchangedTokenNamesItsParent(t *testing.T) {
	f := newExchange(t)
	pat := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	found := try(f.FindToken(t.Context(), f.admin, f.exchanged(pat.Secret).Secret.Reveal()))(t)
	equal(t, found.ID, pat.Token.ID)
}
