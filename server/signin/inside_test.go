package signin

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"keyfob/server/password"
	"keyfob/server/store"
)

// slowRedirect is what allowedRedirect must say, by way of net/url.
func slowRedirect(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Path != "/callback" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	host, port := u.Hostname(), u.Port()
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 || host != "127.0.0.1" && host != "::1" {
		return false
	}
	return uri == fmt.Sprintf("http://%s/callback", net.JoinHostPort(host, strconv.Itoa(n)))
}

// security 23: differential, against a slow oracle.
func FuzzOnlyTheDesktopsAddressIsARedirect(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:1/callback", "http://[::1]:65535/callback", "http://127.0.0.1:/callback", "http://127.0.0.1:+1/callback",
		"http://127.0.0.1:01/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1:1/callback#", "http://127.0.0.1:1/callback?",
		"http://[::1%25lo]:1/callback", "http://127.0.0.1:1//callback", "http://127.0.0.1:1/callback\n", "http://localhost:1/callback",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if got, want := allowedRedirect(uri), slowRedirect(uri); got != want {
			t.Fatalf("allowedRedirect(%q) = %v, want %v", uri, got, want)
		}
	})
}

// The same with every address that is nearly right, which random bytes never
// are.
func TestNearlyTheDesktopsAddressIsNoRedirect(t *testing.T) {
	parts := [][]string{
		{"http", "https", "HTTP", ""},
		{"://", ":/", "://u@", "://u:p@"},
		{"127.0.0.1", "[::1]", "localhost", "127.0.0.01", "[::1%25x]", "[0:0::1]", "127.1", "::1"},
		{":", "", "::"},
		{"1", "80", "65535", "65536", "0", "01", "+1", "-1", "", " 1", "1e1", "１"},
		{"/callback", "/", "", "/callback/", "//callback", "/Callback", "/%63allback", "/./callback"},
		{"", "?", "?x", "#", "#x", "\n", " ", ";x", "/..", "%00"},
	}
	good := 0
	each("", parts, func(uri string) {
		got, want := allowedRedirect(uri), slowRedirect(uri)
		if got != want {
			t.Errorf("allowedRedirect(%q) = %v, want %v", uri, got, want)
		}
		if got {
			good++
		}
	})
	if good != 2*3 { // two hosts, three ports
		t.Errorf("%d good addresses", good)
	}
}

// each calls do with every way to put one of each part together.
func each(start string, parts [][]string, do func(string)) {
	if len(parts) == 0 {
		do(start)
		return
	}
	for _, choice := range parts[0] {
		each(start+choice, parts[1:], do)
	}
}

func TestGuessingIsSlowedMoreAndMoreAndThenToldToComeBack(t *testing.T) {
	th, now := newThrottle(), time.Now()
	try := func(login, from string) (time.Duration, bool) { return th.admit(login, from, now) }
	for i := range freeTries {
		if wait, ok := try("ada", "a"); wait != 0 || !ok {
			t.Fatalf("try %d waits %v, %v", i, wait, ok)
		}
	}
	last := time.Duration(0)
	for range int(longest / tryEvery) {
		wait, ok := try("ada", "a")
		if !ok || wait <= last || wait > longest {
			t.Fatalf("after %v a try waits %v, %v", last, wait, ok)
		}
		last = wait
	}
	if _, ok := try("ada", "a"); ok {
		t.Error("a flood is still let wait here")
	}
	now = now.Add(tryEvery)
	if wait, ok := try("ada", "a"); !ok || wait > longest {
		t.Errorf("a moment later: %v, %v", wait, ok)
	}
}

func TestOnlyTheGuessersOwnPlaceIsSlowedAndTheRightPasswordEndsIt(t *testing.T) {
	th, now := newThrottle(), time.Now()
	try := func(login, from string) (time.Duration, bool) { return th.admit(login, from, now) }
	for range 2 * freeTries {
		try("ada", "a")
	}
	if wait, ok := try("ada", "b"); wait != 0 || !ok {
		t.Errorf("the same login from elsewhere: %v, %v", wait, ok)
	}
	if wait, ok := try("bob", "a"); wait != 0 || !ok {
		t.Errorf("another login from the same place: %v, %v", wait, ok)
	}
	th.forgive("ada", "a")
	if wait, ok := try("ada", "a"); wait != 0 || !ok {
		t.Errorf("after the right password: %v, %v", wait, ok)
	}
}

func TestGuessingFromManyPlacesIsSlowedButServed(t *testing.T) {
	th, now := newThrottle(), time.Now()
	for i := range 1000 {
		wait, ok := th.admit("ada", strconv.Itoa(i), now)
		if !ok || wait > worldDelay {
			t.Fatalf("from place %d: %v, %v", i, wait, ok)
		}
		if i >= freeWorld && wait != worldDelay {
			t.Fatalf("from place %d: not slowed", i)
		}
	}
}

