package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/origin"
	"keyfob/server/rules"
	"keyfob/server/signin"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// house is a real server over a real database, with some people and apps in it.
type house struct {
	*testing.T
	url   string
	dir   string
	rules rules.Rules
	in    *instance.Instance
	clock *clock
	log   *logs

	ada, bob, robot api.User // administrator, user, the System User of apps
	open, admins    api.App  // with the policies AuthenticatedUsers and AdministratorsOnly
	closed          api.App  // with the policy None
	adaIn, bobIn    string   // access tokens of their sign-ins
}

func newHouse(t *testing.T, change ...func(*instance.Config)) *house {
	t.Helper()
	h := &house{T: t, dir: filepath.Join(t.TempDir(), "data"), clock: newClock(), log: new(logs)}
	web := httptest.NewUnstartedServer(nil)
	h.url = "http://" + web.Listener.Addr().String()
	var err error
	config := instance.Config{
		Trusted: origin.Trusted{netip.MustParsePrefix("127.0.0.1/32")}, // so that a test can call from anywhere
		Dir:     h.dir, PublicURL: h.url, Name: "Test", Version: "1.2.3", Clock: h.clock.now,
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&config)
	}
	h.rules = config.Rules.OrDefault()
	h.in, err = instance.Open(t.Context(), config)
	h.must(err)
	web.Config.Handler = h.in.Handler
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := h.in.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	h.furnish()
	return h
}

// newHouseUnder is a house under the rules of a preset.
func newHouseUnder(t *testing.T, preset string) *house {
	t.Helper()
	return newHouse(t, func(c *instance.Config) {
		var err error
		if c.Rules, err = rules.Load(preset); err != nil {
			t.Fatal(err)
		}
	})
}

func (h *house) furnish() {
	h.Helper()
	h.ada, h.bob, h.robot = h.addUser("ada", true), h.addUser("bob", false), h.addUser("robot", false)
	h.open = h.addApp("Open", api.PolicyAuthenticatedUsers)
	h.admins = h.addApp("Admins", api.PolicyAdministratorsOnly)
	h.closed = h.addApp("Closed", api.PolicyNone)
	h.adaIn, h.bobIn = h.signIn(h.ada), h.signIn(h.bob)
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) addUser(login string, admin bool) api.User {
	h.Helper()
	u, err := h.in.Tokens.AddUser(h.Context(), tokens.Operator(), store.User{Login: login, Name: strings.ToUpper(login), IsAdmin: admin, IsActive: true})
	h.must(err)
	return u
}

func (h *house) addApp(name, policy string) api.App {
	h.Helper()
	a, err := h.in.Tokens.AddApp(h.Context(), tokens.Operator(), api.NewApp{
		Name: name, Policy: policy, Scopes: h.scopes(), SystemUserID: h.robot.ID, SystemUserAllowed: true,
	})
	h.must(err)
	return a
}

// scopes are what apps allow: all there are but tokens.
func (h *house) scopes() []string {
	return slices.DeleteFunc(h.rules.ScopeNames(), func(name string) bool { return name == tokens.ScopeTokens })
}

// signIn gives an access token as the desktop gets one.
func (h *house) signIn(u api.User) string {
	h.Helper()
	refresh, err := h.in.SignIn.SignInLocally(h.Context(), u.ID)
	h.must(err)
	r := h.form("/id/connect/token", nil, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {signin.DesktopClient},
	})
	r.want(http.StatusOK)
	var out struct {
		AccessToken string `json:"access_token"`
	}
	r.into(&out)
	return out.AccessToken
}

// reply is what the server answered.
type reply struct {
	*house
	status int
	header http.Header
	body   []byte
}

// call makes a JSON call with a bearer, or without if it is empty.
func (h *house) call(method, path, bearer string, body any) reply {
	h.Helper()
	header := http.Header{}
	if bearer != "" {
		header.Set("Authorization", "Bearer "+bearer)
	}
	var text io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		h.must(err)
		header.Set("Content-Type", "application/json")
		text = bytes.NewReader(raw)
	}
	return h.send(method, path, header, text)
}

func (h *house) get(path, bearer string) reply {
	h.Helper()
	return h.call(http.MethodGet, path, bearer, nil)
}

func (h *house) form(path string, header http.Header, values url.Values) reply {
	h.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(http.MethodPost, path, header, strings.NewReader(values.Encode()))
}

func (h *house) send(method, path string, header http.Header, body io.Reader) reply {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), method, h.url+path, body)
	h.must(err)
	req.Header = header
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	return reply{h, res.StatusCode, res.Header, text}
}

func (r reply) want(status int) reply {
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

// refused demands a problem with that status and code.
func (r reply) refused(status int, code string) api.Problem {
	r.Helper()
	r.want(status)
	var p api.Problem
	r.into(&p)
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		r.Errorf("a problem came as %s", kind)
	}
	if p.Code != code || p.Status != status || p.Title == "" || p.RequestID == "" || p.RequestID != r.header.Get("X-Request-Id") {
		r.Errorf("problem %+v, want the code %s and the reply's request id", p, code)
	}
	return p
}

// pat issues a PAT over HTTP.
func (h *house) pat(bearer string, app api.App, scopes ...string) api.Issued {
	h.Helper()
	return h.issued(h.call(http.MethodPost, "/profile/tokens", bearer, api.NewToken{AppID: app.ID, Scopes: scopes}))
}

// sat issues a SAT over HTTP, as ada.
func (h *house) sat(app api.App, scopes ...string) api.Issued {
	h.Helper()
	return h.issued(h.call(http.MethodPost, "/manager/apps/"+app.ID+"/tokens", h.adaIn, api.NewToken{Scopes: scopes}))
}

func (h *house) issued(r reply) api.Issued {
	h.Helper()
	r.want(http.StatusCreated)
	var out api.Issued
	r.into(&out)
	return out
}

// asked introspects a token, as an app's SAT with the scope introspect.
func (h *house) asked(by, token string) reply {
	h.Helper()
	return h.form("/id/connect/introspect", http.Header{"Authorization": {"Bearer " + by}}, url.Values{"token": {token}})
}

// clock is the server's time. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }

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

// logs is what the server logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// raw writes text to the server as it is and gives all that it answers.
func (h *house) raw(text string) string {
	h.Helper()
	conn, err := new(net.Dialer).DialContext(h.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	h.must(err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, text)
	h.must(err)
	h.must(conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	h.must(err)
	return string(answer)
}
