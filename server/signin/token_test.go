package signin_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

func TestTheTokenEndpointRefusesWhatItShould(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	good := url.Values{"grant_type": {"refresh_token"}, "client_id": {signin.DesktopClient}, "refresh_token": {token.RefreshToken}}
	with := func(key string, values ...string) url.Values {
		v := make(url.Values)
		for k := range good {
			v[k] = good[k]
		}
		v[key] = values
		return v
	}
	const form = "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		query, kind, body string
		status            int
		want              string
	}{
		"in the address":       {good.Encode(), form, "", 400, "invalid_request"},
		"JSON":                 {"", "application/json", "{}", 400, "invalid_request"},
		"no grant":             {"", form, "", 400, "invalid_request"},
		"password grant":       {"", form, with("grant_type", "password").Encode(), 400, "unsupported_grant_type"},
		"no grant's name":      {"", form, with("grant_type", "\"\n\u00e4").Encode(), 400, `unsupported_grant_type","error_description":"the grant_type is not supported`},
		"client credentials":   {"", form, with("grant_type", "client_credentials").Encode(), 400, "unsupported_grant_type"},
		"JWT":                  {"", form, with("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer").Encode(), 400, "unsupported_grant_type"},
		"exchange":             {"", form, with("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange").Encode(), 400, "unsupported_grant_type"},
		"assertion":            {"", form, with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer").Encode(), 401, "invalid_client"},
		"unknown client":       {"", form, with("client_id", "other").Encode(), 401, "invalid_client"},
		"repeated":             {"", form, with("refresh_token", "a", "b").Encode(), 400, "invalid_request"},
		"more scope":           {"", form, with("scope", "openid phone").Encode(), 400, "invalid_scope"},
		"unknown refresh":      {"", form, with("refresh_token", "x").Encode(), 400, "invalid_grant"},
		"no refresh":           {"", form, with("refresh_token", "").Encode(), 400, "invalid_request"},
		"too large":            {"", form, with("refresh_token", strings.Repeat("x", 20<<10)).Encode(), 400, "invalid_request"},
		"refresh as code":      {"", form, url.Values{"grant_type": {"authorization_code"}, "client_id": {signin.DesktopClient}, "code": {token.RefreshToken}, "code_verifier": {"x"}, "redirect_uri": {callback}}.Encode(), 400, "invalid_grant"},
		"verifier but no code": {"", form, url.Values{"grant_type": {"authorization_code"}, "client_id": {signin.DesktopClient}, "code_verifier": {"x"}}.Encode(), 400, "invalid_request"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/connect/token?"+tc.query, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		if tc.query == "" {
			r.URL.RawQuery, r.URL.ForceQuery = "", false
		}
		r.Header.Set("Content-Type", tc.kind)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != tc.status || !strings.Contains(string(body), `"error":"`+tc.want+`"`) || strings.Contains(string(body), "parent") {
			t.Errorf("%s: %d %s, want %d %s", name, res.StatusCode, body, tc.status, tc.want)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be cached", name)
		}
	}
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("the refresh token was spent by what was refused: %v", err)
	}
}

func TestABrokenDatabaseSaysSoAndSignsNobodyOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	a := c.begin()
	code := w.code(a)
	b := w.browser()
	page := b.open(c.begin().url)
	w.exec(`ALTER TABLE refresh_tokens RENAME TO hidden`)
	w.exec(`ALTER TABLE sign_in_codes RENAME TO hidden_codes`)
	w.exec(`ALTER TABLE access_tokens RENAME TO hidden_access`)
	_, refreshErr := c.refresh(t.Context(), token.RefreshToken)
	_, codeErr := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	for name, err := range map[string]error{"refresh": refreshErr, "code": codeErr} {
		e, ok := errors.AsType[*oauth2.RetrieveError](err)
		if !ok || e.Response.StatusCode != http.StatusServiceUnavailable || e.ErrorCode != "server_error" || strings.Contains(string(e.Body), "table") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok, err := w.provider.Authenticate(t.Context(), token.AccessToken); ok || err == nil {
		t.Errorf("Authenticate = %v, %v; want an error", ok, err)
	}
	if s := b.submit(page, "ada", adaPassword); s.status != 503 || !strings.Contains(s.body, "cannot check passwords just now") || !strings.Contains(s.body, `value="ada"`) {
		t.Errorf("the login page: %d\n%s", s.status, s.body)
	}
	if log := w.logs.String(); !strings.Contains(log, "no such table") && !strings.Contains(log, "does not exist") { // SQLite's words and PostgreSQL's
		t.Error("the log does not say why")
	}
	w.exec(`ALTER TABLE hidden RENAME TO refresh_tokens`)
	w.exec(`ALTER TABLE hidden_codes RENAME TO sign_in_codes`)
	w.exec(`ALTER TABLE hidden_access RENAME TO access_tokens`)
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("when it is whole again: %v", err)
	}
}
