package conformance

import (
	"net/http"
	"net/url"

	"keyfob/api"
)

// identity is about whom a token acts as.
var identity = []requirement{
	{15, "A token is a PAT, which acts as a user, or a SAT, which acts as an application", nil, func(w *world) {
		pat, sat := w.bob.pat(w.bob.wish()).Token, w.sat(w.app, w.ada.wish()).Token
		if pat.Kind != api.KindPAT || pat.User == nil || pat.User.ID != w.bob.user.ID {
			w.Errorf("a PAT: %+v", pat)
		}
		if sat.Kind != api.KindSAT || sat.User != nil || sat.ActsAs == nil || sat.ActsAs.ID != w.robot.user.ID {
			w.Errorf("a SAT: %+v", sat)
		}
	}},
	{16, "A call with a PAT runs as the user who issued it", nil, func(w *world) {
		w.whoAmI(w.bob.pat(w.bob.wish()).Secret).is(http.StatusOK).names(w.bob)
	}},
	{17, "A PAT is always created for its caller", nil, func(w *world) {
		w.bob.create(w.bob.wish().with("userId", w.ada.user.ID)).invalid("/userId", api.FieldForeign)
	}},
	{18, "A SAT runs as the System User, never as its creator", nil, func(w *world) {
		w.runsAs(w.sat(w.app, w.ada.wish()).Secret, w.robot)
	}},
	{19, "The System User is looked up at use", nil, func(w *world) {
		sat := w.sat(w.app, w.ada.wish())
		other := w.person("other", false)
		w.ada.patch("/manager/apps/"+w.app.ID, map[string]any{"systemUserId": other.user.ID})
		w.runsAs(sat.Secret, other)
	}},
	{21, "A token belongs to one user and one tenant, and is refused for another tenant", []string{lucanet}, func(w *world) {
		second := unique("t")
		w.ada.patch("/manager/users/"+w.bob.user.ID, map[string]any{"tenants": []string{w.tenant, second}})
		m := w.bob.wish()
		pat := w.bob.pat(m.with("tenants", []string{w.tenant}))
		w.bob.create(m.with("tenants", []string{w.tenant, second})).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
		w.check(pat.Secret, "tenant", w.tenant).is(http.StatusNoContent)
		w.check(pat.Secret, "tenant", second).is(http.StatusForbidden)
	}},
	{22, "What is done with a token is attributed to the user who created it", nil, func(w *world) {
		keeper := w.bob.pat(w.bob.keeperWish())
		program := &person{world: w, user: w.bob.user, access: keeper.Secret}
		made := program.pat(program.wish())
		for _, e := range w.eventsOf(made.Token.ID) {
			if e.Action == "token.created" && e.Actor.ID == w.bob.user.ID {
				return
			}
		}
		w.Error("nobody is said to have done it")
	}},
	{23, "A PAT works wherever an ordinary access token does, with the same result", nil, func(w *world) {
		pat := w.bob.pat(w.bob.all())
		w.whoAmI(pat.Secret).is(http.StatusOK).names(w.bob)
		w.whoAmI(w.bob.access).is(http.StatusOK).names(w.bob)
		equal := func(with, without reply) {
			w.Helper()
			with.is(without.status)
			for _, name := range []string{"X-Keyfob-User", "X-Keyfob-Login"} {
				if with.header.Get(name) != without.header.Get(name) {
					w.Errorf("%s is %q, with an access token %q", name, with.header.Get(name), without.header.Get(name))
				}
			}
			if string(with.body) != string(without.body) {
				w.Errorf("%s\nwith an access token %s", with.body, without.body)
			}
		}
		equal(w.whoAmI(pat.Secret), w.whoAmI(w.bob.access))
		equal(w.check(pat.Secret), w.check(w.bob.access))
		for what, rights := range map[string][]string{"scope": pat.Token.Scopes, "permission": pat.Token.Permissions, "tenant": pat.Token.Tenants} {
			for _, right := range rights {
				equal(w.check(pat.Secret, what, right), w.check(w.bob.access, what, right))
			}
		}
	}},
	{24, "A PAT authenticates a request in place of a password", nil, func(w *world) {
		w.whoAmI(w.bob.pat(w.bob.wish()).Secret).is(http.StatusOK)
		w.whoAmI("").is(http.StatusUnauthorized)
	}},
}

func (w *world) whoAmI(secret string) reply {
	w.Helper()
	return w.call(http.MethodGet, "/profile/me", secret, nil)
}

func (r reply) names(p *person) {
	r.Helper()
	var me api.Me
	r.into(&me)
	if me.ID != p.user.ID {
		r.Errorf("it runs as %s, want %s", me.Login, p.user.Login)
	}
}

// introspector is what one of the app's services asks about tokens with.
func (w *world) introspector(app api.App) string {
	w.Helper()
	return w.sat(app, w.ada.wish().with("scopes", []string{"introspect"})).Secret
}

// introspect asks what a secret is worth, as a service of the app.
func (w *world) introspect(app api.App, secret string) (in api.Introspection) {
	w.Helper()
	w.form("/id/connect/introspect", http.Header{"Authorization": {"Bearer " + w.introspector(app)}}, url.Values{"token": {secret}}).
		is(http.StatusOK).into(&in)
	return in
}

func (w *world) runsAs(secret string, p *person) {
	w.Helper()
	if in := w.introspect(w.app, secret); !in.Active || in.Sub != p.user.ID {
		w.Errorf("it runs as %q, want %s", in.Username, p.user.Login)
	}
}

// keeperWish is a wish for a PAT that may manage tokens, beside what it may anyway.
func (p *person) keeperWish() wish {
	p.Helper()
	m := p.wish()
	scopes, _ := m["scopes"].([]string)
	return m.with("scopes", append([]string{"tokens"}, scopes...))
}

func (w *world) eventsOf(id string) []api.Event {
	w.Helper()
	var page api.Page[api.Event]
	w.ada.get("/manager/events?limit=200&object=" + id).is(http.StatusOK).into(&page)
	return page.Items
}
