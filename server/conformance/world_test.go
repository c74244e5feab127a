package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/internal/pgtest"
	"keyfob/server/instance"
	"keyfob/server/rules"
	"keyfob/server/signin"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// server is one real server under a preset. All tests of the preset share it,
// each with people, tenants and applications of its own.
type server struct {
	preset string
	url    string
	dir    string
	place  string // the URL of its database, on PostgreSQL
	in     *instance.Instance
	log    *buffer
	clock  clock
}

func serve(t *testing.T, preset string) *server {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s := &server{preset: preset, dir: dir, place: pgtest.Place(t, ""), log: new(buffer), clock: clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}}
	web := httptest.NewUnstartedServer(nil)
	s.url = "http://" + web.Listener.Addr().String()
	r, err := rules.Load(preset)
	if err != nil {
		t.Fatal(err)
	}
	s.in, err = instance.Open(t.Context(), instance.Config{
		Dir: dir, Database: s.place, PublicURL: s.url, Name: "Conformance", Version: "1.0.0", Rules: r, Clock: s.clock.now,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = s.in.Handler
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := s.in.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return s
}

// world is the server as one test sees it.
type world struct {
	*testing.T
	*server
	ada, bob *person // an administrator and a user, who share one tenant
	tenant   string
	app      api.App // with the policy AuthenticatedUsers, all scopes, and robot as its System User
	robot    *person
}

var made atomic.Int64 // numbers what has to be unique

func unique(word string) string { return fmt.Sprintf("%s%d", word, made.Add(1)) }

func (s *server) world(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, server: s, tenant: unique("t")}
	w.ada, w.bob, w.robot = w.person("ada", true), w.person("bob", false), w.person("robot", false)
	w.app = w.newApp(api.PolicyAuthenticatedUsers)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// permissions are what every person here holds at first.
var permissions = []string{"policies.list", "policies.read", "quotes.write"}

// person is a user who is signed in.
type person struct {
	*world
	user   api.User
	access string // the access token of the sign-in
}

// person adds a user of the test's tenant and signs in.
func (w *world) person(name string, admin bool) *person {
	w.Helper()
	u, err := w.in.Tokens.AddUser(w.Context(), tokens.Operator(), store.User{
		Login: unique(name), Name: "The " + name, IsAdmin: admin, IsActive: true, Permissions: permissions, Tenants: []string{w.tenant},
	})
	w.must(err)
	p := &person{world: w, user: u}
	p.signIn()
	return p
}

// signIn signs in anew, as the built-in server's person does.
func (p *person) signIn() {
	p.Helper()
	refresh, err := p.in.SignIn.SignInLocally(p.Context(), p.user.ID)
	p.must(err)
	r := p.form("/id/connect/token", nil, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {signin.DesktopClient}})
	var out struct {
		AccessToken string `json:"access_token"`
	}
	r.is(http.StatusOK).into(&out)
	p.access = out.AccessToken
}

func (p *person) get(path string) reply {
	p.Helper()
	return p.call(http.MethodGet, path, p.access, nil)
}

func (p *person) post(path string, body any) reply {
	p.Helper()
	return p.call(http.MethodPost, path, p.access, body)
}

func (p *person) patch(path string, body any) {
	p.Helper()
	p.call(http.MethodPatch, path, p.access, body).is(http.StatusOK)
}

func (p *person) capabilities() (c api.Capabilities) {
	p.Helper()
	p.get("/capabilities").is(http.StatusOK).into(&c)
	return c
}

// newApp adds an app that allows every scope there is.
func (w *world) newApp(policy string) (a api.App) {
	w.Helper()
	var scopes []string
	for _, s := range w.ada.capabilities().Scopes {
		scopes = append(scopes, s.Name)
	}
	w.ada.post("/manager/apps", api.NewApp{
		Name: unique("App "), Policy: policy, Scopes: scopes, SystemUserID: w.robot.user.ID, SystemUserAllowed: true,
	}).is(http.StatusCreated).into(&a)
	return a
}

// reply is what the server answered.
type reply struct {
	*world
	status int
	header http.Header
	body   []byte
}

// call makes a JSON call with a bearer, or without if it is empty.
func (w *world) call(method, path, bearer string, body any) reply {
	w.Helper()
	header := http.Header{}
	if bearer != "" {
		header.Set("Authorization", "Bearer "+bearer)
	}
	var text io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		w.must(err)
		header.Set("Content-Type", "application/json")
		text = bytes.NewReader(raw)
	}
	return w.send(method, path, header, text)
}

func (w *world) form(path string, header http.Header, values url.Values) reply {
	w.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.send(http.MethodPost, path, header, strings.NewReader(values.Encode()))
}

func (w *world) send(method, path string, header http.Header, body io.Reader) reply {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, w.url+path, body)
	w.must(err)
	req.Header = header
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	return reply{w, res.StatusCode, res.Header, text}
}

func (r reply) is(status int) reply {
	r.Helper()
	if r.status != status {
		r.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

func (r reply) into(v any) {
	r.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.Fatalf("%v in %s", err, r.body)
	}
}

// refused demands a problem, and answers it.
func (r reply) refused(status int, code string) (p api.Problem) {
	r.Helper()
	r.is(status).into(&p)
	if p.Code != code {
		r.Errorf("code %s, want %s: %s", p.Code, code, r.body)
	}
	return p
}

// invalid demands that the field pointer is refused with code.
func (r reply) invalid(pointer, code string) {
	r.Helper()
	p := r.refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	for _, f := range p.Errors {
		if f.Pointer == pointer && f.Code == code {
			return
		}
	}
	r.Errorf("no error %s at %s: %s", code, pointer, r.body)
}

// clock is the server's. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// buffer is a log that may be written and read at once.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// files calls do with all that the server has on its disk, and in its database.
func (s *server) files(t *testing.T, do func(name, text string)) {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		do(e.Name(), string(text))
	}
	if s.place != "" {
		text, err := exec.CommandContext(t.Context(), "pg_dump", "--inserts", s.place).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		do("the database", string(text))
	}
}
