//go:build e2e

package clients

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	callback      = "http://127.0.0.1:41234/callback"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessToken   = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // G101: a name, no credential
)

// RFC 6749, 7636, 7009, 7662, 8693; OpenID Connect Core and Discovery, by
// go-oidc and x/oauth2.
func TestGoOIDCGetsAlong(t *testing.T) {
	w := newWorld(t)
	provider, err := oidc.NewProvider(t.Context(), w.Issuer)
	must(t, err)
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	c := oauth2.Config{ClientID: "keyfob-desktop", Endpoint: endpoint, RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess}}

	verifier, state, nonce := oauth2.GenerateVerifier(), rand.Text(), rand.Text()
	back := w.signIn(t, c.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), oidc.Nonce(nonce)))
	if back.Get("state") != state || back.Get("iss") != w.Issuer {
		t.Errorf("state or iss wrong in %v", back)
	}
	first, err := c.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	must(t, err)
	raw, _ := first.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: c.ClientID}).Verify(t.Context(), raw)
	must(t, err)
	must(t, id.VerifyAccessToken(first.AccessToken))
	if id.Subject != w.Ada.ID || id.Nonce != nonce {
		t.Errorf("the ID token says %s, nonce %s", id.Subject, id.Nonce)
	}

	second, err := c.TokenSource(t.Context(), &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	must(t, err)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("nothing was rotated")
	}
	info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(second))
	must(t, err)
	if info.Subject != w.Ada.ID {
		t.Errorf("userinfo says %s", info.Subject)
	}

	w.revoke(t, provider, url.Values{"token": {second.RefreshToken}, "client_id": {c.ClientID}})
	_, err = c.TokenSource(t.Context(), &oauth2.Token{RefreshToken: second.RefreshToken}).Token()
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || e.ErrorCode != "invalid_grant" {
		t.Errorf("a revoked refresh token: %v", err)
	}
}

// RFC 8628, by x/oauth2: the person is at another device.
func TestOAuth2SignsInADevice(t *testing.T) {
	w := newWorld(t)
	provider, err := oidc.NewProvider(t.Context(), w.Issuer)
	must(t, err)
	c := oauth2.Config{ClientID: "keyfob-desktop", Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, oidc.ScopeOfflineAccess}}
	code, err := c.DeviceAuth(t.Context())
	must(t, err)
	if code.VerificationURI == "" || !strings.Contains(code.VerificationURIComplete, code.UserCode) || code.Interval < 1 || time.Until(code.Expiry) < time.Minute {
		t.Errorf("it was given %+v", code)
	}
	code.Interval = 1 // as often as this library asks

	elsewhere := w.browser(t)
	login := submit(t, elsewhere, ask(t, elsewhere, http.MethodGet, code.VerificationURIComplete, http.NoBody), nil)
	submit(t, elsewhere, submit(t, elsewhere, login, w.ada()), url.Values{"answer": {"allow"}})
	got, err := c.DeviceAccessToken(t.Context(), code)
	must(t, err)
	info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(got))
	must(t, err)
	if info.Subject != w.Ada.ID || got.RefreshToken == "" {
		t.Errorf("userinfo says %s", info.Subject)
	}
	_, err = c.DeviceAccessToken(t.Context(), code)
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || e.ErrorCode != "invalid_grant" && e.ErrorCode != "expired_token" {
		t.Errorf("the code, once more: %v", err)
	}
}

