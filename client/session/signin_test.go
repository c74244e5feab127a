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

func TestSignInsThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		bend func(p *provider)
		want error
	}{
		"the person says no": {func(p *provider) {
			p.answer = func(v url.Values) { v.Del("code"); v.Set("error", "access_denied") }
		}, client.ErrSignInStopped},
		"the server fails": {func(p *provider) {
			p.answer = func(v url.Values) { v.Del("code"); v.Set("error", "server_error") }
		}, client.ErrServer},
		"wrong issuer in the answer": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("iss", "https://evil.example.com") }
		}, client.ErrSignInRefused},
		"issuer announced but missing in the answer": {func(p *provider) {
			p.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
		}, client.ErrSignInRefused},
		"two codes": {func(p *provider) {
			p.answer = func(v url.Values) { v.Add("code", "other") }
		}, client.ErrSignInRefused},
		"no code": {func(p *provider) {
			p.answer = func(v url.Values) { v.Del("code") }
		}, client.ErrSignInRefused},
		"a code of somebody else": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("code", "stolen") }
		}, client.ErrSignInRefused},
		"another nonce": {func(p *provider) {
			p.idToken = func(c map[string]any) { c["nonce"] = "other" }
		}, client.ErrSignInRefused},
		"no nonce": {func(p *provider) {
			p.idToken = func(c map[string]any) { delete(c, "nonce") }
		}, client.ErrSignInRefused},
		"an ID token of another issuer": {func(p *provider) {
			p.idToken = func(c map[string]any) { c["iss"] = "https://evil.example.com" }
		}, client.ErrSignInRefused},
		"an ID token for another program": {func(p *provider) {
			p.idToken = func(c map[string]any) { c["aud"] = "other" }
		}, client.ErrSignInRefused},
		"an ID token of yesterday": {func(p *provider) {
			p.idToken = func(c map[string]any) { c["exp"] = 1000 }
		}, client.ErrSignInRefused},
		"no ID token": {func(p *provider) {
			p.token = func(w http.ResponseWriter, _ *http.Request) {
				reply(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer"})
			}
		}, client.ErrGarbled},
		"garbage from the token endpoint": {func(p *provider) {
			p.token = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }
		}, client.ErrGarbled},
		"a token endpoint that fails": {func(p *provider) {
			p.token = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		}, client.ErrServer},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			tc.bend(p)
			store := &credentials.Memory{}
			s, pages := newSession(p, store)
			if _, err := s.SignIn(t.Context()); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if page := <-pages; page.Status != 400 || !strings.Contains(page.Body, "Not signed in.") {
				t.Errorf("the browser shows %d %s", page.Status, page.Body)
			}
			if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
				t.Errorf("after a refusal AccessToken says %v", err)
			}
			if _, err := store.Get(t.Context(), p.URL+"|u1"); !errors.Is(err, credentials.ErrNotFound) {
				t.Errorf("a credential was stored: %v", err)
			}
		})
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

// security requirement 13
func TestTheIssuerMustBeTheOneConfigured(t *testing.T) {
	for name, tc := range map[string]struct {
		bend func(m map[string]any)
		want error
	}{
		"a slash more":          {func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" }, client.ErrNotAServer},
		"no authorization":      {func(m map[string]any) { delete(m, "authorization_endpoint") }, client.ErrNotAServer},
		"plain http elsewhere":  {func(m map[string]any) { m["token_endpoint"] = "http://example.com/token" }, client.ErrInsecure},
		"plain http revocation": {func(m map[string]any) { m["revocation_endpoint"] = "http://example.com/r" }, client.ErrInsecure},
		"no URL":                {func(m map[string]any) { m["jwks_uri"] = "keys" }, client.ErrGarbled},
	} {
		p := newProvider(t)
		p.metadata = tc.bend
		opened := false
		s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
			c.OpenBrowser = func(string) error { opened = true; return nil }
		})
		if _, err := s.SignIn(t.Context()); !errors.Is(err, tc.want) || opened {
			t.Errorf("%s: got %v, want %v; browser opened: %v", name, err, tc.want, opened)
		}
	}
	for issuer, want := range map[string]error{
		"http://example.com/id": client.ErrInsecure, "": client.ErrBadAddress, "nowhere": client.ErrBadAddress,
	} {
		s := session.New(session.Config{Issuer: issuer})
		if _, err := s.SignIn(t.Context()); !errors.Is(err, want) {
			t.Errorf("issuer %q: got %v, want %v", issuer, err, want)
		}
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

func TestOnlyTheFirstOfTwoAnswersIsTaken(t *testing.T) {
	p := newProvider(t)
	opened := make(chan url.Values, 1)
	inToken, goOn := make(chan bool), make(chan bool)
	s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		c.OpenBrowser = func(a string) error {
			u, _ := url.Parse(a)
			opened <- u.Query()
			return nil
		}
	})
	p.idToken = func(map[string]any) { inToken <- true; <-goOn }
	done := make(chan error, 1)
	go func() { _, err := s.SignIn(t.Context()); done <- err }()
	asked := <-opened
	good := p.authorize(asked)
	first := make(chan shown, 1)
	go func() { first <- visit(good) }()
	<-inToken // the first answer is being worked on
	if second := visit(good); second.Status != 400 {
		t.Errorf("the second answer: %d %v", second.Status, second.Err)
	}
	goOn <- true
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := <-first; got.Status != 200 {
		t.Errorf("the first answer: %d %v", got.Status, got.Err)
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