func TestTheThrottleRemembersABoundedNumberOfPlaces(t *testing.T) {
	th, now := newThrottle(), time.Now()
	for i := range 3 * maxKeys {
		th.admit(strconv.Itoa(i), "a", now)
		now = now.Add(time.Microsecond)
	}
	if len(th.local) > maxKeys || len(th.world) > maxKeys {
		t.Errorf("%d and %d places", len(th.local), len(th.world))
	}
}

func TestOneIPv6CustomerIsOneNetwork(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"[2001:db8::1]:1", "[2001:db8::ffff:1]:9", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
	} {
		if got := network(tc.a) == network(tc.b); got != tc.same {
			t.Errorf("%s and %s: same = %v", tc.a, tc.b, got)
		}
	}
}

func newProvider(t *testing.T) *Provider {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, "keyfob.db"))
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

func TestTheLoginPageMakesAGuesserWaitAndThenComeBack(t *testing.T) {
	p := newProvider(t)
	now := time.Now()
	p.clock = func() time.Time { return now }
	var waited []time.Duration
	p.pause = func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	q := &request{ID: "x", ClientID: DesktopClient, RedirectURI: "http://127.0.0.1:1/callback", ExpiresAt: now.Add(time.Hour)}
	cookie, err := p.cookie(q)
	if err != nil {
		t.Fatal(err)
	}
	var last *httptest.ResponseRecorder
	for range freeTries + int(longest/tryEvery) + 1 {
		body := strings.NewReader(url.Values{"request": {"x"}, "login": {"ada"}, "password": {"guess"}}.Encode())
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookie)
		last = httptest.NewRecorder()
		p.Handler().ServeHTTP(last, r)
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") != "8" || !strings.Contains(last.Body.String(), "Too many tries") {
		t.Errorf("%d %v\n%s", last.Code, last.Header(), last.Body)
	}
	if n := len(waited); n != freeTries+4 || waited[0] != 0 || waited[n-1] != longest {
		t.Errorf("waited %v", waited)
	}
}

// security part 4: the same answer and time for unknown users.
func TestEachTryCostsOneHashWhoeverItIs(t *testing.T) {
	p := newProvider(t)
	users := []store.User{
		{ID: "1", Login: "ada", IsActive: true, PasswordHash: password.Unmatchable()},
		{ID: "2", Login: "off", PasswordHash: password.Unmatchable()},
		{ID: "3", Login: "robot", IsActive: true},
	}
	err := p.store.Write(t.Context(), func(tx *store.Tx) error {
		for _, u := range users {
			u.CreatedAt = p.now()
			if err := tx.InsertUser(t.Context(), u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	against := ""
	p.verify = func(_ context.Context, phc, _ string) (bool, error) {
		against += phc
		return true, nil // even if the hash said so
	}
	for _, tc := range []struct {
		login, typed, against string
		in                    bool
	}{
		{"ada", "x", users[0].PasswordHash, true},
		{"ada", strings.Repeat("x", maxPassword+1), p.nobody, false},
		{"off", "x", p.nobody, false},
		{"robot", "x", p.nobody, false},
		{"robot", "", p.nobody, false},
		{"nobody", "x", p.nobody, false},
		{"", "", p.nobody, false},
	} {
		against = ""
		_, in, err := p.check(t.Context(), tc.login, tc.typed)
		if err != nil || in != tc.in || against != tc.against {
			t.Errorf("%s: in %v, %v, verified against %q", tc.login, in, err, against)
		}
	}
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

func TestTheKeyFileIsPrivateAndStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signin.key")
	one, err := loadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	two, err := loadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	if one.id != two.id || !one.signing.Equal(two.signing) || one.next("x") != two.next("x") || one.next("x") == one.next("y") {
		t.Error("the keys changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	if runtime.GOOS == "windows" {
		return // no such bits
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := loadKeys(path); err == nil || !strings.Contains(err.Error(), "set 0600") {
		t.Errorf("readable by others: %v", err)
	}
}

func TestADamagedKeyFileIsRefusedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signin.key")
	if _, err := loadKeys(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-30], "text": []byte("hello"), "one block": good[bytes.LastIndex(good, []byte("-----BEGIN")):],
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadKeys(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, bad) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func FuzzUnsealOpensOnlyWhatWasSealed(f *testing.F) {
	s, err := newSealer(make([]byte, 32), "test")
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := s.Encrypt("id:subject")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed + "\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := s.Decrypt(text); err == nil && text != sealed {
			t.Fatalf("%q opened as %q", text, got)
		}
	})
}

func TestThePagesShowTheProgramsOwnIcon(t *testing.T) {
	want, err1 := os.ReadFile(filepath.Join("..", "..", "assets", "icon.svg"))
	got, err2 := pageFiles.ReadFile("pages/static/keyfob.svg")
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("the icons differ (%v, %v)", err1, err2)
	}
}
