package tokens

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"keyfob/api"
)

// enough keeps a history to few tokens that have not ended, so that much
// happens to each.
func (s *script) enough(t *rapid.T) {
	if live := slices.DeleteFunc(slices.Clone(s.m.tokens), s.m.over); len(live) >= 6 || len(s.m.tokens) >= 20 {
		t.Skip("enough to compare")
	}
}

// script does the same to the servers and to the model, and compares what each
// call is answered.
type script struct {
	*property
	m *model

	catalogue, tenants, apps []string
	secrets                  map[string]string // of apps
	users                    []Caller

	saved *saved // a backup; nil: none was made

	at    *Service // where the last step was taken
	fresh bool     // and whether it had heard of all that was before
}

// somewhere chooses the server for a step.
func (s *script) somewhere(t *rapid.T) *Service {
	s.at = one(t, s.servers, "at")
	if s.fresh = rapid.Bool().Draw(t, "fresh"); s.fresh {
		s.hear(t, s.at)
	}
	return s.at
}

// one draws by number: ids differ from run to run.
func one[T any](t *rapid.T, of []T, what string) T {
	return of[rapid.IntRange(0, len(of)-1).Draw(t, what)]
}

func (s *script) anyApp(t *rapid.T) string { return one(t, s.apps, "app") }

func (s *script) anyUser(t *rapid.T) Caller { return one(t, s.users, "user") }

func (s *script) anyToken(t *rapid.T, exchanged bool) *modelToken {
	some := slices.DeleteFunc(slices.Clone(s.m.tokens), func(k *modelToken) bool { return k.parent != nil && !exchanged })
	if len(some) == 0 {
		t.Skip("none issued")
	}
	return one(t, some, "token")
}

func some(t *rapid.T, of []string, least int, what string) []string {
	var out []string
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(of)-1), least, min(3, len(of)), rapid.ID).Draw(t, what) {
		out = append(out, of[i])
	}
	return out
}

// agree compares whether a call did what was asked.
func agree(t *rapid.T, what string, err error, allowed bool) bool {
	if (err == nil) != allowed {
		t.Fatalf("%s: %v, the model says %v", what, err, allowed)
	}
	return allowed
}

// signedIn is a user who signs in now, or would if they were active.
func (s *script) signedIn(t *rapid.T) (c Caller, active bool) {
	id := s.anyUser(t).User.ID
	return s.f.signsIn(id), s.m.users[id].active
}

func (s *script) issue(t *rapid.T) {
	s.enough(t)
	at := s.somewhere(t)
	k := &modelToken{kind: rapid.SampledFrom([]string{api.KindPAT, api.KindSAT}).Draw(t, "kind"), app: s.anyApp(t), created: s.m.now}
	want := api.NewToken{Description: fmt.Sprintf("Nightly %d", len(s.m.tokens))}
	if k.expires = s.anyEnd(t); !k.expires.IsZero() {
		want.ExpiresAt = &k.expires
	}
	s.anyGrants(t, k)
	want.Scopes, want.Permissions, want.Tenants = k.scopes, k.permissions, k.tenants
	if k.kind == api.KindSAT {
		got, err := at.CreateSAT(s.f.t.Context(), s.f.admin, k.app, want, "")
		s.issued(t, k, got, err, s.m.mayIssue(k))
		return
	}
	owner, active := s.signedIn(t)
	k.owner, want.AppID = owner.User.ID, k.app
	got, err := at.CreatePAT(s.f.t.Context(), owner, want, "")
	s.issued(t, k, got, err, active && s.m.mayIssue(k))
}

func (s *script) anyEnd(t *rapid.T) (end time.Time) {
	if in := rapid.IntRange(0, 5).Draw(t, "expires in"); in > 0 {
		end = s.m.now.Add(time.Duration(in) * time.Minute)
	}
	return end
}

var anyPermissions = []string{"policies.list", "policies.edit", "policies.*", "quotes.read", "*.*"}

