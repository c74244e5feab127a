package signin

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/internal/pgtest"
	"keyfob/server/store"
)

func newProvider(t *testing.T) *Provider {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), pgtest.Place(t, filepath.Join(dir, "keyfob.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p, err := New(t.Context(), Config{Store: s, Issuer: "http://127.0.0.1:1/id", KeyFile: filepath.Join(dir, "signin.key")})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheCookieIsForTheServerAlone(t *testing.T) {
	p := newProvider(t)
	q := &request{ID: "x", ClientID: DesktopClient, RedirectURI: "http://127.0.0.1:1/callback", State: "visible?", ExpiresAt: p.now().Add(time.Hour)}
	plain, err := p.cookie(q)
	if err != nil {
		t.Fatal(err)
	}
	if !plain.HttpOnly || plain.SameSite != http.SameSiteLaxMode || plain.Path != "/id/" || plain.Secure {
		t.Errorf("cookie %s", plain)
	}
	if err := plain.Valid(); err != nil {
		t.Error(err)
	}
	if strings.Contains(plain.Value, "visible") {
		t.Error("the cookie is not sealed")
	}
	p.base.Scheme = "https"
	if over, err := p.cookie(q); err != nil || !over.Secure {
		t.Errorf("over https: %s, %v", over, err)
	}
	otherKey, err := p.keys.tokens.Encrypt("{}")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]*http.Cookie{
		"changed":      p.cookieNamed("x", plain.Value[:len(plain.Value)-4]+"AAAA", 1),
		"another key":  p.cookieNamed("x", otherKey, 1),
		"another name": p.cookieNamed("y", plain.Value, 1),
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", nil)
		r.AddCookie(bad)
		if _, ok := p.pending(r, strings.TrimPrefix(bad.Name, cookiePrefix)); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestARequestThatNoCookieHoldsIsRefused(t *testing.T) {
	p := newProvider(t)
	for state, want := range map[string]int{
		strings.Repeat("x", 1500):       http.StatusSeeOther,
		strings.Repeat("\x01", 500):     http.StatusBadRequest, // six bytes each in JSON
		strings.Repeat("x", maxRequest): http.StatusBadRequest,
	} {
		q := url.Values{
			"client_id": {DesktopClient}, "redirect_uri": {"http://127.0.0.1:65535/callback"}, "response_type": {"code"}, "scope": {"openid"},
			"code_challenge": {random()}, "code_challenge_method": {"S256"}, "state": {state},
		}
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/connect/authorize?"+q.Encode(), nil))
		if w.Code != want {
			t.Errorf("%d bytes of %q: %d, want %d", len(state), state[0], w.Code, want)
		}
	}
}

func TestTheIssuerIsHTTPSOrOnLoopback(t *testing.T) {
	for issuer, want := range map[string]bool{
		"https://keyfob.example.org/id": true, "https://example.org/keyfob/id": true, "http://127.0.0.1:8642/id": true,
		"http://[::1]:8642/id": true, "http://localhost:8642/id": true,
		"http://keyfob.example.org/id": false, "http://192.0.2.1/id": false, "https://u:p@example.org/id": false, "https://example.org/id/": false,
		"https://example.org/id?x": false, "https://example.org/id#x": false, "ftp://127.0.0.1/id": false, "/id": false, "": false, "https://%zz": false,
	} {
		_, err := parseIssuer(issuer)
		if (err == nil) != want {
			t.Errorf("%q: %v", issuer, err)
		}
		if err != nil && strings.Contains(err.Error(), "u:p@") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestThePagesShowTheProgramsOwnIcon(t *testing.T) {
	want, err1 := os.ReadFile(filepath.Join("..", "..", "assets", "icon.svg"))
	got, err2 := pageFiles.ReadFile("pages/static/keyfob.svg")
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("the icons differ (%v, %v)", err1, err2)
	}
}

// The password was right, and changed before the code was kept.
func TestAPasswordOfBeforeASignOutMakesNoCode(t *testing.T) {
	p := newProvider(t)
	user := store.User{ID: "u1", Login: "ada", IsActive: true, CreatedAt: time.Now()}
	write := func(do func(*store.Tx) error) {
		t.Helper()
		if err := p.store.Write(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *store.Tx) error { return tx.InsertUser(t.Context(), user) })
	if _, err := p.newCode(t.Context(), &request{ClientID: DesktopClient}, user, ""); err != nil {
		t.Error(err)
	}
	write(func(tx *store.Tx) error { return tx.EndSignIns(t.Context(), user.ID, p.now()) })
	if _, err := p.newCode(t.Context(), &request{ClientID: DesktopClient}, user, ""); !errors.Is(err, errSignedOut) {
		t.Errorf("answered %v", err)
	}
}
