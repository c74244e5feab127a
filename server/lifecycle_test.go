package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/server/password"
)

func (h *house) rotate(bearer, path string, want api.Rotation) reply {
	h.Helper()
	return h.call(http.MethodPost, path+"/rotate", bearer, want)
}

// Requirements 14, 78, 81.
func TestOwnerRotatesATokenWithAnOverlap(t *testing.T) {
	h := newHouse(t)
	old := h.pat(h.bobIn, h.open, "read")
	next := h.issued(h.rotate(h.bobIn, "/profile/tokens/"+old.Token.ID, api.Rotation{OverlapSeconds: 60}))
	if next.Secret == old.Secret || next.Token.Replaces == nil || *next.Token.Replaces != old.Token.ID {
		t.Errorf("the new one is %+v", next.Token)
	}
	for _, secret := range []string{old.Secret, next.Secret} {
		h.get("/profile/me", secret).want(http.StatusOK)
	}
	h.rotate(h.bobIn, "/profile/tokens/"+old.Token.ID, api.Rotation{}).refused(http.StatusConflict, api.CodeTokenReplaced)
	fits(h, "Token", h.get("/profile/tokens/"+old.Token.ID, h.bobIn))
	h.clock.forward(time.Minute)
	h.get("/profile/me", old.Secret).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.get("/profile/me", next.Secret).want(http.StatusOK)
	h.call(http.MethodDelete, "/profile/tokens/"+next.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	h.rotate(h.bobIn, "/profile/tokens/"+next.Token.ID, api.Rotation{}).refused(http.StatusConflict, api.CodeTokenRevoked)
	for _, seconds := range []int{-1, 7*24*3600 + 1} {
		p := h.rotate(h.bobIn, "/profile/tokens/"+next.Token.ID, api.Rotation{OverlapSeconds: seconds}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "/overlapSeconds" {
			t.Errorf("%+v", p.Errors)
		}
	}
}

// Requirements 79, 80.
func TestAdministratorRotatesAnyToken(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect")
	h.rotate(h.bobIn, "/manager/tokens/"+pat.Token.ID, api.Rotation{}).refused(http.StatusForbidden, api.CodeDenied)
	h.rotate(h.adaIn, "/profile/tokens/"+pat.Token.ID, api.Rotation{}).refused(http.StatusNotFound, api.CodeNotFound)
	var me api.Me
	h.get("/profile/me", h.issued(h.rotate(h.adaIn, "/manager/tokens/"+pat.Token.ID, api.Rotation{})).Secret).into(&me)
	if me.ID != h.bob.ID {
		t.Errorf("a rotated PAT acts as %s", me.Login)
	}
	next := h.issued(h.rotate(h.adaIn, "/manager/tokens/"+sat.Token.ID, api.Rotation{}))
	h.asked(sat.Secret, next.Secret).want(http.StatusUnauthorized)
	h.asked(next.Secret, next.Secret).want(http.StatusOK)
}

// A lost reply to a rotation is answered again.
func TestSameIdempotencyKeyAnswersWithTheSameRotation(t *testing.T) {
	h := newHouse(t)
	old := h.pat(h.bobIn, h.open, "read")
	rotate := func(body string) reply {
		return h.send(http.MethodPost, "/profile/tokens/"+old.Token.ID+"/rotate",
			http.Header{"Authorization": {"Bearer " + h.bobIn}, "Content-Type": {"application/json"}, "Idempotency-Key": {"3f1c9a7be0d84f52a6c1e09b7d5f2a83"}},
			strings.NewReader(body))
	}
	first, again := h.issued(rotate(`{}`)), h.issued(rotate(`{}`))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	rotate(`{"overlapSeconds":1}`).refused(http.StatusUnprocessableEntity, api.CodeIdempotency)
}

// Requirements 80, 81, 87.
func TestAdministratorRevokesMany(t *testing.T) {
	h := newHouse(t)
	one, two, other := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect"), h.pat(h.adaIn, h.admins, "read")
	revoke := func(want api.Revocation) reply {
		return h.call(http.MethodPost, "/manager/tokens/revoke", h.adaIn, want)
	}
	for _, dry := range []bool{true, false} {
		var got api.Revoked
		r := revoke(api.Revocation{AppID: h.open.ID, DryRun: dry}).want(http.StatusOK)
		fits(h, "Revoked", r)
		r.into(&got)
		want := api.Revoked{Total: 2, DryRun: dry, Items: []api.RevokedToken{{ID: one.Token.ID, Result: api.ResultRevoked}, {ID: two.Token.ID, Result: api.ResultRevoked}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		status := http.StatusOK
		if !dry {
			status = http.StatusUnauthorized
		}
		h.get("/profile/me", one.Secret).want(status)
	}
	h.get("/profile/me", other.Secret).want(http.StatusOK)
	p := revoke(api.Revocation{}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if len(p.Errors) != 1 || p.Errors[0].Code != api.FieldRequired {
		t.Errorf("an empty filter: %+v", p.Errors)
	}
	long := slices.Repeat([]string{"0190e2f4-0000-7000-8000-000000000000"}, 1000)
	revoke(api.Revocation{IDs: long}).want(http.StatusOK) // the longest fits in a body
	revoke(api.Revocation{IDs: append(long, "x")}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if got := string(revoke(api.Revocation{AppID: "none"}).want(http.StatusOK).body); !strings.Contains(got, `"items":[]`) {
		t.Errorf("nothing to revoke is %s", got)
	}
}

// Requirements 5, 7.
func TestALeakedSecretIsFoundAndNeverRepeated(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	find := func(bearer, secret string) reply {
		return h.call(http.MethodPost, "/manager/tokens/find", bearer, api.FoundSecret{Secret: secret})
	}
	var got api.Token
	r := find(h.adaIn, pat.Secret).want(http.StatusOK)
	r.into(&got)
	fits(h, "Token", r)
	if got.ID != pat.Token.ID || got.Status != api.StatusRevoked {
		t.Errorf("found %+v", got)
	}
	unknown := pat.Secret[:53] + "_"
	long := pat.Secret + strings.Repeat("x", 512)
	replies := []reply{
		r, find(h.bobIn, pat.Secret), find(h.adaIn, unknown), find(h.adaIn, long), find(h.adaIn, ""),
		h.call(http.MethodPost, "/manager/tokens/find", h.adaIn, map[string]any{"secret": []string{pat.Secret}}),
		h.call(http.MethodPost, "/manager/tokens/find", h.adaIn, map[string]any{pat.Secret: "x"}),
	}
	for i, status := range []int{200, 403, 404, 422, 422, 422, 422} {
		replies[i].want(status)
		h.searched("a reply", string(replies[i].body), pat.Secret)
	}
	h.searched("the log", h.log.String(), pat.Secret)
	events, err := h.in.Store.EventsOf(t.Context(), pat.Token.ID)
	h.must(err)
	if last := events[len(events)-1]; len(events) != 3 || last.Action != "token.found" || last.ActorID != h.ada.ID {
		t.Errorf("the change log has %+v", events)
	}
}

func TestAdministratorDeletesAnAppThatIsNotInUse(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	path := "/manager/apps/" + h.open.ID
	h.call(http.MethodDelete, path, h.adaIn, nil).refused(http.StatusConflict, api.CodeAppInUse)
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	for range 2 {
		h.call(http.MethodDelete, path, h.adaIn, nil).want(http.StatusNoContent)
	}
	h.get(path, h.adaIn).refused(http.StatusNotFound, api.CodeNotFound)
	var page api.Page[api.Token]
	h.get(path+"/tokens?status=revoked", h.adaIn).want(http.StatusOK).into(&page)
	if page.Total != 1 || page.Items[0].App.Name != "Open" {
		t.Errorf("the history is %+v", page)
	}
	h.call(http.MethodDelete, "/manager/apps/none", h.adaIn, nil).refused(http.StatusNotFound, api.CodeNotFound)
}

func TestAdministratorAddsAndChangesUsers(t *testing.T) {
	h := newHouse(t)
	add := func(want api.NewUser) reply { return h.call(http.MethodPost, "/manager/users", h.adaIn, want) }
	const word = "correct horse battery"
	var eve api.User
	r := add(api.NewUser{Login: "Eve", Email: "eve@example.org", Password: word}).want(http.StatusCreated)
	fits(h, "User", r)
	r.into(&eve)
	want := api.User{ID: eve.ID, Login: "eve", Name: "eve", Email: "eve@example.org", IsActive: true, CreatedAt: eve.CreatedAt, Permissions: []string{}, Tenants: []string{}}
	if diff := cmp.Diff(want, eve); diff != "" {
		t.Error(diff)
	}
	h.hasPassword("eve", word)
	add(api.NewUser{Login: "eve"}).refused(http.StatusConflict, api.CodeConflict)
	p := add(api.NewUser{Login: "mallory", Password: "short"}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/password" || p.Errors[0].Code != api.FieldTooShort {
		t.Errorf("%+v", p.Errors)
	}

	in := h.signIn(eve)
	pat := h.pat(in, h.open, "read")
	change := func(u api.User, c api.UserChange) reply {
		return h.call(http.MethodPatch, "/manager/users/"+u.ID, h.adaIn, c)
	}
	change(eve, api.UserChange{IsAdmin: new(true), Password: new("another " + word)}).want(http.StatusOK).into(&eve)
	if !eve.IsAdmin {
		t.Errorf("%+v", eve)
	}
	h.hasPassword("eve", "another "+word)
	h.get("/profile/me", in).want(http.StatusUnauthorized)
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
	change(eve, api.UserChange{IsActive: new(false)}).want(http.StatusOK)
	h.get("/profile/me", pat.Secret).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	change(h.ada, api.UserChange{IsAdmin: new(false)}).refused(http.StatusConflict, api.CodeLastAdmin)
	change(api.User{ID: "none"}, api.UserChange{}).refused(http.StatusNotFound, api.CodeNotFound)
	for _, secret := range []string{word, "argon2id"} {
		if strings.Contains(h.log.String(), secret) || strings.Contains(string(change(h.bob, api.UserChange{Password: new(word)}).body), secret) {
			t.Error("a password is in the log or a reply")
		}
	}
}

func (h *house) hasPassword(login, word string) {
	h.Helper()
	u, err := h.in.Store.UserByLogin(h.Context(), login)
	h.must(err)
	ok, err := password.Verify(h.Context(), u.PasswordHash, word)
	h.must(err)
	if !ok {
		h.Errorf("%s cannot sign in with the password", login)
	}
}

// Requirements 17, 78, 79: what a PAT with the scope tokens may do, and not.
func TestPATWithScopeTokensManagesWithinItself(t *testing.T) {
	h := newHouse(t)
	scopes := []string{"read", "update", "introspect", "tokens"}
	h.call(http.MethodPatch, "/manager/apps/"+h.open.ID, h.adaIn, api.AppChange{Scopes: &scopes}).want(http.StatusOK)
	end := h.clock.now().Add(time.Hour)
	create := func(bearer string, expires *time.Time, scopes ...string) reply {
		return h.call(http.MethodPost, "/profile/tokens", bearer, api.NewToken{AppID: h.open.ID, Scopes: scopes, ExpiresAt: expires})
	}
	k := h.issued(create(h.bobIn, &end, "tokens", "update"))
	h.get("/profile/tokens", k.Secret).want(http.StatusOK)
	h.get("/profile/apps", k.Secret).want(http.StatusOK)
	h.get("/profile/me", k.Secret).refused(http.StatusForbidden, api.CodeScope)
	child := h.issued(create(k.Secret, &end, "update"))
	next := h.issued(h.rotate(k.Secret, "/profile/tokens/"+child.Token.ID, api.Rotation{}))
	h.call(http.MethodDelete, "/profile/tokens/"+next.Token.ID, k.Secret, nil).want(http.StatusNoContent)
	for _, r := range []reply{create(k.Secret, &end, "read"), create(k.Secret, nil, "update"), create(k.Secret, new(end.Add(time.Second)), "tokens")} {
		p := r.refused(http.StatusUnprocessableEntity, api.CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Code != api.FieldTooMuch {
			t.Errorf("%+v", p.Errors)
		}
	}
	h.get("/manager/users", k.Secret).refused(http.StatusForbidden, api.CodeInteractive)
	h.get("/profile/tokens", h.sat(h.open, "tokens").Secret).refused(http.StatusForbidden, api.CodeInteractive)
}