func (s *script) anyGrants(t *rapid.T, k *modelToken) {
	least := 1
	switch s.m.preset {
	case "socotra":
		least, k.permissions = 0, some(t, anyPermissions, 1, "permissions")
		k.tenants = some(t, s.tenants, 1, "tenants")
	case "lucanet":
		k.tenants = some(t, s.tenants, 1, "tenant")[:1]
	}
	k.scopes = some(t, s.catalogue, least, "scopes")
}

func (s *script) issued(t *rapid.T, k *modelToken, got api.Issued, err error, allowed bool) {
	if agree(t, "issued", err, allowed) {
		k.id, k.secret = got.Token.ID, got.Secret
		s.m.tokens = append(s.m.tokens, k)
	}
}

// rotate has its owner, or an administrator, replace a token.
func (s *script) rotate(t *rapid.T) {
	at, old := s.somewhere(t), s.anyToken(t, false)
	who, active := s.signedIn(t)
	overlap := rapid.SampledFrom([]int{0, 30, 120}).Draw(t, "overlap")
	next := &modelToken{kind: old.kind, app: old.app, owner: old.owner, created: s.m.now, replaces: old, expires: s.anyEnd(t)}
	want := api.Rotation{OverlapSeconds: overlap}
	if !next.expires.IsZero() {
		want.ExpiresAt = new(next.expires)
	} else if !old.expires.IsZero() {
		next.expires = s.m.now.Add(old.expires.Sub(old.created))
	}
	allowed, call := active && s.m.mayRotate(old, next), at.RotateOwn
	if rapid.Bool().Draw(t, "as administrator") {
		call, allowed = at.RotateAny, allowed && who.User.IsAdmin
	} else {
		allowed = allowed && old.owner == who.User.ID
	}
	got, err := call(s.f.t.Context(), who, old.id, want, "")
	s.issued(t, next, got, err, allowed)
	if allowed {
		old.replaced, old.ends = true, s.m.now.Add(time.Duration(overlap)*time.Second)
		if !old.expires.IsZero() && old.expires.Before(old.ends) {
			old.ends = old.expires
		}
	}
}

// exchange asks a server that has heard of all there was: until it has, it may
// give a token that is worth nothing.
func (s *script) exchange(t *rapid.T) {
	s.enough(t)
	at, parent := s.somewhere(t), s.anyToken(t, true)
	s.hear(t, at)
	s.fresh = true
	k := &modelToken{parent: parent, kind: parent.kind, app: parent.app, scopes: some(t, s.catalogue, 0, "scopes")}
	want := Exchange{Subject: parent.secret}
	if len(k.scopes) > 0 {
		want.Scopes = slices.Clone(k.scopes)
	}
	until, allowed := s.m.mayExchange(parent, &k.scopes)
	got, err := at.Exchange(s.f.t.Context(), want)
	if !agree(t, "exchanged", err, allowed) {
		return
	}
	if k.expires = until; got.Lives != until.Sub(s.m.now) {
		t.Fatalf("it lives for %v, the model says until %v", got.Lives, until)
	}
	k.secret = got.Secret.Reveal()
	s.m.tokens = append(s.m.tokens, k)
}

func (s *script) revoke(t *rapid.T) {
	at, k := s.somewhere(t), s.anyToken(t, false)
	who, active := s.signedIn(t)
	call, allowed := at.RevokeOwn, s.m.mayRevoke(who.User.ID, k)
	if rapid.Bool().Draw(t, "as administrator") {
		call, allowed = at.RevokeAny, who.User.IsAdmin
	}
	if agree(t, "revoked", call(s.f.t.Context(), who, k.id), active && allowed) {
		k.revoked = true
	}
}

func (s *script) revokePresented(t *rapid.T) {
	at, k := s.somewhere(t), s.anyToken(t, true)
	agree(t, "revoked", at.RevokePresented(s.f.t.Context(), k.secret, ""), true)
	k.revoked = true
}

