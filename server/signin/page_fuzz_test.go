package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// browser is one that has kept what began in it, and sends a form from a site.
func (o outside) browser(tb testing.TB, site string, kept ...*request) http.Header {
	tb.Helper()
	h := make(http.Header)
	if site != "" {
		h.Set("Sec-Fetch-Site", site)
	}
	for _, q := range kept {
		q.ClientID, q.Scopes, q.ExpiresAt = DesktopClient, scopes, o.now().Add(requestLife)
		cookie, err := o.cookie(q)
		if err != nil {
			tb.Fatal(err)
		}
		h.Add("Cookie", cookie.Name+"="+cookie.Value)
	}
	return h
}

func otherSite(site string) bool { return site != "" && site != "same-origin" && site != "none" }

// left are the cookies that a browser would still have after an answer.
func left(w *httptest.ResponseRecorder) (cookies []*http.Cookie) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			cookies = append(cookies, c)
		}
	}
	return cookies
}

// ownPage demands a page of the server's own, on which nothing runs.
func ownPage(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if h := w.Header(); h.Get("Location") != "" || len(left(w)) != 0 || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") ||
		strings.Contains(w.Body.String(), "<script") {
		t.Fatalf("%d %v\n%s", w.Code, h, w.Body)
	}
}

// Whatever the form: without the password nobody is signed in, and the browser
// is sent nowhere but back to the program that asked, with nothing.
func FuzzALoginWithoutThePasswordLeadsNowhere(f *testing.F) {
	o := newOutside(f)
	for _, seed := range []string{
		"request=desktop&login=ada&password=wrong", "request=device&login=+ADA+&password=", "request=desktop&login=&password=" + url.QueryEscape(o.nobody),
		"request=desktop&cancel=1", "request=device&cancel=", "request=x&login=ada", "request=desktop&login=%22%3E%3Cscript%3E&password=x", "", "%zz",
		"request=desktop&request=device&login=%00%ff&password=%00", "request=desktop&login=" + strings.Repeat("a", maxLogin+1), "request=desktop;login=ada",
	} {
		f.Add(seed, "same-origin")
	}
	f.Add("request=desktop&login=ada&password=x", "cross-site")
	f.Add("request=desktop&login=ada&password=x", "")
	f.Fuzz(func(t *testing.T, body, site string) {
		h := o.browser(t, site, &request{ID: "desktop", RedirectURI: fuzzCallback}, &request{ID: "device", UserCode: fuzzUserCode, Device: digest("waits")})
		w := o.send(t, http.MethodPost, "/login", "", body, h)
		if right := o.Tries()["accepted"]; right != 0 || len(left(w)) != 0 {
			t.Fatalf("%q signed in: %v", body, w.Header())
		}
		form, _ := url.ParseQuery(body)
		switch back := "http://127.0.0.1:1/callback?error=access_denied&iss=http%3A%2F%2F127.0.0.1%3A1%2Fid"; w.Code {
		case http.StatusSeeOther:
			if w.Header().Get("Location") != back || !form.Has("cancel") || otherSite(site) {
				t.Fatalf("%q was sent to %s", body, w.Header().Get("Location"))
			}
		case http.StatusOK, http.StatusUnprocessableEntity, http.StatusBadRequest:
			if ownPage(t, w); otherSite(site) || w.Code == http.StatusOK && !form.Has("cancel") {
				t.Fatalf("%q of %q: %d", body, site, w.Code)
			}
		case http.StatusForbidden:
			if ownPage(t, w); !otherSite(site) {
				t.Fatalf("%q of %q was refused", body, site)
			}
		default:
			t.Fatalf("%q: %d", body, w.Code)
		}
	})
}

