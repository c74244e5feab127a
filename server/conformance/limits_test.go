package conformance

import (
	"net/http"
	"sync"
	"time"

	"keyfob/api"
)

// limits is about how many tokens may live.
var limits = []requirement{
	{71, "At most 3 tokens per user; the 4th is rejected with a clear error", []string{socotra}, func(w *world) {
		w.filled(w.bob, 3)
		w.bob.create(w.bob.wish()).refused(http.StatusConflict, api.CodeLimit)
		w.ada.create(w.ada.wish()).is(http.StatusCreated)
	}},
	{72, "The limit can be raised for a user up to 10, not beyond", []string{socotra}, func(w *world) {
		path := "/manager/users/" + w.bob.user.ID
		w.ada.call(http.MethodPatch, path, w.ada.access, map[string]any{"tokenLimit": 11}).refusedAt("/tokenLimit")
		w.ada.patch(path, map[string]any{"tokenLimit": 10})
		w.filled(w.bob, 10)
		w.bob.create(w.bob.wish()).refused(http.StatusConflict, api.CodeLimit)
	}},
	{73, "A deleted token frees its slot at once", []string{socotra}, func(w *world) {
		ids := w.filled(w.bob, 3)
		w.bob.revoke(ids[0]).is(http.StatusNoContent)
		w.bob.create(w.bob.wish()).is(http.StatusCreated)
		w.bob.create(w.bob.wish()).refused(http.StatusConflict, api.CodeLimit)
	}},
	{74, "At most 25 live tokens per tenant, however many ask at once; revoked and expired ones do not count", []string{lucanet}, func(w *world) {
		w.bob.pat(w.bob.wish().with("expiresAt", w.clock.now().Add(time.Minute)))
		ids := w.filled(w.bob, 10)
		w.bob.revoke(ids[0]).is(http.StatusNoContent)
		w.clock.forward(time.Minute)
		m := w.bob.wish()
		var racers sync.WaitGroup
		for range 40 {
			racers.Go(func() { w.bob.create(m) })
		}
		racers.Wait()
		w.bob.create(m).refused(http.StatusConflict, api.CodeLimit)
		if n := len(w.bob.listed("/profile/tokens?status=active&limit=200")); n != 25 {
			w.Errorf("%d tokens live, want 25", n)
		}
		for _, l := range w.bob.capabilities().Limits {
			if l.Per == "tenant" && (l.Max != 25 || l.Used != 25) {
				w.Errorf("published as %+v", l)
			}
		}
	}},
}

// filled issues n tokens and answers their ids.
func (w *world) filled(p *person, n int) (ids []string) {
	w.Helper()
	for range n {
		ids = append(ids, p.pat(p.wish()).Token.ID)
	}
	return ids
}
