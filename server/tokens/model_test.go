package tokens

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyfob/api"
)

// model is what the rules come to, kept in plain maps.
type model struct {
	now     time.Time
	apps    map[string]*modelApp
	active  map[string]bool // users
	issued  []modelToken
	revoked map[string]bool
	ends    map[string]time.Time // of those that were rotated
}

type modelApp struct {
	enabled, allowed bool
	systemUser       string
	scopes           []string
}

type modelToken struct {
	kind, id, secret, app, owner string
	scopes                       []string
	created, expires             time.Time
}

// over reports whether a token has ended by itself or by anybody's doing.
func (m *model) over(k modelToken) bool {
	end, rotated := m.ends[k.id]
	return m.revoked[k.id] || rotated && !m.now.Before(end) || !k.expires.IsZero() && !m.now.Before(k.expires)
}

// actsAs is whom a token acts as now; empty: it is refused.
func (m *model) actsAs(k modelToken) string {
	app := m.apps[k.app]
	if m.over(k) || !app.enabled {
		return ""
	}
	who := k.owner
	if k.kind == api.KindSAT {
		if who = app.systemUser; !app.allowed {
			return ""
		}
	}
	if !m.active[who] {
		return ""
	}
	return who
}

// mayIssue reports whether a token of that kind and owner could be issued now.
func (m *model) mayIssue(kind, app string, owner string) bool {
	a := m.apps[app]
	if kind == api.KindSAT {
		return a.enabled && a.allowed && m.active[a.systemUser]
	}
	return a.enabled && m.active[owner]
}

// requirements 14, 16, 18, 19, 47, 58, 78, 80, 81, 85, 99
func TestATokenIsAcceptedExactlyWhenTheModelSaysSo(t *testing.T) {
	f := newFixture(t)
	everyone := []Caller{f.user, f.other, f.person("dee", true)}
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{now: f.clock.now(), apps: map[string]*modelApp{}, active: map[string]bool{}, revoked: map[string]bool{}, ends: map[string]time.Time{}}
		for _, u := range everyone {
			m.active[u.User.ID] = true
			if err := f.SetUserActive(f.t.Context(), f.admin, u.User.ID, true); err != nil {
				rt.Fatal(err)
			}
		}
		for range 2 {
			a := f.app(api.PolicyAuthenticatedUsers)
			m.apps[a.ID] = &modelApp{enabled: true, allowed: true, systemUser: f.other.User.ID, scopes: a.Scopes}
		}
		s := &script{f: f, m: m, users: everyone}
		rt.Repeat(map[string]func(*rapid.T){
			"issue": s.issue, "revoke": s.revoke, "present to revoke": s.revokePresented, "clock": s.tick,
			"rotate": s.rotate, "revoke many": s.revokeMany, "app": s.changeApp, "user": s.changeUser, "present": s.present,
		})
		for _, k := range m.issued {
			s.compare(rt, k)
		}
	})
}

// script does the same to the Service and to the model.
type script struct {
	f     *fixture
	m     *model
	users []Caller
}

func (s *script) anyApp(t *rapid.T) string {
	ids := []string{}
	for id := range s.m.apps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, "app")
}

func (s *script) anyUser(t *rapid.T) Caller { return rapid.SampledFrom(s.users).Draw(t, "user") }

func (s *script) anyToken(t *rapid.T) modelToken {
	if len(s.m.issued) == 0 {
		t.Skip("none issued")
	}
	return rapid.SampledFrom(s.m.issued).Draw(t, "token")
}

func (s *script) issue(t *rapid.T) {
	if len(s.m.issued) == 6 {
		t.Skip("enough to compare")
	}
	k := modelToken{kind: rapid.SampledFrom([]string{api.KindPAT, api.KindSAT}).Draw(t, "kind"), app: s.anyApp(t), created: s.m.now}
	k.scopes = []string{"read", "update"}
	want := api.NewToken{Scopes: k.scopes}
	if in := rapid.IntRange(0, 5).Draw(t, "expires in"); in > 0 {
		k.expires = s.m.now.Add(time.Duration(in) * time.Minute)
		want.ExpiresAt = &k.expires
	}
	app := s.m.apps[k.app]
	allowed := app.enabled && len(app.scopes) == 2
	var (
		got api.Issued
		err error
	)
	if k.kind == api.KindPAT {
		owner := s.anyUser(t)
		k.owner, want.AppID = owner.User.ID, k.app
		allowed = allowed && s.m.active[k.owner]
		got, err = s.f.CreatePAT(s.f.t.Context(), owner, want, "")
	} else {
		allowed = allowed && app.allowed && s.m.active[app.systemUser]
		got, err = s.f.CreateSAT(s.f.t.Context(), s.f.admin, k.app, want, "")
	}
	if (err == nil) != allowed {
		t.Fatalf("issued: %v, the model says %v", err, allowed)
	}
	if err == nil {
		k.id, k.secret = got.Token.ID, got.Secret
		s.m.issued = append(s.m.issued, k)
	}
}

func (s *script) revoke(t *rapid.T) {
	k, who := s.anyToken(t), s.anyUser(t)
	err, allowed := s.f.RevokeOwn(s.f.t.Context(), who, k.id), k.owner == who.User.ID
	if rapid.Bool().Draw(t, "as administrator") {
		err, allowed = s.f.RevokeAny(s.f.t.Context(), who, k.id), who.User.IsAdmin
		s.m.revoked[k.id] = s.m.revoked[k.id] || k.owner == who.User.ID
	}
	if (err == nil) != allowed {
		t.Fatalf("revoked: %v, the model says %v", err, allowed)
	}
	s.m.revoked[k.id] = s.m.revoked[k.id] || allowed
}