// Whatever is asked of the pages of a device, by a browser in which nobody has
// signed in since: the device still waits, and no page is another server's.
func FuzzADeviceIsNotLetInByWhoHasNotSignedIn(f *testing.F) {
	o := newOutside(f)
	pages := []struct{ method, path string }{
		{http.MethodPost, "/device"}, {http.MethodPost, "/device/confirm"}, {http.MethodGet, "/device"}, {http.MethodGet, "/device/confirm"}, {http.MethodGet, "/login"},
	}
	for which := range pages {
		for _, seed := range []string{
			"user_code=BCDF-GHJK", "user_code=bcdf+ghjk&request=asked", "user_code=BCDF-GHJL", "user_code=" + strings.Repeat("-", maxUserCode+1), "user_code=%22%3E%3Cscript%3E",
			"request=asked&answer=allow", "request=before&answer=allow", "request=before&answer=deny", "request=before&answer=", "request=&answer=allow", "%zz", "",
		} {
			f.Add(uint8(which), seed, "same-origin")
		}
		f.Add(uint8(which), "request=before&answer=allow&user_code=BCDF-GHJK", "cross-site")
	}
	f.Fuzz(func(t *testing.T, which uint8, text, site string) {
		h := o.browser(t, site, &request{ID: "asked", UserCode: fuzzUserCode, Device: digest("waits")},
			&request{ID: "before", UserCode: fuzzUserCode, Device: digest("waits"), UserID: "1", SignOuts: -1})
		at, query, body := pages[int(which)%len(pages)], text, ""
		if at.method == http.MethodPost {
			query, body = "", text
		}
		w := o.send(t, at.method, at.path, query, body, h)
		if _, waits, err := o.pendingDevice(t.Context(), fuzzUserCode); err != nil || !waits {
			t.Fatalf("%q decided about the device (%v)", text, err)
		}
		form, _ := url.ParseQuery(text)
		code, _ := parseUserCode(form.Get("user_code"))
		posted := at.method == http.MethodPost
		switch {
		case posted && otherSite(site):
			if ownPage(t, w); w.Code != http.StatusForbidden {
				t.Fatalf("%q of %q: %d", text, site, w.Code)
			}
		case posted && at.path == "/device" && code == fuzzUserCode:
			o.onlyAsked(t, w)
		default:
			if ownPage(t, w); w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity {
				t.Fatalf("%s %s %q: %d", at.method, at.path, text, w.Code)
			}
		}
	})
}

// onlyAsked demands that a right user code leads to the login page, and that
// the browser is nobody's yet.
func (o outside) onlyAsked(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	cookies := left(w)
	id, ok := strings.CutPrefix(w.Header().Get("Location"), o.issuer+"/login?request=")
	if w.Code != http.StatusSeeOther || !ok || len(cookies) != 1 {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.AddCookie(cookies[0])
	if q, ok := o.pending(r, id); !ok || q.UserID != "" || q.UserCode != fuzzUserCode {
		t.Fatalf("the browser holds %+v", q)
	}
}

// hint is an ID token of a sign-in by some issuer and key.
func hint(f *testing.F, key *ecdsa.PrivateKey, id, issuer, signIn string) string {
	f.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		f.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": issuer, "sub": "1", "aud": []string{DesktopClient}, "azp": DesktopClient, "exp": 1 << 33, "iat": 1, "sid": signIn,
	})
	if err != nil {
		f.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		f.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// Whatever the address, the form and the hint: a sign-in whose ID token nobody
// holds goes on, and the browser is sent nowhere else.
func FuzzEndingASessionEndsNoOthersAndLeadsNowhere(f *testing.F) {
	o := newOutside(f)
	strange, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	ended, encode := hint(f, o.keys.signing, o.keys.id, o.issuer, "ended"), base64.RawURLEncoding.EncodeToString
	none := encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(`{"iss":"`+o.issuer+`","sid":"live","azp":"keyfob-desktop"}`)) + "."
	const away = "post_logout_redirect_uri=https%3A%2F%2Fevil.test%2F"
	for _, seed := range []string{
		"id_token_hint=" + ended, away + "&id_token_hint=" + ended, "state=%0d%0ax&id_token_hint=" + ended, "client_id=other&id_token_hint=" + ended,
		"id_token_hint=" + hint(f, o.keys.signing, o.keys.id, "https://evil.test", "live"), "id_token_hint=" + hint(f, strange, o.keys.id, o.issuer, "live"),
		"id_token_hint=" + hint(f, strange, "other", o.issuer, "live"), "id_token_hint=" + none, "id_token_hint=e30.e30.e30", "id_token_hint=a.b.c.d.e",
		"id_token_hint=bnVsbA.bnVsbA.", "client_id=keyfob-desktop&" + away, "client_id=keyfob-desktop&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback",
		away, "logout_hint=ada&ui_locales=%ff+en", "state=a&state=b&sid=live", "%zz", "",
	} {
		f.Add(seed, "")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		method := http.MethodPost
		if body == "" {
			method = http.MethodGet
		}
		w := o.send(t, method, "/connect/endsession", query, body, nil)
		if s, err := o.store.SignIn(t.Context(), "live"); err != nil || !s.EndedAt.IsZero() {
			t.Fatalf("%q %q ended another's sign-in (%v)", query, body, err)
		}
		to, state, _ := strings.Cut(w.Header().Get("Location"), "?")
		switch {
		case w.Code == http.StatusBadRequest:
			ownPage(t, w)
		case w.Code != http.StatusFound || to != o.issuer+"/signed-out" || state != "" && !strings.HasPrefix(state, "state=") || len(left(w)) != 0:
			t.Fatalf("%q %q: %d %v", query, body, w.Code, w.Header())
		}
	})
}
