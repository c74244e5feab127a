package tokens

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

// Several servers on one database keep every rule as one server does. These
// tests race two of them; on SQLite they are two processes on one file.

// together runs do for each of the services, some times, all at once.
func together(times int, do func(s *Service, i int), services ...*Service) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range times {
		for _, s := range services {
			all.Go(func() {
				<-begin
				do(s, i)
			})
		}
	}
	close(begin)
	all.Wait()
}

// One key, one token, whichever server the repeated call reaches.
func TestRacingAttemptsAtTwoServersMakeOneToken(t *testing.T) {
	f := newFixture(t)
	app, other := f.app(api.PolicyAuthenticatedUsers), f.serve()
	for range 3 {
		var secrets sync.Map
		together(4, func(s *Service, _ int) {
			issued, err := s.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "0123456789abcdef")
			unless(t, err)
			secrets.Store(issued.Secret, true)
		}, f.Service, other)
		n := 0
		secrets.Range(func(any, any) bool { n++; return true })
		equal(t, n, 1)
		f.clock.advance(replyLife) // and the expired reply does not stand in the way
	}
}

func TestOfRacersForANameAtTwoServersOneWins(t *testing.T) {
	f := newFixture(t)
	other := f.serve()
	var mu sync.Mutex
	won := map[string]int{}
	together(4, func(s *Service, i int) {
		name := fmt.Sprintf("name %d", i%2)
		_, appErr := s.AddApp(t.Context(), f.admin, api.NewApp{Name: name, Scopes: []string{"read"}})
		_, userErr := s.AddUser(t.Context(), f.admin, store.User{Login: fmt.Sprintf("login%d", i%2), IsActive: true})
		mu.Lock()
		defer mu.Unlock()
		for what, err := range map[string]error{"app ": appErr, "user ": userErr} {
			if err == nil {
				won[what+name]++
			} else if code(err) != api.CodeConflict {
				t.Error(err)
			}
		}
	}, f.Service, other)
	equal(t, won, map[string]int{"app name 0": 1, "app name 1": 1, "user name 0": 1, "user name 1": 1})
}

// requirement 26: in the change log no token comes after the change that
// forbade it, whichever servers the two calls reached.
func TestTheLogHasNoTokenAfterThePolicyThatForbidsIt(t *testing.T) {
	f := newFixture(t)
	other := f.serve()
	for range 3 {
		app := f.app(api.PolicyAuthenticatedUsers)
		var issued sync.Map
		together(4, func(s *Service, i int) {
			if i == 2 && s == other {
				_, err := s.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Policy: new(api.PolicyNone)})
				unless(t, err)
				return
			}
			got, err := s.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
			if err == nil {
				issued.Store(got.Token.ID, true)
			} else if code(err) != api.CodePolicyNone {
				t.Error(err)
			}
		}, f.Service, other)
		closed := try(f.Store.EventsOf(t.Context(), app.ID))(t)[1].Seq
		issued.Range(func(id, _ any) bool {
			if e := try(f.Store.EventsOf(t.Context(), id.(string)))(t)[0]; e.Seq > closed {
				t.Errorf("a token is number %d in the log, the policy None is %d", e.Seq, closed)
			}
			return true
		})
	}
}

// requirements 5, 81: a token revoked at one server is dead at the other, and
// it is revoked once.
func TestARevocationAtOneServerHoldsAtTheOther(t *testing.T) {
	f := newFixture(t)
	app, other := f.app(api.PolicyAuthenticatedUsers), f.serve()
	together(6, func(s *Service, _ int) {
		issued, err := s.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
		unless(t, err)
		elsewhere := other
		if s == other {
			elsewhere = f.Service
		}
		_, err = elsewhere.CheckToken(t.Context(), issued.Secret, "")
		unless(t, err)
		together(1, func(s *Service, _ int) { unless(t, s.RevokeOwn(t.Context(), f.user, issued.Token.ID)) }, s, elsewhere)
		refusedElsewhere(t, elsewhere, issued.Secret)
		if n := len(try(f.Store.EventsOf(t.Context(), issued.Token.ID))(t)); n != 2 {
			t.Errorf("%d events of a token issued and revoked", n)
		}
	}, f.Service, other)
}

// refusedElsewhere checks that a server refuses a token that another revoked:
// on SQLite when that call has returned, on PostgreSQL soon.
func refusedElsewhere(t *testing.T, s *Service, value string) {
	t.Helper()
	begun := time.Now()
	for {
		_, err := s.CheckToken(t.Context(), value, "")
		if code(err) == api.CodeUnauthenticated {
			return
		}
		unless(t, err)
		if late := time.Since(begun); !s.Store.Shared() || late > 5*time.Second {
			t.Errorf("revoked at the other server, and accepted %v later", late)
			return
		}
	}
}