// rotate has its owner, or an administrator, replace a token.
func (s *script) rotate(t *rapid.T) {
	old, who := s.anyToken(t), s.anyUser(t)
	overlap := rapid.SampledFrom([]int{0, 30, 120}).Draw(t, "overlap")
	want := api.Rotation{OverlapSeconds: overlap}
	next := modelToken{kind: old.kind, app: old.app, owner: old.owner, created: s.m.now, scopes: within(old.scopes, s.m.apps[old.app].scopes)}
	if !old.expires.IsZero() {
		next.expires = s.m.now.Add(old.expires.Sub(old.created))
	}
	if in := rapid.IntRange(0, 5).Draw(t, "expires in"); in > 0 {
		next.expires = s.m.now.Add(time.Duration(in) * time.Minute)
		want.ExpiresAt = &next.expires
	}
	_, replaced := s.m.ends[old.id]
	allowed := !replaced && !s.m.over(old) && s.m.mayIssue(old.kind, old.app, old.owner)
	call := s.f.RotateOwn
	if rapid.Bool().Draw(t, "as administrator") {
		call, allowed = s.f.RotateAny, allowed && who.User.IsAdmin
	} else {
		allowed = allowed && old.owner == who.User.ID
	}
	got, err := call(s.f.t.Context(), who, old.id, want, "")
	if (err == nil) != allowed {
		t.Fatalf("rotated: %v, the model says %v", err, allowed)
	}
	if err != nil {
		return
	}
	end := s.m.now.Add(time.Duration(overlap) * time.Second)
	if !old.expires.IsZero() && old.expires.Before(end) {
		end = old.expires
	}
	s.m.ends[old.id] = end
	next.id, next.secret = got.Token.ID, got.Secret
	s.m.issued = append(s.m.issued, next)
}

func (s *script) revokeMany(t *rapid.T) {
	app, dry := s.anyApp(t), rapid.Bool().Draw(t, "dry run")
	got, err := s.f.RevokeMany(s.f.t.Context(), s.f.admin, api.Revocation{AppID: app, DryRun: dry})
	if err != nil {
		t.Fatal(err)
	}
	live := 0
	for _, k := range s.m.issued {
		if k.app != app || s.m.over(k) {
			continue
		}
		live++
		s.m.revoked[k.id] = !dry
	}
	if len(got.Items) != live {
		t.Fatalf("revoked %d, the model has %d live ones", len(got.Items), live)
	}
}

func (s *script) revokePresented(t *rapid.T) {
	k := s.anyToken(t)
	if err := s.f.RevokePresented(s.f.t.Context(), k.secret, ""); err != nil {
		t.Fatal(err)
	}
	s.m.revoked[k.id] = true
}

func (s *script) tick(t *rapid.T) {
	d := time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second
	s.f.clock.advance(d)
	s.m.now = s.m.now.Add(d)
}

func (s *script) changeApp(t *rapid.T) {
	id := s.anyApp(t)
	app := s.m.apps[id]
	var c api.AppChange
	switch rapid.IntRange(0, 3).Draw(t, "what") {
	case 0:
		app.enabled = !app.enabled
		c.Enabled = &app.enabled
	case 1:
		app.allowed = !app.allowed
		c.SystemUserAllowed = &app.allowed
	case 2:
		app.scopes = rapid.SampledFrom([][]string{{"read"}, {"read", "update"}}).Draw(t, "scopes")
		c.Scopes = &app.scopes
	case 3:
		u := s.anyUser(t).User.ID
		if !s.m.active[u] || rapid.Bool().Draw(t, "remove") {
			u = ""
		}
		app.systemUser, app.allowed = u, app.allowed || u != ""
		c.SystemUserID = &u
	}
	if app.systemUser != "" && !s.m.active[app.systemUser] {
		c.SystemUserID, app.systemUser = new(""), "" // one that is not active cannot be saved
	}
	if _, err := s.f.ChangeApp(s.f.t.Context(), s.f.admin, id, c); err != nil {
		t.Fatal(err)
	}
}

func (s *script) changeUser(t *rapid.T) {
	u := s.anyUser(t).User.ID
	s.m.active[u] = !s.m.active[u]
	if err := s.f.SetUserActive(s.f.t.Context(), s.f.admin, u, s.m.active[u]); err != nil {
		t.Fatal(err)
	}
}

func (s *script) present(t *rapid.T) { s.compare(t, s.anyToken(t)) }

func (s *script) compare(t *rapid.T, k modelToken) {
	want := s.m.actsAs(k)
	c, err := s.f.CheckToken(s.f.t.Context(), k.secret, "")
	if err != nil && code(err) != api.CodeUnauthenticated {
		t.Fatal(err)
	}
	if c.User.ID != want {
		t.Fatalf("%s acts as %q, the model says %q", k.kind, c.User.ID, want)
	}
	if want != "" && !slices.Equal(c.Scopes, within(k.scopes, s.m.apps[k.app].scopes)) {
		t.Fatalf("%s has %q", k.kind, c.Scopes)
	}
}
