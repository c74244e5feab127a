package testserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/server/instance"
	"keyfob/server/password"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// Password is everybody's at a Remote server.
const Password = "correct horse battery staple"

// Remote is a token server for many, with its login pages, over HTTP.
type Remote struct {
	*instance.Instance
	URL string

	browser *http.Client // trusts the server

	mu    sync.Mutex
	gone  bool
	held  map[string]chan struct{} // by path
	ahead time.Duration            // of the time everywhere else
	asked []url.Values             // of each page for signing in
}

// Pass lets time pass at the server.
func (r *Remote) Pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead += d
}

func (r *Remote) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.ahead)
}

// Asked is with what parameters browsers came to the server to sign in.
func (r *Remote) Asked() []url.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// SetGone makes the server break off every exchange, or serve again.
func (r *Remote) SetGone(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = on
}

// Hold makes the server slow: what is asked for at path is answered only once
// release is called.
func (r *Remote) Hold(path string) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := make(chan struct{})
	r.held[path] = held
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.held, path)
		close(held)
	}
}

// hinder does what SetGone and Hold asked for.
func (r *Remote) hinder(q *http.Request) {
	r.mu.Lock()
	gone, held := r.gone, r.held[q.URL.Path]
	if q.URL.Query().Has("redirect_uri") {
		r.asked = append(r.asked, q.URL.Query())
	}
	r.mu.Unlock()
	if held != nil && !gone {
		<-held
		r.mu.Lock()
		gone = r.gone // meanwhile
		r.mu.Unlock()
	}
	if gone {
		panic(http.ErrAbortHandler)
	}
}

// StartRemote makes one, and stops it when the test ends.
func StartRemote(t testing.TB) *Remote {
	t.Helper()
	return startRemote(t, nil)
}

// startRemote makes one that speaks TLS, if it is told how.
func startRemote(t testing.TB, secure *tls.Config) *Remote {
	t.Helper()
	remote := &Remote{held: map[string]chan struct{}{}, browser: &http.Client{}}
	var handler atomic.Pointer[http.Handler]
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remote.hinder(r)
		(*handler.Load()).ServeHTTP(w, r)
	}))
	if srv.TLS = secure; secure == nil {
		srv.Start()
	} else {
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of who does not trust it
		srv.StartTLS()
	}
	t.Cleanup(srv.Close)
	in, err := instance.Open(t.Context(), instance.Config{Dir: t.TempDir(), PublicURL: srv.URL, Clock: remote.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	handler.Store(&in.Handler)
	remote.Instance, remote.URL = in, srv.URL
	return remote
}

// AddUser adds an active user, whose id it answers.
func (r *Remote) AddUser(t testing.TB, login, name string, admin bool) string {
	t.Helper()
	phc, err := password.Hash(t.Context(), Password)
	if err != nil {
		t.Fatal(err)
	}
	u, err := r.Tokens.AddUser(t.Context(), tokens.Operator(), store.User{
		Login: login, Name: name, PasswordHash: phc, IsAdmin: admin, IsActive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// Rename gives a user another name.
func (r *Remote) Rename(t testing.TB, id, name string) {
	t.Helper()
	err := r.Tokens.Store.Write(t.Context(), func(tx *store.Tx) error {
		u, err := tx.UserByID(t.Context(), id)
		if err != nil {
			return err
		}
		u.Name = name
		return tx.UpdateUser(t.Context(), u)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Page is what a browser shows at last.
type Page struct {
	Status int
	Body   string
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formInput  = regexp.MustCompile(`<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"`)
)

// LogIn is a browser that was sent to address, with somebody who fills in the
// login page and sends it. Without a login page it answers what it was shown.
func LogIn(address string, form url.Values) (Page, error) {
	return walk(&http.Client{}, address, form, 1)
}

// LogIn is LogIn in a browser that trusts the server.
func (r *Remote) LogIn(address string, form url.Values) (Page, error) {
	return walk(r.browser, address, form, 1)
}

// AllowDevice is a browser elsewhere: somebody opens the page, types the code,
// logs in and says yes.
func (r *Remote) AllowDevice(page, code, login string) (Page, error) {
	form := url.Values{"user_code": {code}, "login": {login}, "password": {Password}, "answer": {"allow"}}
	return walk(r.browser, page, form, 3)
}

// walk goes from address through so many forms, filled in with what is typed.
func walk(browser *http.Client, address string, typed url.Values, forms int) (Page, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Page{}, err
	}
	browser = &http.Client{Jar: jar, Transport: browser.Transport}
	base, err := url.Parse(address)
	if err != nil {
		return Page{}, err
	}
	page, err := fetch(browser, http.MethodGet, address, "")
	for range forms {
		action := formAction.FindStringSubmatch(page.Body)
		if err != nil || action == nil {
			return page, err
		}
		target, err := base.Parse(html.UnescapeString(action[1]))
		if err != nil {
			return page, err
		}
		if page, err = fetch(browser, http.MethodPost, target.String(), filledIn(page, typed)); err != nil {
			return page, err
		}
	}
	return page, err
}

func filledIn(page Page, typed url.Values) string {
	form := url.Values{}
	for _, input := range formInput.FindAllStringSubmatch(page.Body, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	maps.Copy(form, typed)
	return form.Encode()
}

var formField = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"`)

// AnswerDevice is somebody elsewhere who opens the page of a device's code, logs
// in and answers there: allow or deny. The browser keeps cookies.
func AnswerDevice(browser *http.Client, address, login, answer string) (Page, error) {
	page, err := fetch(browser, http.MethodGet, address, "")
	for range 3 { // the code, the password, the question
		action := formAction.FindStringSubmatch(page.Body)
		if err != nil || action == nil {
			return page, err
		}
		form := url.Values{}
		for _, field := range formField.FindAllStringSubmatch(page.Body, -1) {
			form.Set(field[1], html.UnescapeString(field[2]))
		}
		form.Set("login", login)
		form.Set("password", Password)
		form.Set("answer", answer)
		page, err = fetch(browser, http.MethodPost, html.UnescapeString(action[1]), form.Encode())
	}
	return page, err
}

func fetch(browser *http.Client, method, address, form string) (Page, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form))
	if err != nil {
		return Page{}, err
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	}
	resp, err := browser.Do(req)
	if err != nil {
		return Page{}, fmt.Errorf("browser: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return Page{resp.StatusCode, string(body)}, err
}