// RFC 8693, 7662, 7009, by x/oauth2 with the endpoints that go-oidc discovered.
func TestOAuth2ExchangesAToken(t *testing.T) {
	w := newWorld(t)
	provider, err := oidc.NewProvider(t.Context(), w.Issuer)
	must(t, err)
	with := func(scope string) (*oauth2.Token, error) {
		return (&clientcredentials.Config{
			ClientID: w.App.ID, ClientSecret: w.App.Secret, TokenURL: provider.Endpoint().TokenURL, AuthStyle: oauth2.AuthStyleInHeader, Scopes: []string{scope},
			EndpointParams: url.Values{"grant_type": {grantExchange}, "subject_token": {w.PAT}, "subject_token_type": {accessToken}},
		}).Token(t.Context())
	}
	short, err := with("profile")
	must(t, err)
	if lives := time.Until(short.Expiry); short.Type() != "Bearer" || lives <= 0 || lives > 15*time.Minute || short.Extra("issued_token_type") != accessToken {
		t.Errorf("type %s, lives %s, issued %v", short.Type(), lives, short.Extra("issued_token_type"))
	}
	me := ask(t, oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(short)), http.MethodGet, w.Server+"/profile/me", http.NoBody)
	if !strings.Contains(me.body, w.Ada.ID) {
		t.Errorf("who am I: %s", me.body)
	}
	_, err = with("tokens")
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || e.ErrorCode != "invalid_scope" {
		t.Errorf("too much: %v", err)
	}
	if in := w.introspect(t, provider, short.AccessToken); in["active"] != true || in["sub"] != w.Ada.ID || in["scope"] != "profile" {
		t.Errorf("introspection says %v", in)
	}
	w.revoke(t, provider, url.Values{"token": {short.AccessToken}, "client_id": {w.App.ID}, "client_secret": {w.App.Secret}})
	if in := w.introspect(t, provider, short.AccessToken); len(in) != 1 || in["active"] != false {
		t.Errorf("introspection of a revoked one says %v", in)
	}
}

// endpoints are what go-oidc has no methods for.
func endpoints(t *testing.T, p *oidc.Provider) (introspection, revocation string) {
	t.Helper()
	var found struct {
		Introspection string `json:"introspection_endpoint"`
		Revocation    string `json:"revocation_endpoint"`
	}
	must(t, p.Claims(&found))
	return found.Introspection, found.Revocation
}

func (w *world) introspect(t *testing.T, p *oidc.Provider, token string) (out map[string]any) {
	t.Helper()
	address, _ := endpoints(t, p)
	form := url.Values{"token": {token}, "client_id": {w.App.ID}, "client_secret": {w.App.Secret}}
	must(t, json.Unmarshal([]byte(post(t, address, form).body), &out))
	return out
}

func (w *world) revoke(t *testing.T, p *oidc.Provider, form url.Values) {
	t.Helper()
	_, address := endpoints(t, p)
	post(t, address, form)
}

var (
	inputs = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]*>`)
	values = regexp.MustCompile(` value="([^"]*)"`)
	action = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
)

// browser walks the server's pages; what leads to a client is where it stops.
func (w *world) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), w.Issuer) {
			return nil
		}
		return http.ErrUseLastResponse
	}}
}

// submit sends a page's form as it is filled in, and with more.
func submit(t *testing.T, browser *http.Client, page answer, more url.Values) answer {
	t.Helper()
	form := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(page.body, -1) {
		if v := values.FindStringSubmatch(m[0]); v != nil {
			form.Set(m[1], html.UnescapeString(v[1]))
		}
	}
	maps.Copy(form, more)
	to, err := page.at.Parse(html.UnescapeString(action.FindStringSubmatch(page.body)[1]))
	must(t, err)
	return ask(t, browser, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
}

func (w *world) ada() url.Values {
	return url.Values{"login": {w.Ada.Login}, "password": {w.Ada.Password}}
}

// signIn walks the login pages as Ada and answers what came back to the client.
func (w *world) signIn(t *testing.T, address string) url.Values {
	t.Helper()
	browser := w.browser(t)
	back := submit(t, browser, ask(t, browser, http.MethodGet, address, http.NoBody), w.ada())
	to, err := url.Parse(back.location)
	must(t, err)
	return to.Query()
}

type answer struct {
	at             *url.URL
	body, location string
}

func post(t *testing.T, address string, form url.Values) answer {
	t.Helper()
	return ask(t, http.DefaultClient, http.MethodPost, address, strings.NewReader(form.Encode()))
}

func ask(t *testing.T, browser *http.Client, method, address string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := browser.Do(r)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s: %s", address, res.Status, text)
	}
	return answer{res.Request.URL, string(text), res.Header.Get("Location")}
}
