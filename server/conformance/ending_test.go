package conformance

import (
	"net/http"

	"keyfob/api"
)

// ending is about revocation, the one change that a token knows.
var ending = []requirement{
	{76, "A token cannot be modified", nil, func(w *world) {
		id := w.bob.pat(w.bob.wish()).Token.ID
		for _, path := range []string{"/profile/tokens/" + id, "/manager/tokens/" + id} {
			for _, method := range []string{http.MethodPut, http.MethodPatch} {
				r := w.ada.call(method, path, w.ada.access, map[string]any{"description": "Another"})
				if r.status != http.StatusMethodNotAllowed && r.status != http.StatusNotFound {
					w.Errorf("%s %s: %d", method, path, r.status)
				}
			}
		}
	}},
	{78, "The owner may revoke any of their tokens at any time", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
	}},
	{79, "A user cannot revoke the token of another", []string{erp, digitalHub, socotra}, func(w *world) {
		pat := w.ada.pat(w.ada.wish())
		w.bob.revoke(pat.Token.ID).refused(http.StatusNotFound, api.CodeNotFound)
		w.call(http.MethodDelete, "/manager/tokens/"+pat.Token.ID, w.bob.access, nil).refused(http.StatusForbidden, api.CodeDenied)
		w.whoAmI(pat.Secret).is(http.StatusOK)
	}},
	{80, "An administrator can revoke any token; under lucanet, whoever sees it listed", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.call(http.MethodDelete, "/manager/tokens/"+pat.Token.ID, w.ada.access, nil).is(http.StatusNoContent)
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
		if w.preset == lucanet {
			pat := w.ada.pat(w.ada.wish())
			w.server.world(w.T).bob.revoke(pat.Token.ID).refused(http.StatusNotFound, api.CodeNotFound)
			w.whoAmI(pat.Secret).is(http.StatusOK)
			w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
			w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
		}
	}},
	{81, "Revocation is immediate: the very next call fails", []string{erp, digitalHub, socotra}, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.whoAmI(pat.Secret).is(http.StatusOK)
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
		if in := w.introspect(w.app, pat.Secret); in.Active {
			w.Error("introspection calls it active")
		}
	}},
	{82, "A revoked token stops working within the promised 60 seconds: here at once", []string{lucanet}, func(w *world) {
		if got := w.bob.capabilities().Rules.Revoke.PromiseSeconds; got != 60 {
			w.Errorf("promised are %d s", got)
		}
		pat := w.bob.pat(w.bob.wish())
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
	}},
	{85, "There is no un-revoke", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		w.bob.post("/profile/tokens/"+pat.Token.ID+"/rotate", api.Rotation{}).refused(http.StatusConflict, api.CodeTokenRevoked)
		for _, verb := range []string{"restore", "activate", "unrevoke"} {
			w.bob.post("/profile/tokens/"+pat.Token.ID+"/"+verb, nil).is(http.StatusNotFound)
		}
		w.whoAmI(pat.Secret).is(http.StatusUnauthorized)
	}},
	{87, "A revocation is in the change log with time, actor and token", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.bob.revoke(pat.Token.ID).is(http.StatusNoContent)
		for _, e := range w.eventsOf(pat.Token.ID) {
			if e.Action == "token.revoked" && e.Actor.ID == w.bob.user.ID && e.At.Equal(w.clock.now()) {
				return
			}
		}
		w.Error("it is not")
	}},
}
