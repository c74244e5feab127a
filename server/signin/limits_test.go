package signin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ask makes a request from an address.
func ask(p *Provider, t *testing.T, method, path, from string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

// wantTooMany asks until it is too often, and then from elsewhere and later.
func wantTooMany(t *testing.T, now *time.Time, free, ordinary int, once func(from string) *httptest.ResponseRecorder) {
	t.Helper()
	for i := range free {
		if w := once("192.0.2.1:1"); w.Code != ordinary {
			t.Fatalf("try %d: %d %s", i, w.Code, w.Body)
		}
	}
	w := once("192.0.2.1:2")
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 10 {
		t.Fatalf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := once("192.0.2.2:1"); w.Code != ordinary {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	*now = now.Add(time.Duration(wait) * time.Second)
	if w := once("192.0.2.1:1"); w.Code != ordinary {
		t.Errorf("when it was told to come back: %d", w.Code)
	}
}

func stopped(t *testing.T) (*Provider, *time.Time) {
	t.Helper()
	p, now := newProvider(t), time.Now()
	p.clock = func() time.Time { return now }
	return p, &now
}

// RFC 8628, section 5.1; security 28.
func TestGuessesOfUserCodesAreFewFromOneNetwork(t *testing.T) {
	p, now := stopped(t)
	wantTooMany(t, now, 20, http.StatusUnprocessableEntity, func(from string) *httptest.ResponseRecorder {
		return ask(p, t, http.MethodPost, "/device", from, url.Values{"user_code": {"BCDF-GHJK"}})
	})
}

// RFC 8628, section 5.1.
func TestGuessesOfUserCodesAreFewInAll(t *testing.T) {
	p, now := stopped(t)
	last := 0
	for i := range 250 {
		last = ask(p, t, http.MethodPost, "/device", "10.0."+strconv.Itoa(i)+".1:1", url.Values{"user_code": {"BCDF-GHJK"}}).Code
		if limited := last == http.StatusTooManyRequests; limited != (i >= 200) {
			t.Fatalf("guess %d: %d", i, last)
		}
	}
	*now = now.Add(2 * time.Second)
	if w := ask(p, t, http.MethodPost, "/device", "10.1.0.1:1", url.Values{"user_code": {"BCDF-GHJK"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("when it was told to come back: %d", w.Code)
	}
}

// security 28.
func TestDevicesThatBeginToWaitAreFewFromOneNetwork(t *testing.T) {
	p, now := stopped(t)
	wantTooMany(t, now, 20, http.StatusOK, func(from string) *httptest.ResponseRecorder {
		return ask(p, t, http.MethodPost, "/connect/deviceauthorization", from, url.Values{"client_id": {DesktopClient}, "scope": {"openid"}})
	})
}

// security 28: and what is right is answered all the while.
func TestRefusedTokenRequestsAreTooManyAtSomePointButGoodOnesNever(t *testing.T) {
	p, now := stopped(t)
	wantTooMany(t, now, 100, http.StatusBadRequest, func(from string) *httptest.ResponseRecorder {
		return ask(p, t, http.MethodPost, "/connect/token", from, url.Values{
			"grant_type": {"refresh_token"}, "client_id": {DesktopClient}, "refresh_token": {"guess"},
		})
	})
	begun := ask(p, t, http.MethodPost, "/connect/deviceauthorization", "192.0.2.1:1", url.Values{"client_id": {DesktopClient}, "scope": {"openid"}})
	if begun.Code != http.StatusOK {
		t.Errorf("%d %s", begun.Code, begun.Body)
	}
	for range 100 {
		ask(p, t, http.MethodPost, "/connect/token", "192.0.2.1:1", nil)
	}
	if w := ask(p, t, http.MethodPost, "/connect/token", "192.0.2.1:1", nil); w.Code != http.StatusTooManyRequests {
		t.Errorf("%d", w.Code)
	}
	if w := ask(p, t, http.MethodGet, "/connect/authorize?"+goodRequest().Encode(), "192.0.2.1:1", nil); w.Code != http.StatusSeeOther {
		t.Errorf("a good request: %d %s", w.Code, w.Body)
	}
}

// security 28.
func TestRefusedAuthorizationRequestsAreTooManyAtSomePoint(t *testing.T) {
	p, now := stopped(t)
	wantTooMany(t, now, 100, http.StatusBadRequest, func(from string) *httptest.ResponseRecorder {
		return ask(p, t, http.MethodGet, "/connect/authorize?client_id=other", from, nil)
	})
}

func goodRequest() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {DesktopClient}, "redirect_uri": {"http://127.0.0.1:1/callback"}, "scope": {"openid"},
		"state": {"s"}, "code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
	}
}
