package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keyfob/api"
)

// using is about what a token opens.
var using = []requirement{
	{88, "`Authorization: Bearer` is accepted", nil, func(w *world) {
		w.whoAmI(w.bob.pat(w.bob.wish()).Secret).is(http.StatusOK)
	}},
	{89, "A call outside the token's scopes gives 403, not 401", []string{erp, digitalHub, lucanet}, func(w *world) {
		m := w.bob.wish()
		w.check(w.bob.pat(m).Secret, "scope", w.another(m)).is(http.StatusForbidden)
	}},
	{90, "Of several scopes, any that covers the call suffices", []string{erp, digitalHub, lucanet}, func(w *world) {
		m := w.bob.wish()
		first, second := m["scopes"].([]string)[0], w.another(m)
		pat := w.bob.pat(m.with("scopes", []string{first, second}))
		w.check(pat.Secret, "scope", first).is(http.StatusNoContent)
		w.check(pat.Secret, "scope", second).is(http.StatusNoContent)
	}},
	{91, "`um:read` opens reading only, `um:write` writing, `um:bulk` bulk operations", []string{lucanet}, func(w *world) { w.umScopes() }},
	{92, "Read, Write, Read and write are `um:read`, `um:write`, `um:bulk`; `um:bulk` alone grants no single read or write", []string{lucanet}, func(w *world) {
		labels := map[string]string{}
		for _, s := range w.bob.capabilities().Scopes {
			labels[s.Name] = s.Label
		}
		if labels["um:read"] != "Read" || labels["um:write"] != "Write" || labels["um:bulk"] != "Read and write" {
			w.Errorf("labels %v", labels)
		}
		w.umScopes()
	}},
	{93, "Effective is what the token has and its owner holds, at every call", []string{socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish().with("permissions", permissions))
		w.hold(w.bob, permissions[1:], []string{w.tenant})
		w.effective(pat, permissions[1:], []string{w.tenant})
	}},
	{94, "A lost permission fails although the token lists it", []string{socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish().with("permissions", permissions))
		w.check(pat.Secret, "permission", permissions[0]).is(http.StatusNoContent)
		w.hold(w.bob, permissions[1:], []string{w.tenant})
		w.check(pat.Secret, "permission", permissions[0]).is(http.StatusForbidden)
	}},
	{95, "A lost tenant fails although the token lists it", []string{socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.check(pat.Secret, "tenant", w.tenant).is(http.StatusNoContent)
		w.hold(w.bob, permissions, []string{unique("t")})
		w.check(pat.Secret, "tenant", w.tenant).is(http.StatusForbidden)
	}},
	{96, "The stored lists stay: a regained permission works again", []string{socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish().with("permissions", permissions))
		w.hold(w.bob, nil, nil)
		if t := w.bob.token(pat.Token.ID); !slices.Equal(t.Permissions, permissions) || !slices.Equal(t.Tenants, []string{w.tenant}) {
			w.Errorf("stored are %v, %v", t.Permissions, t.Tenants)
		}
		w.check(pat.Secret, "permission", permissions[0]).is(http.StatusForbidden)
		w.hold(w.bob, permissions, []string{w.tenant})
		w.check(pat.Secret, "permission", permissions[0]).is(http.StatusNoContent)
	}},
	{98, "With permission and tenant the call succeeds", []string{socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.check(pat.Secret, "permission", permissions[0], "tenant", w.tenant).is(http.StatusNoContent)
	}},
	{99, "Expired, revoked and unknown tokens give one and the same 401", nil, func(w *world) {
		expired, revoked := w.bob.pat(w.bob.wish().with("expiresAt", w.clock.now().Add(time.Minute))), w.bob.pat(w.bob.wish())
		w.bob.revoke(revoked.Token.ID).is(http.StatusNoContent)
		w.clock.forward(time.Minute)
		answers := map[string]bool{}
		for _, secret := range []string{expired.Secret, revoked.Secret, altered(revoked.Secret), "unknown"} {
			r := w.whoAmI(secret).is(http.StatusUnauthorized)
			answers[strings.ReplaceAll(string(r.body), r.header.Get("X-Request-Id"), "")+r.header.Get("WWW-Authenticate")] = true
		}
		if len(answers) != 1 {
			w.Errorf("the answers differ: %v", answers)
		}
	}},
	{100, "A new token works within a minute: here at once", []string{lucanet}, func(w *world) {
		w.whoAmI(w.bob.pat(w.bob.wish()).Secret).is(http.StatusOK)
	}},
}

// check asks, as a gateway in front of some API does, whether a secret opens
// what it is asked for.
func (w *world) check(secret string, wanted ...string) reply {
	w.Helper()
	q := url.Values{"app": {w.app.ID}}
	for pair := range slices.Chunk(wanted, 2) {
		q.Add(pair[0], pair[1])
	}
	return w.call(http.MethodGet, "/check?"+q.Encode(), secret, nil)
}

// another is a scope that is not in m.
func (w *world) another(m wish) string {
	w.Helper()
	for _, s := range w.bob.capabilities().Scopes {
		if !s.Broad && !slices.Contains(m["scopes"].([]string), s.Name) {
			return s.Name
		}
	}
	w.Fatal("there is no other scope")
	return ""
}

// umScopes tries each of the three scopes on calls that demand each.
func (w *world) umScopes() {
	w.Helper()
	all := []string{"um:read", "um:write", "um:bulk"}
	for _, held := range all {
		secret := w.bob.pat(w.bob.wish().with("scopes", []string{held})).Secret
		for _, demanded := range all {
			want := http.StatusForbidden
			if held == demanded {
				want = http.StatusNoContent
			}
			w.check(secret, "scope", demanded).is(want)
		}
		reading := http.StatusForbidden
		if held == "um:read" {
			reading = http.StatusOK
		}
		w.whoAmI(secret).is(reading)
		w.call(http.MethodPost, "/profile/tokens", secret, w.bob.wish()).is(http.StatusForbidden)
	}
}

// hold changes what a person holds.
func (w *world) hold(p *person, permissions, tenants []string) {
	w.Helper()
	w.ada.patch("/manager/users/"+p.user.ID, map[string]any{"permissions": append([]string{}, permissions...), "tenants": append([]string{}, tenants...)})
}

func (w *world) effective(pat api.Issued, permissions, tenants []string) {
	w.Helper()
	t := w.bob.token(pat.Token.ID)
	if t.Effective == nil || !slices.Equal(t.Effective.Permissions, permissions) || !slices.Equal(t.Effective.Tenants, tenants) {
		w.Errorf("effective is %+v, want %v, %v", t.Effective, permissions, tenants)
	}
}

// altered is secret with another last character.
func altered(secret string) string {
	last := "A"
	if strings.HasSuffix(secret, last) {
		last = "B"
	}
	return secret[:len(secret)-1] + last
}
