package tokens

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"
	"weak"

	"keyfob/server/cache"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// Remembered is how many tokens are remembered unless Config.Cache says
// otherwise: with it full, a server stays below 300 MB.
const Remembered = 100_000

// caches are what checking remembers: of tokens by the MAC of their secret,
// never by the secret, and of the apps that introspect.
type caches struct {
	watch  *cache.Watch
	tokens *cache.Cache[[32]byte, *found]
	apps   *cache.Cache[string, *store.App]

	commonApps  common[store.App]
	commonUsers common[store.User]
}

// found is all about a presented secret. It may be remembered: what it points to
// stays as it is.
type found struct {
	store.Presented
	asked  atomic.Bool            // introspected before
	answer atomic.Pointer[Answer] // to introspection
}

func (s *Service) openCaches(ctx context.Context) {
	size := s.Cache
	if size == 0 {
		size = Remembered
	}
	if size < 0 {
		return
	}
	w := cache.Follow(ctx, s.Store, s.Log)
	s.caches.watch, s.caches.tokens = w, cache.New[[32]byte](w, size, bulk)
	s.caches.apps = cache.New[string](w, min(size, 10_000), func(*store.App) int { return 1 })
	s.done.Go(w.Wait)
}

// forget has everything read anew.
func (c *caches) forget() {
	if c.watch != nil {
		c.watch.Forget()
	}
}

// CacheStats is how the cache of tokens did.
func (s *Service) CacheStats() cache.Stats { return s.caches.tokens.Stats() }

// purgeChanges drops what every cache has seen.
func (s *Service) purgeChanges(ctx context.Context) error {
	now := time.Now() // as the store notes them
	due, err := s.Store.ChangesDue(ctx, now)
	if err != nil || !due {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.PurgeChanges(ctx, now) })
}

// presented is all about the token whose secret is of that kind and has one of those MACs, the
// current pepper's first; ErrNotFound if there is none.
func (s *Service) presented(ctx context.Context, kind string, macs [][]byte) (*found, error) {
	return s.caches.tokens.Get(ctx, [32]byte(macs[0]), func() (*found, []string, error) {
		find := s.Store.PresentedByMAC
		if kind == secret.Exchanged {
			find = s.Store.ExchangedByMAC
		}
		p, err := find(ctx, macs...)
		if err != nil {
			return nil, nil, err
		}
		if s.caches.tokens != nil {
			s.caches.share(&p)
		}
		ids := []string{p.Token.ID, p.App.ID, p.User.ID}
		if p.Exchanged != nil {
			ids = append(ids, p.Exchanged.ID)
		}
		return &found{Presented: p}, ids, nil
	})
}

// checkedApp is an app, as presented.
func (s *Service) checkedApp(ctx context.Context, id string) (*store.App, error) {
	return s.caches.apps.Get(ctx, id, func() (*store.App, []string, error) {
		a, err := s.Store.AppByID(ctx, id)
		return &a, []string{a.ID}, err
	})
}

// bulk is what a token counts for: what it and its user hold may be long.
func bulk(p *found) int {
	return 1 + (len(p.Token.Scopes)+len(p.Token.Permissions)+len(p.Token.Tenants)+len(p.User.Permissions)+len(p.User.Tenants))/32
}

// share has what many tokens have in common in memory once, and lets go of the text
// that all of p's are parts of.
func (c *caches) share(p *store.Presented) {
	t := &p.Token
	t.ID = strings.Clone(t.ID)
	single([]*string{&t.PepperID, &t.Kind, &t.AppID, &t.UserID, &t.CreatedBy}, t.Scopes, t.Permissions, t.Tenants)
	p.App = c.commonApps.of(p.App.ID, p.App, func(a *store.App) {
		single([]*string{&a.SecretPepperID, &a.ID}, a.Scopes)
	})
	p.User = c.commonUsers.of(p.User.ID, p.User, func(u *store.User) {
		single([]*string{&u.ID, &u.Login, &u.Name, &u.Email, &u.PreferredLanguage}, u.Permissions, u.Tenants)
	})
}

// single makes equal texts one.
func single(texts []*string, words ...[]string) {
	for _, text := range texts {
		*text = unique.Make(*text).Value()
	}
	for _, all := range words {
		for i := range all {
			all[i] = unique.Make(all[i]).Value()
		}
	}
}

// common are records that many tokens have in common, by their ids. Each is in memory
// for as long as a token is that has it.
type common[T any] struct {
	mu   sync.Mutex
	kept map[string]weak.Pointer[T]
}

// of is the record that is equal to v and in memory already, or v, made ready for that.
func (c *common[T]) of(id string, v *T, ready func(*T)) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := c.kept[id].Value(); kept != nil && reflect.DeepEqual(kept, v) {
		return kept
	}
	if c.kept == nil {
		c.kept = map[string]weak.Pointer[T]{}
	}
	ready(v)
	id = strings.Clone(id) // which else is a part of more
	c.kept[id] = weak.Make(v)
	runtime.AddCleanup(v, c.forget, id)
	return v
}

// forget lets go of the id of a record that no token has any more.
func (c *common[T]) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[id].Value() == nil {
		delete(c.kept, id)
	}
}
