package tokens

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keyfob/api"
	"keyfob/server/cache"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// requirements 14, 16, 18 to 21, 47, 58, 65 to 67, 71, 78, 80, 81, 85, 93 to 96, 99, 101 to 103
func TestATokenIsAcceptedExactlyWhenTheModelSaysSo(t *testing.T) {
	f := newFixture(t)
	newProperty(f, f.Service).check(t, 10)
}

// The same, where changes are made at any of several servers. On PostgreSQL
// these are three: at the others a change holds as soon as they have heard of
// it, also over a new connection. On SQLite a command works beside the server:
// what either changes holds when the call returns.
func TestSeveralServersAcceptExactlyWhatTheModelSays(t *testing.T) {
	f := newFixture(t)
	if f.Store.Shared() {
		newProperty(f, f.Service, f.serve(), f.serve()).check(t, 6)
		return
	}
	db := try(store.Open(t.Context(), f.place))(t)
	db.WorkBeside(cache.Trusted)
	command := New(Config{Store: db, Pepper: f.Pepper, Clock: f.clock.now, Cache: -1})
	t.Cleanup(func() { unless(t, errors.Join(command.Close(context.WithoutCancel(t.Context())), db.Close())) })
	newProperty(f, f.Service, command).check(t, 5)
}

// property is the servers that are compared with the model, and how it went.
type property struct {
	f       *fixture
	servers []*Service

	runs, taken, restores, accepted, refused, wrongAccepts, wrongRefusals int
}

func newProperty(f *fixture, servers ...*Service) *property {
	return &property{f: f, servers: servers}
}

// check tries some histories, or as many as -rapid.checks says.
func (p *property) check(t *testing.T, some int) {
	checks := flag.Lookup("rapid.checks")
	usual, given := checks.Value.String(), false
	flag.Visit(func(f *flag.Flag) { given = given || f == checks })
	if !given {
		unless(t, checks.Value.Set(strconv.Itoa(some)))
		defer func() { unless(t, checks.Value.Set(usual)) }()
	}
	defer func() {
		t.Logf("model, %d servers: runs %d, steps %d, restores %d, accepted %d, refused %d, wrong accepts %d, wrong refusals %d",
			len(p.servers), p.runs, p.taken, p.restores, p.accepted, p.refused, p.wrongAccepts, p.wrongRefusals)
	}()
	rapid.Check(t, func(rt *rapid.T) {
		s := p.begin(rt)
		rt.Repeat(s.steps())
		s.lookEverywhere(rt)
		s.restored(rt)
	})
	if p.accepted == 0 || p.refused == 0 || p.restores == 0 {
		t.Error("nothing was tried")
	}
}

// steps are what may happen, in any order.
func (s *script) steps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"issue": s.issue, "rotate": s.rotate, "exchange": s.exchange, "revoke": s.revoke, "present to revoke": s.revokePresented,
		"revoke many": s.revokeMany, "clock": s.tick, "app": s.changeApp, "user": s.changeUser, "cut": s.cut, "back up": s.backUp, "": s.look,
	}
}

// begin makes users and apps of their own for one history, under rules that
// all servers have been started with.
func (p *property) begin(t *rapid.T) *script {
	p.runs++
	preset := rapid.SampledFrom([]string{"erp", "digitalhub", "lucanet", "socotra", implying}).Draw(t, "rules")
	r := p.rules(preset)
	for _, s := range p.servers {
		s.Rules = r
	}
	f, n := p.f, count.Add(1)
	m := &model{preset: preset, now: f.clock.now(), apps: map[string]*modelApp{}, users: map[string]*modelUser{}}
	s := &script{property: p, m: m, catalogue: r.ScopeNames(), secrets: map[string]string{}, tenants: []string{fmt.Sprintf("t%d-a", n), fmt.Sprintf("t%d-b", n)}}
	for i := range 3 {
		u := &modelUser{admin: i == 0, active: true, permissions: []string{"*.*"}, tenants: s.tenants}
		c := f.person(fmt.Sprintf("user%d-%d", n, i), u.admin)
		s.change(t, c.User.ID, api.UserChange{Permissions: &u.permissions, Tenants: &u.tenants})
		m.users[c.User.ID], s.users = u, append(s.users, c)
	}
	for range 2 {
		a := &modelApp{enabled: true, allowed: true, policy: api.PolicyAuthenticatedUsers, systemUser: s.users[1].User.ID, scopes: s.catalogue}
		got := try(f.AddApp(f.t.Context(), f.admin, api.NewApp{Name: fmt.Sprintf("App %d", count.Add(1)), Policy: a.policy, Scopes: a.scopes, SystemUserID: a.systemUser}))(f.t)
		m.apps[got.ID], s.apps = a, append(s.apps, got.ID)
		s.secrets[got.ID] = try(f.NewAppSecret(f.t.Context(), f.admin, got.ID))(f.t).Reveal()
	}
	s.hearAll(t)
	for range 3 {
		s.issue(t)
	}
	return s
}

