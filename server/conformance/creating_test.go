package conformance

import (
	"net/http"
	"strings"
	"time"

	"keyfob/api"
)

// creating is about what may be asked of a new token.
var creating = []requirement{
	{53, "The description is optional: absent and empty are accepted", []string{erp}, func(w *world) {
		w.bob.create(w.bob.wish().without("description")).is(http.StatusCreated)
		w.bob.create(w.bob.wish().with("description", "")).is(http.StatusCreated)
	}},
	{54, "The name is required: missing, empty and blank are rejected", []string{digitalHub, lucanet, socotra}, func(w *world) {
		w.bob.create(w.bob.wish().without("description")).invalid("/description", api.FieldRequired)
		w.bob.create(w.bob.wish().with("description", "")).invalid("/description", api.FieldRequired)
		w.bob.create(w.bob.wish().with("description", "  \u00a0 ")).invalid("/description", api.FieldRequired)
	}},
	{55, "The name has at least 8 characters, counted after trimming", []string{lucanet}, func(w *world) {
		w.bob.create(w.bob.wish().with("description", "Export7")).invalid("/description", api.FieldTooShort)
		w.bob.create(w.bob.wish().with("description", " Export7 ")).invalid("/description", api.FieldTooShort)
		w.bob.create(w.bob.wish().with("description", "Експорт8")).is(http.StatusCreated)
	}},
	{57, "Expiry is transmitted, kept and compared in UTC", nil, func(w *world) {
		at := w.clock.now().Add(time.Hour)
		sofia := time.FixedZone("", 2*60*60)
		w.bob.create(w.bob.wish().with("expiresAt", at.In(sofia))).is(http.StatusCreated).has(`"expiresAt":"` + at.Format(time.RFC3339) + `"`)
	}},
	{58, "Expiry is optional: a token without one never expires", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish().without("expiresAt"))
		if pat.Token.ExpiresAt != nil {
			w.Errorf("expires at %v", pat.Token.ExpiresAt)
		}
		w.clock.forward(50 * 365 * 24 * time.Hour)
		w.whoAmI(pat.Secret).is(http.StatusOK)
	}},
	{61, "An administrator enforces a maximum lifetime: no expiry and a longer one are rejected", nil, func(w *world) {
		day := 24 * time.Hour
		w.ada.patch("/manager/policy", map[string]any{"maxExpirySeconds": int(day / time.Second)})
		defer w.ada.patch("/manager/policy", map[string]any{"maxExpirySeconds": nil})
		if got := w.bob.capabilities().Rules.Expiry; got.NeverAllowed || got.MaxSeconds != int64(day/time.Second) {
			w.Errorf("published as %+v", got)
		}
		w.bob.create(w.bob.wish().without("expiresAt")).invalid("/expiresAt", api.FieldRequired)
		w.bob.create(w.bob.wish().with("expiresAt", w.clock.now().Add(day+time.Second))).invalid("/expiresAt", api.FieldTooMuch)
		w.bob.create(w.bob.wish().with("expiresAt", w.clock.now().Add(day))).is(http.StatusCreated)
	}},
	{62, "At least one scope is required", []string{erp, digitalHub, lucanet}, func(w *world) {
		w.bob.create(w.bob.wish().without("scopes")).invalid("/scopes", api.FieldRequired)
		w.bob.create(w.bob.wish().with("scopes", []string{})).invalid("/scopes", api.FieldRequired)
	}},
	{65, "Every requested permission must be held: one foreign one rejects the whole request", []string{socotra}, func(w *world) {
		w.bob.create(w.bob.wish().with("permissions", []string{permissions[0], "claims.read"})).invalid("/permissions", api.FieldTooMuch)
		w.lists(w.bob, "/profile/tokens")
		w.bob.create(w.bob.wish().with("permissions", permissions)).is(http.StatusCreated)
	}},
	{66, "Every requested tenant must be held", []string{socotra}, func(w *world) {
		w.bob.create(w.bob.wish().with("tenants", []string{w.tenant, unique("t")})).invalid("/tenants", api.FieldTooMuch)
		w.lists(w.bob, "/profile/tokens")
	}},
	{67, "Roles cannot be given to a token", []string{socotra}, func(w *world) {
		w.bob.create(w.bob.wish().with("roles", []string{"admin"})).refusedAt("/roles")
		w.lists(w.bob, "/profile/tokens")
	}},
	{69, "Permissions, tenants and expiry are set together", []string{socotra}, func(w *world) {
		at := w.clock.now().Add(time.Hour)
		t := w.bob.pat(w.bob.wish().with("permissions", permissions[1:]).with("expiresAt", at)).Token
		if strings.Join(t.Permissions, " ") != strings.Join(permissions[1:], " ") || strings.Join(t.Tenants, " ") != w.tenant || !t.ExpiresAt.Equal(at) {
			w.Errorf("created %+v", t)
		}
	}},
	{70, "An expiry in the past is rejected", nil, func(w *world) {
		w.bob.create(w.bob.wish().with("expiresAt", w.clock.now())).invalid("/expiresAt", api.FieldPast)
		w.bob.create(w.bob.wish().with("expiresAt", w.clock.now().Add(-time.Hour))).invalid("/expiresAt", api.FieldPast)
	}},
}

// refusedAt demands that the request was not accepted, because of a field.
func (r reply) refusedAt(pointer string) {
	r.Helper()
	if r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity {
		r.Errorf("status %d: %s", r.status, r.body)
	}
	r.has(`"pointer":"` + pointer + `"`)
}

func (r reply) has(text string) {
	r.Helper()
	if !strings.Contains(string(r.body), text) {
		r.Errorf("no %s in %s", text, r.body)
	}
}
