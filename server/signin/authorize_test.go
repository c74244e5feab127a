package signin_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

func TestTheBrowserIsSentToNoOtherAddressThanTheDesktops(t *testing.T) {
	w := newWorld(t)
	for redirect, good := range map[string]bool{
		"http://127.0.0.1:1/callback":           true,
		"http://127.0.0.1:65535/callback":       true,
		"http://[::1]:41234/callback":           true,
		"http://localhost:41234/callback":       false,
		"http://127.0.0.2:41234/callback":       false,
		"https://127.0.0.1:41234/callback":      false,
		"http://127.0.0.1/callback":             false,
		"http://127.0.0.1:0/callback":           false,
		"http://127.0.0.1:041234/callback":      false,
		"http://127.0.0.1:65536/callback":       false,
		"http://127.0.0.1:41234/":               false,
		"http://127.0.0.1:41234/callback/":      false,
		"http://127.0.0.1:41234/callback2":      false,
		"http://127.0.0.1:41234/x/../callback":  false,
		"http://127.0.0.1:41234/%63allback":     false,
		"http://127.0.0.1:41234/callback?x=1":   false,
		"http://127.0.0.1:41234/callback?":      false,
		"http://127.0.0.1:41234/callback#x":     false,
		"http://u@127.0.0.1:41234/callback":     false,
		"http://127.0.0.1:1@evil.test/callback": false,
		"HTTP://127.0.0.1:41234/callback":       false,
		"http://127.0.0.1.evil.test:1/callback": false,
		"https://evil.test/callback":            false,
		"keyfob:/callback":                      false,
		"":                                      false,
	} {
		c := w.client()
		c.RedirectURL = redirect
		for _, a := range []attempt{c.begin(), c.begin(oauth2.SetAuthURLParam("scope", "nonsense"))} { // one that would fail, too
			s := w.browser().open(a.url)
			if !good && (s.status != 400 || s.location != nil) {
				t.Errorf("%q: %d, sent to %v", redirect, s.status, s.location)
			}
		}
		if s := w.browser().open(c.begin().url); good && s.status != 200 {
			t.Errorf("%q: %d\n%s", redirect, s.status, s.body)
		}
	}
}

func TestARequestThatIsNotAsItMustBeGoesBackWithAnError(t *testing.T) {
	w := newWorld(t)
	set := oauth2.SetAuthURLParam
	for name, tc := range map[string]struct {
		with []oauth2.AuthCodeOption
		want string
	}{
		"plain PKCE":        {[]oauth2.AuthCodeOption{set("code_challenge_method", "plain")}, "invalid_request"},
		"no method":         {[]oauth2.AuthCodeOption{set("code_challenge_method", "")}, "invalid_request"},
		"no challenge":      {[]oauth2.AuthCodeOption{set("code_challenge", "")}, "invalid_request"},
		"short challenge":   {[]oauth2.AuthCodeOption{set("code_challenge", "abc")}, "invalid_request"},
		"implicit":          {[]oauth2.AuthCodeOption{set("response_type", "id_token token")}, "unauthorized_client"},
		"implicit, ID only": {[]oauth2.AuthCodeOption{set("response_type", "id_token")}, "unauthorized_client"},
		"no openid":         {[]oauth2.AuthCodeOption{set("scope", "profile")}, "invalid_scope"},
		"form post":         {[]oauth2.AuthCodeOption{set("response_mode", "form_post")}, "invalid_request"},
		"fragment":          {[]oauth2.AuthCodeOption{set("response_mode", "fragment")}, "invalid_request"},
		"prompt none":       {[]oauth2.AuthCodeOption{set("prompt", "none")}, "login_required"},
		"request object":    {[]oauth2.AuthCodeOption{set("request", "e30.e30.")}, "request_not_supported"},
		"false hint":        {[]oauth2.AuthCodeOption{set("id_token_hint", "e30.e30.x")}, "login_required"},
		"hint of null":      {[]oauth2.AuthCodeOption{set("id_token_hint", "bnVsbA.bnVsbA.")}, "login_required"},
	} {
		a := w.client().begin(tc.with...)
		s := w.browser().open(a.url)
		if s.location == nil {
			t.Errorf("%s: not sent back: %d\n%s", name, s.status, s.body)
			continue
		}
		q := s.location.Query()
		if q.Get("error") != tc.want || q.Get("state") != a.state || q.Get("iss") != w.issuer || q.Has("code") ||
			!strings.HasPrefix(s.location.String(), callback+"?") {
			t.Errorf("%s: sent to %s", name, s.location)
		}
	}
	for name, address := range map[string]string{
		"unknown client": strings.Replace(w.client().begin().url, signin.DesktopClient, "other", 1),
		"twice":          w.client().begin().url + "&state=again",
		"too long":       w.client().begin().url + "&nothing=" + strings.Repeat("x", 2000),
	} {
		if s := w.browser().open(address); s.status != 400 || s.location != nil {
			t.Errorf("%s: %d, sent to %v", name, s.status, s.location)
		}
	}
}

// RFC 9700, section 2.6: a script may not ask, only a browser that is sent.
func TestNoScriptOfAnotherSiteReadsTheAuthorizationEndpoint(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
		r, err := http.NewRequestWithContext(t.Context(), method, w.client().begin().url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://elsewhere.example")
		r.Header.Set("Access-Control-Request-Method", http.MethodGet)
		for name := range w.browser().do(r).header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s is answered with %s", method, name)
			}
		}
	}
}
