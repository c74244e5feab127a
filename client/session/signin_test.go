package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

func TestSignInThroughTheBrowser(t *testing.T) {
	p := newProvider(t)
	store := &credentials.Memory{}
	s, pages := newSession(p, store)
	who, err := s.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := session.Identity{Issuer: p.URL, Subject: "u1", Login: "ada", Name: "Ada Admin"}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, s.Identity()); diff != "" {
		t.Error(diff)
	}
	page := <-pages
	if page.Status != 200 || !strings.Contains(page.Body, "Signed in.") || !strings.Contains(page.Body, "You can close this tab and return to Keyfob.") {
		t.Errorf("the browser shows %d %s", page.Status, page.Body)
	}
	if page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page may leak its address: %v", page.Header)
	}
	if token, err := s.AccessToken(t.Context()); err != nil || token.IsZero() {
		t.Errorf("no access token: %v", err)
	}
	if p.count("refresh_token") != 0 {
		t.Error("a fresh access token was renewed")
	}
}

// security requirement 12: S256, 256-bit state and nonce, 127.0.0.1, a port of
// the moment.
func TestWhatTheBrowserIsSentWith(t *testing.T) {
	p := newProvider(t)
	var asked []url.Values
	s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		open := c.OpenBrowser
		c.OpenBrowser = func(a string) error {
			u, err := url.Parse(a)
			if err != nil {
				t.Error(err)
			}
			asked = append(asked, u.Query())
			return open(a)
		}
	})
	for range 2 {
		if _, err := s.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range asked {
		assertQuestion(t, v)
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if asked[0].Get(name) == asked[1].Get(name) {
			t.Errorf("%s is the same twice", name)
		}
	}
}

func assertQuestion(t *testing.T, v url.Values) {
	t.Helper()
	redirect, err := url.Parse(v.Get("redirect_uri"))
	if err != nil || redirect.Scheme != "http" || redirect.Hostname() != "127.0.0.1" || redirect.Port() == "" || redirect.Path != "/callback" {
		t.Errorf("redirect %v, %v", redirect, err)
	}
	if v.Get("response_type") != "code" || v.Get("code_challenge_method") != "S256" || len(v.Get("code_challenge")) != 43 {
		t.Errorf("asked %v", v)
	}
	if len(v.Get("state")) != 43 || len(v.Get("nonce")) != 43 {
		t.Errorf("state or nonce is not 256 bits: %v", v)
	}
	if !strings.Contains(v.Get("scope"), "openid") || !strings.Contains(v.Get("scope"), "offline_access") {
		t.Errorf("scope %q", v.Get("scope"))
	}
}

func TestTheIssuerInTheAnswerIsAccepted(t *testing.T) {
	p := newProvider(t)
	p.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
	p.answer = func(v url.Values) { v.Set("iss", p.URL) }
	s, _ := newSession(p, &credentials.Memory{})
	if _, err := s.SignIn(t.Context()); err != nil {
		t.Error(err)
	}
}

// security requirement 12: wrong state, second and late callback
func TestAnswersThatNobodyAskedForAreTurnedAway(t *testing.T) {
	p := newProvider(t)
	opened := make(chan url.Values, 1)
	s, pages := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		c.OpenBrowser = func(a string) error {
			u, _ := url.Parse(a)
			opened <- u.Query()
			return nil
		}
	})
	_ = pages
	done := make(chan error, 1)
	go func() { _, err := s.SignIn(t.Context()); done <- err }()
	asked := <-opened
	callback := asked.Get("redirect_uri")
	state := asked.Get("state")

	for address, want := range map[string]int{
		callback + "?code=x&state=wrong": 400,
		callback + "?code=x":             400,
		callback:                         400,
		strings.Replace(callback, "/callback", "/", 1) + "?state=" + state:           404,
		strings.Replace(callback, "/callback", "/callback/x", 1) + "?state=" + state: 404,
		strings.Replace(callback, "127.0.0.1", "localhost", 1) + "?state=" + state:   404,
	} {
		if got := visit(address); got.Status != want {
			t.Errorf("%s: %d %v, want %d", address, got.Status, got.Err, want)
		}
	}
	if got := fetch(http.DefaultClient, http.MethodPost, callback+"?code=x&state="+state, ""); got.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d %v", got.Status, got.Err)
	}
	select {
	case err := <-done:
		t.Fatalf("a foreign answer ended the sign-in: %v", err)
	default:
	}

	good := p.authorize(asked)
	if got := visit(good); got.Status != 200 {
		t.Errorf("the right answer: %d %v", got.Status, got.Err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := visit(good); got.Err == nil {
		t.Errorf("a late answer was answered with %d", got.Status)
	}
}

func TestCancellingClosesTheListener(t *testing.T) {
	p := newProvider(t)
	ctx, cancel := context.WithCancel(t.Context())
	var callback string
	s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		c.OpenBrowser = func(a string) error {
			u, _ := url.Parse(a)
			callback = u.Query().Get("redirect_uri")
			cancel()
			return nil
		}
	})
	if _, err := s.SignIn(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
	if got := visit(callback + "?state=x"); got.Err == nil {
		t.Errorf("a late answer was answered with %d", got.Status)
	}
}

func TestABrowserThatDoesNotOpen(t *testing.T) {
	p := newProvider(t)
	s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		c.OpenBrowser = func(string) error { return errors.New("no xdg-open") }
	})
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrNoBrowser) {
		t.Errorf("got %v, want ErrNoBrowser", err)
	}
}

func TestAServerThatIsGoneAtSignIn(t *testing.T) {
	p := newProvider(t)
	p.Close()
	s, _ := newSession(p, &credentials.Memory{})
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrOffline) {
		t.Errorf("got %v, want ErrOffline", err)
	}
}

// authorize is the person saying yes: where the browser is sent then.
func (p *provider) authorize(asked url.Values) string {
	noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return fetch(noFollow, http.MethodGet, p.URL+"/authorize?"+asked.Encode(), "").Header.Get("Location")
}
