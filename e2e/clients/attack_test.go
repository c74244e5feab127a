//go:build e2e

package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// attack is a sign-in at oidc-provider that somebody tampers with.
type attack struct {
	t       *testing.T
	issuer  string
	session *session.Session
	store   credentials.Memory
	opened  chan string // where the browser is sent
	done    chan error  // how the sign-in ended
	cancel  context.CancelFunc
	wire    *wire
}

// wire is between the desktop and the provider.
type wire struct {
	mu       sync.Mutex
	codes    int                                    // that were sent to the token endpoint
	metadata func(map[string]any)                   // alters what the provider says about itself
	code     func()                                 // called before a code is sent
	tokens   func(url.Values, map[string]any) error // sees what was sent for tokens, alters what came, or loses it
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	forTokens := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/token")
	w.mu.Lock()
	if forTokens {
		w.codes++
	}
	codes := w.codes
	w.mu.Unlock()
	if codes > 0 && w.code != nil {
		w.code()
	}
	switch {
	case forTokens && w.tokens != nil:
		return w.exchange(r)
	case w.metadata != nil && strings.Contains(r.URL.Path, "/.well-known/"):
		return altered(r, func(said map[string]any) error { w.metadata(said); return nil })
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (w *wire) exchange(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	return altered(r, func(got map[string]any) error { return w.tokens(form, got) })
}

// altered is the provider's answer with what by has changed in it.
func altered(r *http.Request, by func(map[string]any) error) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	var said map[string]any
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		return nil, err
	}
	if err := by(said); err != nil {
		return nil, err
	}
	text, err := json.Marshal(said)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return res, err
}

func (w *wire) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.codes
}

// attacked begins a sign-in.
func attacked(t *testing.T, issuer string, w *wire) *attack {
	t.Helper()
	a := &attack{t: t, issuer: issuer, opened: make(chan string, 1), done: make(chan error, 1), wire: w}
	a.session = session.New(session.Config{
		Issuer: issuer, ClientID: "keyfob-desktop", HTTP: &http.Client{Transport: w}, Credentials: &a.store,
		OpenBrowser: func(address string) error { a.opened <- address; return nil },
	})
	ctx, cancel := context.WithCancel(t.Context())
	a.cancel = cancel
	t.Cleanup(cancel)
	go func() { _, err := a.session.SignIn(ctx); a.done <- err }()
	return a
}

// answered is Ada's sign-in at the address: the answer, on its way back in her
// browser.
func (a *attack) answered(address string) *url.URL {
	a.t.Helper()
	var answer *url.URL
	browser := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path != "/callback" {
			return nil
		}
		answer = r.URL
		return http.ErrUseLastResponse
	}}
	page, err := newSomeone("ada").walkIn(browser, address)
	must(a.t, err)
	if answer == nil {
		a.t.Fatalf("oidc-provider shows %s", page)
	}
	return answer
}

// with is an address with another parameter; empty: without it.
func with(address *url.URL, name, value string) string {
	altered, q := *address, address.Query()
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	altered.RawQuery = q.Encode()
	return altered.String()
}

// bring is the browser going to an address.
func bring(address string) (status int, page string, err error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// refused brings an answer and sees to it that nobody is signed in by it.
func (a *attack) refused(answer string) {
	a.t.Helper()
	a.refusedFor("", answer)
}

// refusedFor demands a reason too.
func (a *attack) refusedFor(reason, answer string) {
	a.t.Helper()
	status, page, err := bring(answer)
	if err != nil || status != http.StatusBadRequest || !strings.Contains(page, "Not signed in.") {
		a.t.Errorf("the browser shows %d %s, %v", status, page, err)
	}
	if err := <-a.done; !errors.Is(err, client.ErrSignInRefused) || !strings.Contains(err.Error(), reason) {
		a.t.Errorf("the sign-in ends with %v", err)
	}
	a.nobody()
}

// refusedUnasked sees to it that the sign-in fails as it should before a browser opens.
func (a *attack) refusedUnasked(want error, what string) {
	a.t.Helper()
	select {
	case err := <-a.done:
		if !errors.Is(err, want) {
			a.t.Errorf("%s: %v", what, err)
		}
	case address := <-a.opened:
		a.t.Errorf("%s: a browser is sent to %s", what, address)
	}
	a.nobody()
}

func (a *attack) nobody() {
	a.t.Helper()
	if _, err := a.session.AccessToken(a.t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		a.t.Errorf("there is an access token: %v", err)
	}
	if _, err := a.store.Get(a.t.Context(), a.issuer+"|ada"); !errors.Is(err, credentials.ErrNotFound) {
		a.t.Errorf("there is a credential: %v", err)
	}
}

// signsIn brings the right answer.
func (a *attack) signsIn(answer string) {
	a.t.Helper()
	if status, page, err := bring(answer); err != nil || status != http.StatusOK {
		a.t.Errorf("the browser shows %d %s, %v", status, page, err)
	}
	must(a.t, <-a.done)
}