// requirements 5, 81: the call of a token that is revoked at another server,
// after this one has let it in, does nothing more.
func TestATokenThatEndsWhileItAsksGetsNothing(t *testing.T) {
	f := newFixture(t)
	other := f.serve()
	for name, end := range map[string]func(Caller, api.App){
		"revoked":                     func(c Caller, _ api.App) { unless(t, f.RevokeOwn(t.Context(), f.user, c.Token.ID)) },
		"rotated":                     func(c Caller, _ api.App) { try(f.rotate(f.user, c.Token.ID, 0))(t) },
		"its application is disabled": func(_ Caller, a api.App) { f.change(a, api.AppChange{Enabled: new(false)}) },
	} {
		t.Run(name, func(t *testing.T) {
			key := rand.Text()
			elsewhere := f.app(api.PolicyAuthenticatedUsers)
			c, app := f.robot(0, "read", "tokens")
			mine, want := f.pat(f.user, elsewhere), api.NewToken{AppID: elsewhere.ID, Scopes: []string{"read"}}
			try(other.CreatePAT(t.Context(), c, want, key))(t)
			end(c, app)
			had := f.ownTotal(f.user)
			_, err := other.CreatePAT(t.Context(), c, want, "")
			f.refused(err, api.CodeUnauthenticated)
			_, err = other.CreatePAT(t.Context(), c, want, key) // whose reply has the secret
			f.refused(err, api.CodeUnauthenticated)
			_, err = other.RotateOwn(t.Context(), c, mine.Token.ID, api.Rotation{}, "")
			f.refused(err, api.CodeUnauthenticated)
			f.refused(other.RevokeOwn(t.Context(), c, mine.Token.ID), api.CodeUnauthenticated)
			equal(t, f.ownTotal(f.user), had)
			equal(t, f.works(mine.Secret), true)
		})
	}
}

func TestTwoServersWriteLastUsesOfTheSameTokens(t *testing.T) {
	f := newFixture(t)
	app, other := f.app(api.PolicyAuthenticatedUsers), f.serve()
	var ids []string
	for range 8 {
		ids = append(ids, f.pat(f.user, app).Token.ID)
	}
	together(4, func(s *Service, i int) {
		for _, id := range ids {
			s.used.note(id, start.Add(time.Duration(i)*time.Second), "192.0.2.7")
		}
		unless(t, s.flush(t.Context()))
	}, f.Service, other)
	for _, id := range ids {
		equal(t, try(f.Store.TokenByID(t.Context(), id))(t).LastUsedAt, start.Add(3*time.Second))
	}
}

// Changes of users and apps that refer to each other, in any order.
func TestRacingChangesAtTwoServersAllHappen(t *testing.T) {
	f := newFixture(t)
	app, other := f.app(api.PolicyAuthenticatedUsers), f.serve()
	together(6, func(s *Service, i int) {
		_, err := s.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Name: new(fmt.Sprintf("Renamed %d", i)), SystemUserID: &f.user.User.ID})
		unless(t, err)
		unless(t, s.SetUserActive(t.Context(), f.admin, f.other.User.ID, i%2 == 0))
		_, err = s.CreatePAT(t.Context(), Operator(), api.NewToken{AppID: app.ID, UserID: f.user.User.ID, Scopes: []string{"read"}}, "")
		unless(t, err)
	}, f.Service, other)
	equal(t, slices.Contains(f.actions(app.ID), f.admin.User.ID+" app.changed"), true)
	equal(t, f.ownTotal(f.user), 12)
}

// Each counts on the other, unless one waits for the other.
func TestOfTwoAdministratorsWhoLeaveAtTwoServersOneStays(t *testing.T) {
	f := newFixture(t)
	other := f.serve()
	second := f.person("eve", true)
	for range 5 {
		together(1, func(s *Service, _ int) {
			leaver := f.admin
			if s == other {
				leaver = second
			}
			_, err := s.ChangeUser(t.Context(), Operator(), leaver.User.ID, api.UserChange{IsAdmin: new(false)}, "")
			if err != nil && code(err) != api.CodeLastAdmin {
				t.Error(err)
			}
		}, f.Service, other)
		admins := 0
		for _, c := range []Caller{f.admin, second} {
			if try(f.Store.UserByID(t.Context(), c.User.ID))(t).IsAdmin {
				admins++
			}
			try(f.ChangeUser(t.Context(), Operator(), c.User.ID, api.UserChange{IsAdmin: new(true)}, ""))(t)
		}
		equal(t, admins, 1)
	}
}

func TestAnAppThatIsDeletedHasNoLiveTokenFromTheOtherServer(t *testing.T) {
	f := newFixture(t)
	other := f.serve()
	for range 5 {
		app := f.app(api.PolicyAuthenticatedUsers)
		together(1, func(s *Service, _ int) {
			if s == other {
				if err := s.DeleteApp(t.Context(), f.admin, app.ID); err != nil && code(err) != api.CodeAppInUse {
					t.Error(err)
				}
				return
			}
			_, err := s.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
			if err != nil && code(err) != api.CodeInvalid {
				t.Error(err)
			}
		}, f.Service, other)
		l := try(f.AppTokens(t.Context(), f.admin, app.ID, TokenFilter{Status: []string{store.Active}}, PageRequest{}))(t)
		gone := try(f.Store.AppDeleted(t.Context(), app.ID))(t)
		equal(t, gone, l.Total == 0)
	}
}
