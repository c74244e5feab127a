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
// nobody asked for are in signin_test.go.

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
		"a code that nobody gave": {func(p *provider) {
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
			if live := p.alive(); len(live) != 0 {
				t.Errorf("left at the server: %v", live)
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
		"no PKCE":               {func(m map[string]any) { delete(m, "code_challenge_methods_supported") }, client.ErrSignInRefused},
		"PKCE with plain only":  {func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} }, client.ErrSignInRefused},
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
func TestAnAnswerOfAnotherProviderIsRefused(t *testing.T) {
	asked, other := newProvider(t), newProvider(t)
	for _, p := range []*provider{asked, other} {
		p.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
		p.answer = func(v url.Values) { v.Set("iss", p.URL) }
	}
	s, pages := newSession(asked, &watched{}, func(c *session.Config) {
		open := c.OpenBrowser
		c.OpenBrowser = func(a string) error { return open(strings.Replace(a, asked.URL, other.URL, 1)) }
	})
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrSignInRefused) {
		t.Errorf("got %v", err)
	}
	if page := <-pages; page.Status != 400 {
		t.Errorf("the browser shows %d", page.Status)
	}
	if n := asked.count("authorization_code") + other.count("authorization_code"); n != 0 {
		t.Errorf("the code was sent %d times", n)
	}
}
