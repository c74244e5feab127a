package session_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// This file has the answers that a sign-in must not fall for. Those that
// nobody asked for at all are in signin_test.go.

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
		"two codes": {func(p *provider) {
			p.answer = func(v url.Values) { v.Add("code", "other") }
		}, client.ErrSignInRefused},
		"no code": {func(p *provider) {
			p.answer = func(v url.Values) { v.Del("code") }
		}, client.ErrSignInRefused},
		"a code that nobody gave": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("code", "stolen") }
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
		"an ID token signed by a stranger": {func(p *provider) {
			p.sign = func(c map[string]any) string { return signed(c, jose.RS256, strangersKey()) }
		}, client.ErrSignInRefused},
		"an ID token that nobody signed": {func(p *provider) {
			p.metadata = func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"none", "RS256"} }
			p.sign = unsigned
		}, client.ErrSignInRefused},
		"an ID token signed with what everybody knows": {func(p *provider) {
			p.metadata = func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"HS256", "RS256"} }
			p.sign = func(c map[string]any) string {
				return signed(c, jose.HS256, []byte(strings.Repeat(clientID, 3)))
			}
		}, client.ErrSignInRefused},
		"a token in the address": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("access_token", "a") }
		}, client.ErrSignInRefused},
		"an ID token in the address": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("id_token", "i") }
		}, client.ErrSignInRefused},
		"an error of no known kind": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("error", "<script>alert(1)</script>") }
		}, client.ErrSignInRefused},
		"an error beside a code": {func(p *provider) {
			p.answer = func(v url.Values) { v.Set("error", "invalid_request") }
		}, client.ErrSignInRefused},
		"a code of another session": {func(p *provider) {
			stolen := p.issueCode(url.Values{"code_challenge_method": {"S256"}, "code_challenge": {strings.Repeat("x", 43)}})
			p.answer = func(v url.Values) { v.Set("code", stolen) }
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
		t.Run(name, func(t *testing.T) { assertRefused(t, tc.bend, tc.want) })
	}
}

// assertRefused signs in at a provider that bend has bent: nobody is signed in
// then, nothing is kept here or left there, and the browser says so.
func assertRefused(t *testing.T, bend func(p *provider), want error) {
	t.Helper()
	p := newProvider(t)
	bend(p)
	store := &credentials.Memory{}
	s, pages := newSession(p, store)
	if _, err := s.SignIn(t.Context()); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if page := <-pages; page.Status != 400 || !strings.Contains(page.Body, "Not signed in.") {
		t.Errorf("the browser shows %d %s", page.Status, page.Body)
	}
	if live := p.alive(); len(live) != 0 {
		t.Errorf("left at the server: %v", live)
	}
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("after a refusal AccessToken says %v", err)
	}
	if _, err := store.Get(t.Context(), p.URL+"|u1"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("a credential was stored: %v", err)
	}
}

// RFC 9207, section 2.4
func TestAnAnswerWithAWrongIssuerIsRefused(t *testing.T) {
	assertRefused(t, func(p *provider) {
		p.answer = func(v url.Values) { v.Set("iss", "https://evil.example.com") }
	}, client.ErrSignInRefused)
}

func TestAnAnswerWithoutTheIssuerThatWasAnnouncedIsRefused(t *testing.T) {
	assertRefused(t, func(p *provider) {
		p.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
	}, client.ErrSignInRefused)
}

func TestAWrongNonceIsRefused(t *testing.T) {
	assertRefused(t, func(p *provider) {
		p.idToken = func(c map[string]any) { c["nonce"] = "other" }
	}, client.ErrSignInRefused)
}

// Of RFC 9700, section 4.8.2: a provider, or who stands for it, that would have
// the answer bound to nothing.
func TestADowngradeOfPKCEIsRefused(t *testing.T) {
	for name, methods := range map[string]any{"none announced": nil, "plain alone": []string{"plain"}} {
		p := newProvider(t)
		p.metadata = func(m map[string]any) {
			m["code_challenge_methods_supported"] = methods
			if methods == nil {
				delete(m, "code_challenge_methods_supported")
			}
		}
		s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
			c.OpenBrowser = func(string) error { t.Errorf("%s: the browser was opened", name); return nil }
		})
		if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrSignInRefused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// asked is a sign-in under way: what the browser was sent with, and the end.
