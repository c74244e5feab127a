package tokens

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"pgregory.net/rapid"

	"keyfob/internal/pgtest"
	"keyfob/server/store"
)

// saved is a backup, and the model as it was then.
type saved struct {
	m     *model
	place string
}

// backUp copies the records at one moment, while servers work on them.
func (s *script) backUp(t *rapid.T) {
	if s.saved != nil {
		t.Skip("there is one")
	}
	ctx := s.f.t.Context()
	place := pgtest.Place(s.f.t, filepath.Join(s.f.t.TempDir(), fmt.Sprintf("backup%d.db", count.Add(1))))
	db := try(store.Open(ctx, place))(s.f.t)
	note := store.Event{At: s.m.now, ActorID: "operator", Action: "server.restored", ObjectID: "backup", Detail: "{}"}
	unless(s.f.t, errors.Join(db.CopyFrom(ctx, s.f.Store, &note), db.Close()))
	s.saved = &saved{s.m.clone(), place}
}

// restored goes on with a server on the backup: what was done since then is as
// if it had not been, and all that was done before still holds.
func (s *script) restored(t *rapid.T) {
	if s.saved == nil {
		return
	}
	ctx := s.f.t.Context()
	db := try(store.Open(ctx, s.saved.place))(s.f.t)
	server := New(Config{Store: db, Pepper: s.f.Pepper, Clock: s.f.clock.now, Rules: s.servers[0].Rules})
	defer func() { unless(s.f.t, errors.Join(server.Close(context.WithoutCancel(ctx)), db.Close())) }()

	f, p, then := *s.f, *s.property, *s
	f.Service, p.f, p.servers = server, &f, []*Service{server}
	f.admin = f.signsIn(f.admin.User.ID) // no sign-in is in a backup
	then.property, then.m, then.at = &p, s.saved.m, server
	then.m.now = s.m.now
	then.lookEverywhere(t)
	t.Repeat(then.steps())
	then.lookEverywhere(t)
	s.restores, s.taken, s.accepted, s.refused = s.restores+1, p.taken, p.accepted, p.refused
}

// clone is a model of its own. What was exchanged is in no backup.
func (m *model) clone() *model {
	out := &model{preset: m.preset, now: m.now, apps: map[string]*modelApp{}, users: map[string]*modelUser{}}
	for id, a := range m.apps {
		out.apps[id] = new(*a)
	}
	for id, u := range m.users {
		out.users[id] = new(*u)
	}
	copies := map[*modelToken]*modelToken{}
	for _, k := range m.tokens {
		copies[k] = new(*k)
		out.tokens = append(out.tokens, copies[k])
	}
	for k := range maps.Values(copies) {
		k.revoked = k.revoked || k.parent != nil
		k.parent, k.replaces = copies[k.parent], copies[k.replaces]
	}
	return out
}
