package server_test

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"keyfob/api"
)

// away is a call that a proxy passes on from another network.
func (h *house) away(from, path, bearer string) reply {
	h.Helper()
	return h.send(http.MethodGet, path, http.Header{"Authorization": {"Bearer " + bearer}, "X-Forwarded-For": {from}}, http.NoBody)
}

// until repeats a failing call until it is told to wait, and answers how often
// it was not.
func (h *house) until(limited func(i int) reply) (r reply, before int) {
	h.Helper()
	for i := range 1000 {
		if r = limited(i); r.status == http.StatusTooManyRequests {
			if wait, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || wait < 1 || wait > 10 {
				h.Errorf("Retry-After: %s", r.header.Get("Retry-After"))
			}
			return r, i
		}
		r.want(http.StatusUnauthorized)
	}
	h.Fatal("a thousand failures, and no limit")
	return r, 0
}

func TestWhoPresentsWrongTokensIsToldToWaitAndNobodyElse(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	wrong := "enrt_p" + strings.Repeat("A", 48)
	r, before := h.until(func(int) reply { return h.away("203.0.113.7", "/profile/me", wrong) })
	r.refused(http.StatusTooManyRequests, api.CodeTooMany)
	if before < 60 || r.header.Get("WWW-Authenticate") != "" {
		t.Errorf("limited after %d: %v", before, r.header)
	}
	for range 3 {
		h.away("203.0.113.7", "/profile/me", pat.Secret).want(http.StatusOK) // the neighbour behind the same address
		h.away("203.0.113.7", "/profile/me", h.bobIn).want(http.StatusOK)
	}
	h.away("203.0.113.8", "/profile/me", wrong).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.send(http.MethodGet, "/profile/me", http.Header{"X-Forwarded-For": {"203.0.113.7"}}, http.NoBody).
		refused(http.StatusUnauthorized, api.CodeUnauthenticated) // nothing was presented
	// The whole /64 of an IPv6 customer is one network.
	h.until(func(i int) reply { return h.away("2001:db8::"+strconv.FormatInt(int64(i), 16), "/profile/me", wrong) })
	h.away("2001:db8:0:1::1", "/profile/me", wrong).want(http.StatusUnauthorized)
	for range 200 {
		h.get("/profile/me", wrong).want(http.StatusUnauthorized) // this machine: nobody in particular
	}
}

func TestWhoGuessesAClientSecretDoesNotKeepTheApplicationOut(t *testing.T) {
	h := newHouse(t)
	right, err := h.in.Tokens.NewAppSecret(t.Context(), operator, h.open.ID)
	h.must(err)
	ask := func(from, id, secret string) reply {
		return h.form("/id/connect/introspect", http.Header{"X-Forwarded-For": {from}},
			url.Values{"token": {"x"}, "client_id": {id}, "client_secret": {secret}})
	}
	wrong := right.Reveal()[:53] + "_"
	r, before := h.until(func(i int) reply { return ask("198.51.100."+strconv.Itoa(i%250), h.open.ID, wrong) })
	if before < 30 || !strings.Contains(string(r.body), `"error":"slow_down"`) {
		t.Errorf("limited after %d: %s", before, r.body)
	}
	for range 3 {
		ask("192.0.2.1", h.open.ID, right.Reveal()).want(http.StatusOK)
	}
	ask("192.0.2.1", h.admins.ID, wrong).want(http.StatusUnauthorized) // another application's name
}

func TestFailedGrantsAreLimitedToo(t *testing.T) {
	h := newHouse(t)
	redeem := func(from string, form url.Values) reply {
		form = maps.Clone(form)
		form.Set("client_id", "keyfob-desktop")
		return h.form("/id/connect/token", http.Header{"X-Forwarded-For": {from}}, form)
	}
	wrong := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"guess"}}
	for i := 0; ; i++ {
		r := redeem("203.0.113.7", wrong)
		if r.status == http.StatusTooManyRequests {
			break
		}
		if r.want(http.StatusBadRequest); i > 1000 {
			t.Fatal("a thousand failures, and no limit")
		}
	}
	refresh, err := h.in.SignIn.SignInLocally(t.Context(), h.bob.ID)
	h.must(err)
	redeem("203.0.113.7", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}).want(http.StatusOK)
	redeem("203.0.113.8", wrong).want(http.StatusBadRequest)
}

func TestTheCallersAddressIsTheOneThatATrustedProxySays(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	h.send(http.MethodGet, "/profile/me", http.Header{
		"Authorization": {"Bearer " + pat.Secret}, "X-Forwarded-For": {"6.6.6.6, 203.0.113.9"},
		"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"},
	}, http.NoBody).want(http.StatusOK)
	var got api.Token
	h.get("/profile/tokens/"+pat.Token.ID, h.bobIn).want(http.StatusOK).into(&got)
	if got.LastUsedFrom == nil || *got.LastUsedFrom != "203.0.113.9" {
		t.Errorf("last used from %v", got.LastUsedFrom)
	}
	if log := h.log.String(); !strings.Contains(log, "from=203.0.113.9") || !strings.Contains(log, "caller=token/"+pat.Token.ID) || strings.Contains(log, "6.6.6.6") {
		t.Error("the log does not say who called")
	}
	r := h.send(http.MethodGet, "/id/.well-known/openid-configuration", http.Header{"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}, "Forwarded": {"host=evil.example;proto=https"}}, http.NoBody)
	if strings.Contains(string(r.body), "evil") || !strings.Contains(string(r.body), `"issuer":"`+h.url) {
		t.Errorf("the issuer follows a header: %s", r.body)
	}
}