func asked(t *testing.T, p *provider) (question url.Values, done <-chan error) {
	t.Helper()
	opened, end := make(chan url.Values, 1), make(chan error, 1)
	s, _ := newSession(p, &credentials.Memory{}, func(c *session.Config) {
		c.OpenBrowser = func(a string) error {
			u, err := url.Parse(a)
			opened <- u.Query()
			return err
		}
	})
	go func() { _, err := s.SignIn(t.Context()); end <- err }()
	return <-opened, end
}

func TestAWrongStateIsRefusedAndTheSignInWaitsOn(t *testing.T) {
	p := newProvider(t)
	question, done := asked(t, p)
	good := p.authorize(question)
	for _, bad := range []string{"wrong", "", question.Get("state")[1:]} {
		if got := visit(strings.Replace(good, question.Get("state"), bad, 1)); got.Status != 400 {
			t.Errorf("state %q: %d %v", bad, got.Status, got.Err)
		}
	}
	if n := p.count("authorization_code"); n != 0 {
		t.Errorf("the code was sent %d times", n)
	}
	if got := visit(good); got.Status != 200 {
		t.Errorf("the right answer: %d %v", got.Status, got.Err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestASecondCallbackIsRefused(t *testing.T) {
	p := newProvider(t)
	inToken, goOn := make(chan bool), make(chan bool)
	p.idToken = func(map[string]any) { inToken <- true; <-goOn }
	question, done := asked(t, p)
	good := p.authorize(question)
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
	if got := <-first; got.Status != 200 || p.count("authorization_code") != 1 {
		t.Errorf("the first answer: %d %v; codes sent: %d", got.Status, got.Err, p.count("authorization_code"))
	}
}

func TestALateCallbackFindsNobody(t *testing.T) {
	p := newProvider(t)
	question, done := asked(t, p)
	good := p.authorize(question)
	if got, err := visit(good), <-done; got.Status != 200 || err != nil {
		t.Error(got.Status, err)
	}
	if got := visit(good); got.Err == nil {
		t.Errorf("answered with %d", got.Status)
	}
}

// unsigned is a JWT of the algorithm none.
func unsigned(claims map[string]any) string {
	b, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(b) + "."
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
		"plain http device":     {func(m map[string]any) { m["device_authorization_endpoint"] = "http://example.com/d" }, client.ErrInsecure},
		"plain http userinfo":   {func(m map[string]any) { m["userinfo_endpoint"] = "http://example.com/u" }, client.ErrInsecure},
		"plain http keys":       {func(m map[string]any) { m["jwks_uri"] = "http://example.com/k" }, client.ErrInsecure},
		"another issuer":        {func(m map[string]any) { m["issuer"] = "https://evil.example.com" }, client.ErrNotAServer},
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

// RFC 9700, section 4.4: an answer of a provider that was not asked, brought
// to the listener that waits for another one's.
func TestAMixUpOfProvidersIsRefused(t *testing.T) {
	right, other := newProvider(t), newProvider(t)
	for _, p := range []*provider{right, other} {
		p.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
		p.answer = func(v url.Values) { v.Set("iss", p.URL) }
	}
	s, pages := newSession(right, &watched{}, func(c *session.Config) {
		open := c.OpenBrowser
		c.OpenBrowser = func(a string) error { return open(strings.Replace(a, right.URL, other.URL, 1)) }
	})
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrSignInRefused) {
		t.Errorf("got %v", err)
	}
	if page := <-pages; page.Status != 400 {
		t.Errorf("the browser shows %d", page.Status)
	}
	if n := right.count("authorization_code") + other.count("authorization_code"); n != 0 {
		t.Errorf("the code was sent %d times", n)
	}
}