// revokeMany ends what is live of an app, of a user, or what is named.
func (s *script) revokeMany(t *rapid.T) {
	at := s.somewhere(t)
	want := api.Revocation{DryRun: rapid.IntRange(0, 2).Draw(t, "for good") < 2}
	var fits func(k *modelToken) bool
	switch rapid.IntRange(0, 2).Draw(t, "of") {
	case 0:
		want.AppID = s.anyApp(t)
		fits = func(k *modelToken) bool { return k.app == want.AppID && !s.m.over(k) }
	case 1:
		want.UserID = s.anyUser(t).User.ID
		fits = func(k *modelToken) bool { return k.owner == want.UserID && !s.m.over(k) }
	case 2:
		want.IDs = []string{s.anyToken(t, false).id, s.anyToken(t, false).id}
		fits = func(k *modelToken) bool { return slices.Contains(want.IDs, k.id) }
	}
	got, err := at.RevokeMany(s.f.t.Context(), s.f.admin, want)
	agree(t, "revoked many", err, true)
	n := 0
	for _, k := range s.m.tokens {
		if k.parent == nil && fits(k) {
			n++
			k.revoked = k.revoked || !want.DryRun
		}
	}
	if len(got.Items) != n {
		t.Fatalf("it answers for %d, the model for %d", len(got.Items), n)
	}
}

func (s *script) tick(t *rapid.T) {
	d := time.Duration(rapid.SampledFrom([]int{1, 29, 30, 60, 90, 600}).Draw(t, "seconds")) * time.Second
	s.f.clock.advance(d)
	s.m.now = s.m.now.Add(d)
}

// changeApp takes something away from an app, or gives it back.
func (s *script) changeApp(t *rapid.T) {
	at, id := s.somewhere(t), s.anyApp(t)
	next, c := *s.m.apps[id], api.AppChange{}
	switch rapid.IntRange(0, 4).Draw(t, "what") {
	case 0:
		next.enabled = !next.enabled
		c.Enabled = &next.enabled
	case 1:
		next.allowed = !next.allowed
		c.SystemUserAllowed = &next.allowed
	case 2:
		least := 1
		if s.m.preset == "socotra" {
			least = 0
		}
		next.scopes = one(t, [][]string{s.catalogue, some(t, s.catalogue, least, "scopes")}, "all or some")
		c.Scopes = &next.scopes
	case 3:
		next.systemUser = one(t, []string{"", s.users[0].User.ID, s.users[1].User.ID}, "System User")
		next.allowed = next.allowed || next.systemUser != ""
		c.SystemUserID = &next.systemUser
	case 4:
		next.policy = rapid.SampledFrom([]string{api.PolicyNone, api.PolicyAdministratorsOnly, api.PolicyAuthenticatedUsers}).Draw(t, "policy")
		c.Policy = &next.policy
	}
	_, err := at.ChangeApp(s.f.t.Context(), s.f.admin, id, c)
	if agree(t, "changed", err, next.systemUser == "" || s.m.users[next.systemUser].active) {
		s.m.apps[id] = &next
	}
}

// changeUser takes something away from a user, or gives it back.
func (s *script) changeUser(t *rapid.T) {
	s.somewhere(t)
	id := s.anyUser(t).User.ID
	u, c := s.m.users[id], api.UserChange{}
	switch rapid.IntRange(0, 2).Draw(t, "what") {
	case 0:
		u.active = !u.active
		c.IsActive = &u.active
	case 1:
		u.permissions = some(t, anyPermissions, 0, "permissions")
		c.Permissions = &u.permissions
	case 2:
		u.tenants = some(t, s.tenants, 0, "tenants")
		c.Tenants = &u.tenants
	}
	s.change(t, id, c)
}

func (s *script) change(t *rapid.T, id string, c api.UserChange) {
	at := s.at
	if at == nil {
		at = s.f.Service
	}
	_, err := at.ChangeUser(s.f.t.Context(), s.f.admin, id, c, "")
	agree(t, "changed", err, true)
}

// cut ends the connections over which servers hear from each other.
func (s *script) cut(t *rapid.T) {
	if len(s.servers) < 3 || !s.f.Store.Shared() || rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		t.Skip("nothing to cut")
	}
	cutListeners(s.f.t, s.f)
}
