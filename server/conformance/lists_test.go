package conformance

import (
	"net/http"
	"slices"
	"time"

	"keyfob/api"
)

// lists is about who sees which tokens.
var lists = []requirement{
	{37, "My tokens are mine over all applications", nil, func(w *world) {
		second := w.newApp(api.PolicyAuthenticatedUsers)
		a, b := w.bob.pat(w.bob.wish()), w.bob.pat(w.bob.wish().with("appId", second.ID))
		w.lists(w.bob, "/profile/tokens", a.Token.ID, b.Token.ID)
	}},
	{39, "A successful call notes the last use; before, there is none", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		if pat.Token.LastUsedAt != nil {
			w.Error("used before it was")
		}
		w.clock.forward(time.Minute)
		w.whoAmI(pat.Secret).is(http.StatusOK)
		if at := w.bob.token(pat.Token.ID).LastUsedAt; at == nil || !at.Equal(w.clock.now()) {
			w.Errorf("last used at %v, want %v", at, w.clock.now())
		}
	}},
	{40, "An administrator sees all tokens of an application", nil, func(w *world) {
		pat, sat := w.bob.pat(w.bob.wish()), w.sat(w.app, w.ada.wish())
		w.lists(w.ada, "/manager/apps/"+w.app.ID+"/tokens", pat.Token.ID, sat.Token.ID)
	}},
	{41, "The list holds every token of the tenant", []string{lucanet}, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		cyd := w.person("cyd", false)
		w.lists(cyd, "/profile/tokens", pat.Token.ID)
		stranger := w.server.world(w.T).bob
		if slices.Contains(stranger.listed("/profile/tokens?status=active,expired,revoked&limit=200"), pat.Token.ID) {
			w.Error("another tenant sees it")
		}
	}},
	{46, "Revoked and expired tokens remain listed with their status", []string{lucanet}, func(w *world) {
		revoked, expired := w.bob.pat(w.bob.wish()), w.bob.pat(w.bob.wish().with("expiresAt", w.clock.now().Add(time.Minute)))
		w.bob.revoke(revoked.Token.ID).is(http.StatusNoContent)
		w.clock.forward(time.Minute)
		for _, t := range w.bob.tokens("/profile/tokens") {
			want := map[string]string{revoked.Token.ID: api.StatusRevoked, expired.Token.ID: api.StatusExpired}[t.ID]
			if t.Status != want {
				w.Errorf("status %s, want %q", t.Status, want)
			}
		}
		w.lists(w.bob, "/profile/tokens", revoked.Token.ID, expired.Token.ID)
	}},
	{47, "At its expiry a token fails and is listed as expired, without a job", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish().with("expiresAt", w.clock.now().Add(time.Minute)))
		w.clock.forward(time.Minute - time.Millisecond)
		w.whoAmI(pat.Secret).is(http.StatusOK)
		w.clock.forward(time.Millisecond)
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
		if got := w.bob.token(pat.Token.ID).Status; got != api.StatusExpired {
			w.Errorf("status %s", got)
		}
	}},
}

// lists demands that a list has exactly these tokens.
func (w *world) lists(p *person, path string, ids ...string) {
	w.Helper()
	got := p.listed(path)
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		w.Errorf("listed %v, want %v", got, ids)
	}
}

func (p *person) token(id string) (t api.Token) {
	p.Helper()
	p.get("/profile/tokens/" + id).is(http.StatusOK).into(&t)
	return t
}