func (p *property) rules(preset string) rules.Rules {
	if preset != implying {
		return try(rules.Load(preset))(p.f.t)
	}
	r := try(rules.Load("erp"))(p.f.t)
	r.Preset, r.Exchange = rules.Custom, true
	r.Scopes[1].Implies = []string{"read"}
	return r
}

// hearAll waits until each server knows what was changed at the others.
func (p *property) hearAll(t *rapid.T) {
	for _, s := range p.servers {
		p.hear(t, s)
	}
}

func (p *property) hear(t *rapid.T, s *Service) {
	if !s.Store.Shared() {
		return // it holds when the changing call returns
	}
	ctx, cancel := context.WithTimeout(p.f.t.Context(), 5*time.Second) // the bound that is promised
	defer cancel()
	if err := s.caches.watch.CatchUp(ctx); err != nil {
		t.Fatalf("a server has not heard of what changed: %v", err)
	}
}

// look follows each step. At the server where the step was taken it holds at
// once, if that has heard of what was before; at the others, when they have heard.
func (s *script) look(t *rapid.T) {
	s.taken++
	if s.fresh {
		s.compareAll(t, s.at)
	}
	if s.fresh = false; rapid.IntRange(0, 3).Draw(t, "look everywhere") == 0 {
		s.lookEverywhere(t)
	}
}

func (s *script) lookEverywhere(t *rapid.T) {
	s.hearAll(t)
	for _, server := range s.servers {
		s.compareAll(t, server)
	}
}

// compareAll presents every secret there is, as who holds it and as its app.
func (s *script) compareAll(t *rapid.T, server *Service) {
	ctx := s.f.t.Context()
	apps := map[string]bool{}
	for id, a := range s.m.apps {
		_, err := server.CheckApp(ctx, id, s.secrets[id])
		if apps[id] = err == nil; apps[id] != a.enabled {
			t.Fatalf("an app that is enabled: %v, showed its secret: %v", a.enabled, err)
		}
	}
	for _, k := range s.m.tokens {
		want := s.m.worth(k)
		c, err := server.CheckToken(ctx, k.secret, "")
		if err != nil && code(err) != api.CodeUnauthenticated {
			t.Fatal(err)
		}
		got := worth{c.User.ID, set(c.Scopes), actions(c.Permissions), set(c.Tenants)}
		s.judge(t, server, k, got, want)
		by, in, err := server.IntrospectFor(ctx, k.app, s.secrets[k.app], k.secret, "")
		if (err == nil) != apps[k.app] {
			t.Fatalf("an app that is enabled: %v, introspected: %v", apps[k.app], err)
		}
		if err != nil {
			continue
		}
		if by.App.ID != k.app || in.Active != (in.Sub != "") {
			t.Fatal(by, in.Introspection)
		}
		s.judge(t, server, k, worth{in.Sub, set(strings.Fields(in.Scope)), actions(in.Permissions), set(in.Tenants)}, want)
	}
}

func (s *script) judge(t *rapid.T, at *Service, k *modelToken, got, want worth) {
	if want.User != "" {
		s.accepted++
	} else {
		s.refused++
	}
	d := cmp.Diff(want, got)
	if d == "" {
		return
	}
	if got.User != "" {
		s.wrongAccepts++
	} else {
		s.wrongRefusals++
	}
	t.Fatalf("server %d, %s, %s (exchanged: %v): -model +server\n%s", slices.Index(s.servers, at), s.m.preset, k.kind, k.parent != nil, d)
}
