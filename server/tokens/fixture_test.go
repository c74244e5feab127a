package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/internal/pgtest"
	"keyfob/server/cache"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// fixture is a Service over a real database, with a clock that stands still,
// an administrator and two users, all signed in.
type fixture struct {
	*Service
	t     testing.TB
	dir   string
	place string // of the database
	clock *clock
	rules rules.Rules

	admin, user, other Caller
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

var start = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func newFixture(t testing.TB) *fixture { return newFixtureUnder(t, rules.Rules{}) }

// under is a fixture under a preset.
func under(t testing.TB, preset string) *fixture {
	t.Helper()
	return newFixtureUnder(t, try(rules.Load(preset))(t))
}

func newFixtureUnder(t testing.TB, r rules.Rules) *fixture {
	t.Helper()
	dir := t.TempDir()
	f := &fixture{t: t, dir: dir, place: pgtest.Place(t, filepath.Join(dir, "keyfob.db")), clock: &clock{t: start}, rules: r}
	f.Service = f.serve()
	f.admin, f.user, f.other = f.person("ada", true), f.person("bob", false), f.person("cyd", false)
	return f
}

// serve starts a Service: one of any number over the same database.
func (f *fixture) serve() *Service {
	f.t.Helper()
	db := try(store.Open(f.t.Context(), f.place))(f.t)
	pepper := try(secret.LoadPepper(filepath.Join(f.dir, "pepper")))(f.t)
	if f.Service != nil { // on SQLite it serves alone, unless a test says otherwise
		f.Store.WorkBeside(cache.Trusted)
		db.WorkBeside(cache.Trusted)
	}
	s := New(Config{Store: db, Pepper: pepper, Clock: f.clock.now, Instance: "Example", ProfileURL: "http://127.0.0.1/profile", Version: "1.2.3", Rules: f.rules})
	f.t.Cleanup(func() {
		if err := errors.Join(s.Close(context.Background()), db.Close()); err != nil {
			f.t.Error(err)
		}
	})
	return s
}

// try unwraps a result that must not fail: try(call())(t).
func try[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var count atomic.Int64

// person adds a user and signs in.
func (f *fixture) person(login string, admin bool) Caller {
	f.t.Helper()
	u := try(f.AddUser(f.t.Context(), Operator(), store.User{Login: login, Name: "The " + login, IsAdmin: admin, IsActive: true}))(f.t)
	return f.signsIn(u.ID)
}

// signsIn is a user who signs in, for longer than any test goes on.
func (f *fixture) signsIn(userID string) Caller {
	f.t.Helper()
	at := f.now()
	in := store.SignIn{ID: newID(), UserID: userID, AuthenticatedAt: at, CreatedAt: at, ExpiresAt: at.AddDate(1000, 0, 0)}
	err := f.Store.Write(f.t.Context(), func(tx *store.Tx) error { return tx.InsertSignIn(f.t.Context(), in) })
	u, err2 := f.Store.UserByID(f.t.Context(), userID)
	if err := errors.Join(err, err2); err != nil {
		f.t.Fatal(err)
	}
	return f.SignedIn(u, in.ID, "192.0.2.1")
}

// app adds an app of some name with a System User, unless change says otherwise.
func (f *fixture) app(policy string, change ...func(*api.NewApp)) api.App {
	f.t.Helper()
	want := api.NewApp{Name: fmt.Sprintf("App %d", count.Add(1)), Policy: policy, Scopes: []string{"read", "update"}, SystemUserID: f.other.User.ID}
	for _, c := range change {
		c(&want)
	}
	return try(f.AddApp(f.t.Context(), f.admin, want))(f.t)
}

func (f *fixture) pat(c Caller, app api.App) api.Issued {
	f.t.Helper()
	return try(f.CreatePAT(f.t.Context(), c, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, ""))(f.t)
}

func (f *fixture) sat(app api.App, scopes ...string) api.Issued {
	f.t.Helper()
	if scopes == nil {
		scopes = []string{"read"}
	}
	return try(f.CreateSAT(f.t.Context(), f.admin, app.ID, api.NewToken{Scopes: scopes}, ""))(f.t)
}

func (f *fixture) change(app api.App, c api.AppChange) {
	f.t.Helper()
	try(f.ChangeApp(f.t.Context(), f.admin, app.ID, c))(f.t)
}

func (f *fixture) actions(objectID string) []string {
	f.t.Helper()
	var out []string
	for _, e := range try(f.Store.EventsOf(f.t.Context(), objectID))(f.t) {
		out = append(out, e.ActorID+" "+e.Action)
	}
	return out
}

// code is the Code of an *Error; empty for nil, and the text of any other.
func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// pointers are the fields that err says are bad, each with its code.
func pointers(err error) []string {
	var out []string
	if e, ok := errors.AsType[*Error](err); ok {
		for _, f := range e.Fields {
			out = append(out, f.Pointer+" "+f.Code)
		}
	}
	return out
}

func (f *fixture) refused(err error, want string) {
	f.t.Helper()
	if code(err) != want {
		f.t.Errorf("got %v, want %q", err, want)
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	return string(try(json.Marshal(v))(t))
}
