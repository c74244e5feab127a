package testserver

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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

	mu   sync.Mutex
	gone bool
	held map[string]chan struct{} // by path
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
	r.mu.Unlock()
	if gone {
		panic(http.ErrAbortHandler)
	}
	if held != nil {
		<-held
	}
}

// StartRemote makes one, and stops it when the test ends.
func StartRemote(t testing.TB) *Remote {
	t.Helper()
	remote := &Remote{held: map[string]chan struct{}{}}
	var handler atomic.Pointer[http.Handler]
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remote.hinder(r)
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	in, err := instance.Open(t.Context(), instance.Config{Dir: t.TempDir(), PublicURL: srv.URL})
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

// Page is what a browser shows at last.
type Page struct {
	Status int
	Body   string
}

var (
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)
)

// LogIn is a browser that was sent to address, with somebody who fills in the
// login page and sends it. Without a login page it answers what it was shown.
func LogIn(address string, form url.Values) (Page, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Page{}, err
	}
	browser := &http.Client{Jar: jar}
	page, err := fetch(browser, http.MethodGet, address, "")
	if err != nil {
		return page, err
	}
	action, request := formAction.FindStringSubmatch(page.Body), formRequest.FindStringSubmatch(page.Body)
	if action == nil || request == nil {
		return page, nil
	}
	base, err := url.Parse(address)
	if err != nil {
		return page, err
	}
	target, err := base.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return page, err
	}
	form.Set("request", html.UnescapeString(request[1]))
	return fetch(browser, http.MethodPost, target.String(), form.Encode())
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
