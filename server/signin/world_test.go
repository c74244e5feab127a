package signin_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/crypto/argon2"
	"golang.org/x/oauth2"

	"keyfob/internal/pgtest"
	"keyfob/server/signin"
	"keyfob/server/store"
)

const (
	adaID       = "0193a1f0-0000-7000-8000-00000000ada0"
	adaPassword = "correct horse battery staple"
	callback    = "http://127.0.0.1:41234/callback"
)

// world is a server with one user, Ada, over real HTTP and a real database.
type world struct {
	t        *testing.T
	dir      string
	place    string // of the database
	clock    clock
	handler  atomic.Pointer[http.Handler]
	http     *httptest.Server
	issuer   string
	store    *store.Store
	provider *signin.Provider
	logs     strings.Builder
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: clock{now: time.Now()}}
	w.http = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		(*w.handler.Load()).ServeHTTP(rw, r)
	}))
	t.Cleanup(w.http.Close)
	w.issuer = w.http.URL + "/id"
	w.place = pgtest.Place(t, filepath.Join(w.dir, "keyfob.db"))
	w.open()
	t.Cleanup(func() { _ = w.store.Close() })
	w.addUser(store.User{ID: adaID, Login: "ada", Name: "Ada Admin", Email: "ada@example.org", IsActive: true}, adaPassword)
	return w
}

// open starts the server on its data directory.
func (w *world) open() {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(w.t.Context(), w.place); err != nil {
		w.t.Fatal(err)
	}
	w.provider, err = signin.New(w.t.Context(), signin.Config{
		Store: w.store, Issuer: w.issuer, KeyFile: filepath.Join(w.dir, "signin.key"), Clock: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(&w.logs, nil)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/id/", http.StripPrefix("/id", w.provider.Handler()))
	handler := http.Handler(mux)
	w.handler.Store(&handler)
}

func (w *world) restart() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

func (w *world) addUser(u store.User, plain string) {
	w.t.Helper()
	u.CreatedAt = w.clock.Now()
	if plain != "" {
		u.PasswordHash = hashed(plain)
	}
	if err := w.store.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertUser(w.t.Context(), u) }); err != nil {
		w.t.Fatal(err)
	}
}

// hashed is a real hash of plain, made as weak as the format allows: a real
// one takes seconds when the race detector watches, and these tests sign in a
// hundred times.
func hashed(plain string) string {
	salt := []byte("not so random")
	sum := base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(plain), salt, 1, 8, 1, 32))
	return "$argon2id$v=19$m=8,t=1,p=1$" + base64.RawStdEncoding.EncodeToString(salt) + "$" + sum
}

// client is an independent OAuth client: x/oauth2 with go-oidc.
type client struct {
	oauth2.Config
	provider *oidc.Provider
}

func (w *world) client() client {
	w.t.Helper()
	p, err := oidc.NewProvider(w.t.Context(), w.issuer)
	if err != nil {
		w.t.Fatal(err)
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	return client{provider: p, Config: oauth2.Config{
		ClientID: signin.DesktopClient, Endpoint: endpoint, RedirectURL: callback,
		Scopes: []string{"openid", "profile", "email", "offline_access"},
	}}
}

// attempt is one sign-in that a client has begun.
type attempt struct{ url, verifier, state, nonce string }

func (c client) begin(more ...oauth2.AuthCodeOption) attempt {
	a := attempt{verifier: oauth2.GenerateVerifier(), state: rand.Text(), nonce: rand.Text()}
	a.url = c.AuthCodeURL(a.state, append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.verifier), oidc.Nonce(a.nonce)}, more...)...)
	return a
}

// browser keeps cookies, and follows redirects only to the server.
type browser struct {
	t *testing.T
	*http.Client
	w *world
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), w.issuer) {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	return &browser{t: w.t, Client: c, w: w}
}

// shown is what a browser shows.
type shown struct {
	status   int
	header   http.Header
	body     string
	location *url.URL // where it was sent, outside the server
}

func (b *browser) do(r *http.Request) shown {
	b.t.Helper()
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	to, err := res.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		b.t.Fatal(err)
	}
	return shown{res.StatusCode, res.Header, string(body), to}
}

func (b *browser) open(address string) shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

var (
	inputs = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]*>`)
	values = regexp.MustCompile(` value="([^"]*)"`)
	action = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
)

// form reads the fields of the page's form, as a browser would send them back.
func (s shown) form(t *testing.T) (target string, fields url.Values) {
	t.Helper()
	to := action.FindStringSubmatch(s.body)
	if to == nil {
		t.Fatalf("no form on the page (%d):\n%s", s.status, s.body)
	}
	fields = make(url.Values)
	for _, m := range inputs.FindAllStringSubmatch(s.body, -1) {
		value := ""
		if v := values.FindStringSubmatch(m[0]); v != nil {
			value = v[1]
		}
		fields.Set(m[1], value)
	}
	return to[1], fields
}

// submit fills in and sends the form of the page, as a browser would.
func (b *browser) submit(page shown, login, pass string) shown {
	b.t.Helper()
	target, fields := page.form(b.t)
	fields.Set("login", login)
	fields.Set("password", pass)
	return b.post(target, fields, "same-origin")
}

func (b *browser) post(target string, fields url.Values, site string) shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, target, strings.NewReader(fields.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	return b.do(r)
}

// code walks the login pages as Ada and answers the code for the client.
func (w *world) code(a attempt) string {
	w.t.Helper()
	b := w.browser()
	back := b.submit(b.open(a.url), "ada", adaPassword)
	if back.location == nil {
		w.t.Fatalf("not sent back to the client: %d\n%s", back.status, back.body)
	}
	q := back.location.Query()
	if q.Get("state") != a.state || q.Get("iss") != w.issuer {
		w.t.Fatalf("state or iss wrong in %s", back.location)
	}
	return q.Get("code")
}

// signIn signs Ada in and answers the tokens.
func (w *world) signIn(c client) *oauth2.Token {
	w.t.Helper()
	a := c.begin()
	token, err := c.Exchange(w.t.Context(), w.code(a), oauth2.VerifierOption(a.verifier))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// refresh goes on with a refresh token.
func (c client) refresh(ctx context.Context, refresh string) (*oauth2.Token, error) {
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

// signedIn reports whether an access token is good.
func (w *world) signedIn(access string) bool {
	w.t.Helper()
	a, ok, err := w.provider.Authenticate(w.t.Context(), access)
	if err != nil {
		w.t.Fatal(err)
	}
	if ok && a.User.ID != adaID {
		w.t.Fatalf("signed in as %q", a.User.ID)
	}
	return ok
}

// wantError demands an OAuth error of that code with a 4xx status.
func wantError(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || e.ErrorCode != code || e.Response.StatusCode/100 != 4 {
		t.Errorf("error %v, want %s", err, code)
	}
}
