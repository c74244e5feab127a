package conformance

import (
	"maps"
	"net/http"
	"net/url"
	"time"

	"keyfob/api"
)

// exchanging is about short-lived tokens in exchange for a PAT (RFC 8693).
var exchanging = []requirement{
	{101, "A PAT can be exchanged for a short-lived access token", []string{digitalHub}, func(w *world) {
		out := w.exchanged(w.bob.pat(w.bob.wish()).Secret)
		if out.ExpiresIn <= 0 || out.ExpiresIn > 900 {
			w.Errorf("it lives for %d s", out.ExpiresIn)
		}
		w.whoAmI(out.AccessToken).is(http.StatusOK).names(w.bob)
	}},
	{102, "An exchanged token has no more rights than the PAT and does not outlast it", []string{digitalHub}, func(w *world) {
		m := w.bob.wish()
		pat := w.bob.pat(m.with("expiresAt", w.clock.now().Add(time.Minute)))
		w.exchange(pat.Secret, url.Values{"scope": {w.another(m)}}).is(http.StatusBadRequest).has(`"invalid_scope"`)
		out := w.exchanged(pat.Secret)
		if out.ExpiresIn > 60 {
			w.Errorf("it lives for %d s", out.ExpiresIn)
		}
		w.check(out.AccessToken, "scope", w.another(m)).is(http.StatusForbidden)
		w.clock.forward(time.Minute)
		w.whoAmI(out.AccessToken).is(http.StatusUnauthorized)
	}},
	{103, "Exchanging an expired or revoked PAT fails, and what was exchanged dies with it", []string{digitalHub}, func(w *world) {
		revoked, expired := w.bob.pat(w.bob.wish()), w.bob.pat(w.bob.wish().with("expiresAt", w.clock.now().Add(time.Minute)))
		out := w.exchanged(revoked.Secret)
		w.bob.revoke(revoked.Token.ID).is(http.StatusNoContent)
		w.whoAmI(out.AccessToken).is(http.StatusUnauthorized)
		w.clock.forward(time.Minute)
		w.exchange(revoked.Secret, nil).is(http.StatusBadRequest)
		w.exchange(expired.Secret, nil).is(http.StatusBadRequest)
	}},
	{104, "Only the rules that have it announce an exchange", []string{erp, lucanet, socotra}, func(w *world) {
		if got := w.bob.capabilities().Abilities["exchange"].State; got != "no" {
			w.Errorf("announced as %s", got)
		}
		w.exchange(w.bob.pat(w.bob.wish()).Secret, nil).is(http.StatusBadRequest).has(`"unsupported_grant_type"`)
	}},
	{105, "Clients cannot introspect: only the application's own services can", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		ask := func(secret string) reply {
			return w.form("/id/connect/introspect", http.Header{"Authorization": {"Bearer " + secret}}, url.Values{"token": {pat.Secret}})
		}
		for _, secret := range []string{pat.Secret, w.bob.access} {
			if r := ask(secret); r.status != http.StatusUnauthorized && r.status != http.StatusForbidden {
				w.Errorf("status %d", r.status)
			}
		}
		foreign := w.introspector(w.newApp(api.PolicyAuthenticatedUsers))
		if body := string(ask(foreign).is(http.StatusOK).body); body != "{\"active\":false}\n" && body != `{"active":false}` {
			w.Errorf("another application learns %s", body)
		}
	}},
}

// exchange asks for a short-lived token.
func (w *world) exchange(secret string, more url.Values) reply {
	w.Helper()
	values := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {secret},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
	}
	maps.Copy(values, more)
	return w.form("/id/connect/token", nil, values)
}

type exchanged struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

func (w *world) exchanged(secret string) (out exchanged) {
	w.Helper()
	w.exchange(secret, nil).is(http.StatusOK).into(&out)
	return out
}
