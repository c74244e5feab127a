package signin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyfob/server/store"
)

// goodQuery says in other words what an authorization request must have.
func goodQuery(raw string) bool {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return false
	}
	for _, values := range q {
		if len(values) != 1 {
			return false
		}
	}
	return q.Get("client_id") == DesktopClient && q.Get("response_type") == "code" && slowRedirect(q.Get("redirect_uri")) &&
		q.Get("code_challenge_method") == "S256" && len(q.Get("code_challenge")) == 43 &&
		slices.Contains(strings.Split(q.Get("scope"), " "), "openid")
}

// RFC 6749, 7636 and 9700: whatever comes, the login page is reached with a
// good request alone, and the browser is sent nowhere but to a good address.
func FuzzOnlyAGoodAuthorizationRequestReachesTheLoginPage(f *testing.F) {
	dir := f.TempDir()
	s, err := store.Open(f.Context(), filepath.Join(dir, "keyfob.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	p, err := New(f.Context(), Config{Store: s, Issuer: "http://127.0.0.1:1/id", KeyFile: filepath.Join(dir, "signin.key")})
	if err != nil {
		f.Fatal(err)
	}
	good := goodRequest().Encode()
	for _, seed := range []string{
		good, good + "&prompt=none", good + "&state=x", good + "&request=e30.e30.", good + "&response_mode=form_post", good + "&%zz",
		good + "&id_token_hint=x", good + "&id_token_hint=bnVsbA.bnVsbA.", good + "&request=bnVsbA.bnVsbA.",
		good + "&max_age=-1", good + "&ui_locales=%ff", strings.Replace(good, "S256", "plain", 1),
		strings.Replace(good, "127.0.0.1", "localhost", 1), strings.Replace(good, "=code&", "=code+token&", 1), "client_id=keyfob-desktop", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p.failures = newFailures()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/connect/authorize", http.NoBody)
		r.URL.RawQuery = raw
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		to := w.Header().Get("Location")
		switch {
		case w.Code == http.StatusSeeOther && strings.HasPrefix(to, "http://127.0.0.1:1/id/login?request="):
			if !goodQuery(raw) {
				t.Fatalf("%q reached the login page", raw)
			}
		case w.Code == http.StatusFound:
			at, answer, _ := strings.Cut(to, "?")
			said, err := url.ParseQuery(answer)
			if err != nil || !slowRedirect(at) || said.Get("error") == "" || !describable.MatchString(said.Get("error_description")) {
				t.Fatalf("%q was sent to %s", raw, to)
			}
		case w.Code != http.StatusBadRequest:
			t.Fatalf("%q: %d %s", raw, w.Code, to)
		}
	})
}
