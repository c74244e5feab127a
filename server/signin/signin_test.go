package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

// security 12, 13: code + PKCE, nonce and exact issuer, by an independent client.
func TestAPersonSignsInThroughTheLoginPages(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	token, err := c.Exchange(t.Context(), w.code(a), oauth2.VerifierOption(a.verifier))
	if err != nil {
		t.Fatal(err)
	}
	if !w.signedIn(token.AccessToken) {
		t.Error("the access token signs nobody in")
	}
	if token.RefreshToken == "" || token.Type() != "Bearer" || token.ExpiresIn < 880 || token.ExpiresIn > 900 {
		t.Errorf("refresh %t, type %s, expires in %d", token.RefreshToken != "", token.Type(), token.ExpiresIn)
	}
}

// security 12, 13: nonce and exact issuer.
func TestTheIDTokenSaysWhoSignedInAndToWhom(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	token, err := c.Exchange(t.Context(), w.code(a), oauth2.VerifierOption(a.verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := c.provider.Verifier(&oidc.Config{ClientID: signin.DesktopClient}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	var got map[string]any
	if err := id.Claims(&got); err != nil {
		t.Fatal(err)
	}
	if got["sid"] == "" || got["sid"] == nil {
		t.Error("no sid")
	}
	for _, changing := range []string{"exp", "iat", "auth_time", "at_hash", "c_hash", "sid"} {
		delete(got, changing)
	}
	want := map[string]any{
		"iss": w.issuer, "sub": adaID, "aud": []any{signin.DesktopClient}, "azp": signin.DesktopClient, "client_id": signin.DesktopClient,
		"nonce": a.nonce, "amr": []any{"pwd"}, "name": "Ada Admin", "preferred_username": "ada", "email": "ada@example.org",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ID token (-want +got):\n%s", diff)
	}
}

func TestUserinfoSaysWhatTheScopesAllow(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	info, err := c.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(w.signIn(c)))
	if err != nil {
		t.Fatal(err)
	}
	if info.Subject != adaID || info.Email != "ada@example.org" {
		t.Errorf("userinfo %+v", info)
	}
	c.Scopes = []string{"openid"}
	less := w.signIn(c)
	info, err = c.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(less))
	if err != nil || info.Subject != adaID || info.Email != "" {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	if less.RefreshToken != "" {
		t.Error("a refresh token that was not asked for")
	}
	for name, do := range map[string]func(*http.Request){
		"none":       func(*http.Request) {},
		"wrong":      func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"in address": func(r *http.Request) { r.URL.RawQuery = "access_token=" + url.QueryEscape(less.AccessToken) },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.issuer+"/connect/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		do(r)
		if s := w.browser().do(r); s.status != http.StatusUnauthorized || !strings.HasPrefix(s.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %v", name, s.status, s.header)
		}
	}
}

func TestDiscoveryClaimsWhatThereIsAndNoMore(t *testing.T) {
	w := newWorld(t)
	var got map[string]any
	if err := w.client().provider.Claims(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"issuer":                                         w.issuer,
		"authorization_endpoint":                         w.issuer + "/connect/authorize",
		"token_endpoint":                                 w.issuer + "/connect/token",
		"userinfo_endpoint":                              w.issuer + "/connect/userinfo",
		"end_session_endpoint":                           w.issuer + "/connect/endsession",
		"device_authorization_endpoint":                  w.issuer + "/connect/deviceauthorization",
		"jwks_uri":                                       w.issuer + "/connect/keys",
		"introspection_endpoint":                         w.issuer + "/connect/introspect",
		"revocation_endpoint":                            w.issuer + "/connect/revocation",
		"scopes_supported":                               []any{"openid", "profile", "email", "offline_access"},
		"response_types_supported":                       []any{"code"},
		"response_modes_supported":                       []any{"query"},
		"grant_types_supported":                          []any{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"},
		"subject_types_supported":                        []any{"public"},
		"id_token_signing_alg_values_supported":          []any{"ES256"},
		"token_endpoint_auth_methods_supported":          []any{"none"},
		"introspection_endpoint_auth_methods_supported":  []any{"client_secret_basic", "client_secret_post", "Bearer"},
		"revocation_endpoint_auth_methods_supported":     []any{"none", "client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":               []any{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	delete(got, "claims_supported")
	delete(got, "request_uri_parameter_supported")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("discovery (-want +got):\n%s", diff)
	}
}

func TestAWrongPasswordSaysOneSentenceAndKeepsTheLogin(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	page := b.open(w.client().begin().url)
	wrong := b.submit(page, `Ada" x`, "wrong")
	unknown := b.submit(page, "nobody", "wrong")
	for name, s := range map[string]shown{"wrong": wrong, "unknown": unknown} {
		if s.status != 422 || !strings.Contains(s.body, "Login name or password is not right.") {
			t.Errorf("%s: %d\n%s", name, s.status, s.body)
		}
		if strings.Contains(s.body, "wrong\"") {
			t.Errorf("%s: the page repeats the password", name)
		}
	}
	if !strings.Contains(wrong.body, `value="Ada&#34; x"`) {
		t.Errorf("the typed login is not kept:\n%s", wrong.body)
	}
	if a, b := strings.ReplaceAll(wrong.body, "Ada&#34; x", "L"), strings.ReplaceAll(unknown.body, "nobody", "L"); a != b {
		t.Errorf("wrong and unknown differ:\n%s", cmp.Diff(a, b))
	}
	if back := b.submit(wrong, " ADA ", adaPassword); back.location == nil || back.location.Query().Get("code") == "" {
		t.Errorf("the right password after a wrong one: %d\n%s", back.status, back.body)
	}
}

func TestCancelGoesBackToTheProgramWithoutACode(t *testing.T) {
	w := newWorld(t)
	a := w.client().begin()
	b := w.browser()
	target, fields := b.open(a.url).form(t)
	fields.Set("cancel", "1")
	back := b.post(target, fields, "same-origin")
	want := url.Values{"error": {"access_denied"}, "state": {a.state}, "iss": {w.issuer}}
	if back.location == nil || !cmp.Equal(back.location.Query(), want) {
		t.Errorf("sent to %v", back.location)
	}
}

func TestALoginPageIsOfNoUseInAnotherBrowserNorLaterNorTwice(t *testing.T) {
	w := newWorld(t)
	a := w.client().begin()
	first := w.browser()
	page := first.open(a.url)
	target, fields := page.form(t)

	if s := w.browser().open(w.issuer + "/login?request=" + fields.Get("request")); s.status != 400 || !strings.Contains(s.body, "has expired") {
		t.Errorf("another browser: %d\n%s", s.status, s.body)
	}
	fields.Set("login", "ada")
	fields.Set("password", adaPassword)
	if s := w.browser().post(target, fields, "same-origin"); s.status != 400 || s.location != nil {
		t.Errorf("another browser posts: %d", s.status)
	}
	if s := first.post(target, fields, "cross-site"); s.status != 403 || s.location != nil {
		t.Errorf("another site posts: %d", s.status)
	}
	if s := first.submit(page, "ada", adaPassword); s.location == nil {
		t.Fatalf("in the right browser: %d\n%s", s.status, s.body)
	}
	if s := first.post(target, fields, "same-origin"); s.status != 400 {
		t.Errorf("the page once more: %d", s.status)
	}
	late := first.open(w.client().begin().url)
	w.clock.advance(16 * time.Minute)
	if s := first.submit(late, "ada", adaPassword); s.status != 400 {
		t.Errorf("16 minutes later: %d", s.status)
	}
}

func TestThePagesHaveNoScriptAndTellNobody(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	d := w.device(w.client())
	for name, s := range map[string]shown{
		"code":       b.open(w.issuer + "/device?user_code=" + d.UserCode),
		"wrong code": b.enter("x"),
		"device":     b.enter(d.UserCode),
		"consent":    b.consent(d.UserCode),
		"allowed":    b.say(b.consent(d.UserCode), "allow"),
		"over":       b.open(w.issuer + "/device/confirm"),
		"login":      b.open(w.client().begin().url),
		"expired":    b.open(w.issuer + "/login?request=x"),
		"broken":     b.open(w.issuer + "/connect/authorize"),
		"signed out": b.open(w.issuer + "/connect/endsession"),
		"not there":  b.open(w.issuer + "/nothing"),
	} {
		wantSecure(t, name, s)
		csp := s.header.Get("Content-Security-Policy")
		if name == "login" && !strings.Contains(csp, "form-action 'self' http://127.0.0.1:41234;") {
			t.Errorf("the form could not lead back to the desktop: %s", csp)
		}
	}
	css := b.open(w.issuer + "/static/signin.css")
	if css.status != 200 || !strings.HasPrefix(css.header.Get("Content-Type"), "text/css") || !strings.Contains(css.body, "#2556B9") {
		t.Errorf("style sheet: %d %v", css.status, css.header)
	}
	if s := b.open(w.issuer + "/static/"); s.status != 404 {
		t.Errorf("a listing of the files: %d", s.status)
	}
}

// wantSecure demands the headers of a page: no script, no frame, no cache, no
// address told to others.
func wantSecure(t *testing.T, name string, s shown) {
	t.Helper()
	csp := s.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("%s: no %s in %q", name, part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(s.body, "<script") || strings.Contains(s.body, "style=") {
		t.Errorf("%s: inline code or style\n%s", name, s.body)
	}
	for header, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
	} {
		if got := s.header.Get(header); got != want {
			t.Errorf("%s: %s is %q", name, header, got)
		}
	}
}
