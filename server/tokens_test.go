package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
)

// Requirement 16.
func TestPATActsAsTheUserWhoIssuedIt(t *testing.T) {
	h := newHouse(t)
	var me api.Me
	h.get("/profile/me", h.pat(h.bobIn, h.open, "read").Secret).want(http.StatusOK).into(&me)
	if me.ID != h.bob.ID || me.Login != "bob" || me.IsAdmin {
		t.Errorf("who am I answered %+v, want bob", me)
	}
}

// Requirement 17.
func TestPATIsIssuedToItsCallerOnly(t *testing.T) {
	h := newHouse(t)
	want := api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}, UserID: h.bob.ID}
	p := h.call(http.MethodPost, "/profile/tokens", h.adaIn, want).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/userId" || p.Errors[0].Code != api.FieldForeign {
		t.Errorf("errors %+v, want userId to be foreign", p.Errors)
	}
	out := h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, want))
	if out.Token.User == nil || out.Token.User.ID != h.bob.ID {
		t.Errorf("issued to %+v, want bob", out.Token.User)
	}
}

// Requirement 18: ada creates it, the System User is whom it acts as.
func TestSATActsAsTheSystemUserAndNotAsItsCreator(t *testing.T) {
	h := newHouse(t)
	sat := h.sat(h.open, "read", "introspect")
	if sat.Token.CreatedBy.ID != h.ada.ID || sat.Token.ActsAs == nil || sat.Token.ActsAs.ID != h.robot.ID {
		t.Errorf("created by %+v, acts as %+v; want ada and robot", sat.Token.CreatedBy, sat.Token.ActsAs)
	}
	var in api.Introspection
	h.asked(sat.Secret, sat.Secret).want(http.StatusOK).into(&in)
	if !in.Active || in.Sub != h.robot.ID || in.Username != "robot" || in.Kind != api.KindSAT || in.Iss != h.url+"/id" {
		t.Errorf("introspection %+v, want it active as robot", in)
	}
	h.get("/profile/me", sat.Secret).refused(http.StatusForbidden, api.CodeDenied)
}

// Requirement 19: the System User is looked up at use.
func TestChangingTheSystemUserChangesWhomItsSATsActAs(t *testing.T) {
	h := newHouse(t)
	sat := h.sat(h.open, "introspect")
	h.call(http.MethodPatch, "/manager/apps/"+h.open.ID, h.adaIn, api.AppChange{SystemUserID: &h.bob.ID}).want(http.StatusOK)
	var in api.Introspection
	h.asked(sat.Secret, sat.Secret).into(&in)
	if in.Sub != h.bob.ID {
		t.Errorf("acts as %s, want bob", in.Username)
	}
}

// Requirements 25 to 29, and 32: nobody asks the client.
func TestPolicyDecidesWhoMayIssue(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		name    string
		app     api.App
		bearer  string
		service bool
		status  int
		code    string
	}{
		{"None, user, PAT", h.closed, h.bobIn, false, 403, api.CodePolicyNone},
		{"None, administrator, PAT", h.closed, h.adaIn, false, 403, api.CodePolicyNone},
		{"None, administrator, SAT", h.closed, h.adaIn, true, 403, api.CodePolicyNone},
		{"AuthenticatedUsers, user, PAT", h.open, h.bobIn, false, 201, ""},
		{"AuthenticatedUsers, user, SAT", h.open, h.bobIn, true, 403, api.CodeDenied},
		{"AuthenticatedUsers, administrator, SAT", h.open, h.adaIn, true, 201, ""},
		{"AdministratorsOnly, user, PAT", h.admins, h.bobIn, false, 403, api.CodePolicyAdmins},
		{"AdministratorsOnly, administrator, PAT", h.admins, h.adaIn, false, 201, ""},
		{"AdministratorsOnly, administrator, SAT", h.admins, h.adaIn, true, 201, ""},
	} {
		t.Run(c.name, func(*testing.T) {
			path, body := "/profile/tokens", api.NewToken{AppID: c.app.ID, Scopes: []string{"read"}}
			if c.service {
				path, body = "/manager/apps/"+c.app.ID+"/tokens", api.NewToken{Scopes: []string{"read"}}
			}
			r := h.call(http.MethodPost, path, c.bearer, body)
			if r.want(c.status); c.code != "" {
				r.refused(c.status, c.code)
			}
		})
	}
}

func TestProfileAppsAreThoseForWhichOneMayIssue(t *testing.T) {
	h := newHouse(t)
	for who, want := range map[string][]string{h.bobIn: {"Open"}, h.adaIn: {"Admins", "Open"}} {
		var page api.Page[api.App]
		h.get("/profile/apps", who).want(http.StatusOK).into(&page)
		var names []string
		for _, a := range page.Items {
			names = append(names, a.Name)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Error(diff)
		}
	}
}

// Requirement 5.
func TestSecretIsInTheReplyThatIssuesItAndInNoOther(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.adaIn, h.open, "read"), h.sat(h.open, "introspect")
	for _, r := range []reply{
		h.get("/profile/tokens", h.adaIn), h.get("/profile/tokens/"+pat.Token.ID, h.adaIn),
		h.get("/manager/apps/"+h.open.ID+"/tokens", h.adaIn), h.get("/manager/apps/"+h.open.ID, h.adaIn),
		h.asked(sat.Secret, pat.Secret), h.asked(sat.Secret, sat.Secret), h.get("/profile/me", pat.Secret),
	} {
		r.want(http.StatusOK)
		for _, secret := range []string{pat.Secret, sat.Secret} {
			if strings.Contains(string(r.body), secret) {
				t.Errorf("a secret is in %s", r.body)
			}
		}
	}
}

// Requirement 76.
func TestTokenCannotBeModified(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.adaIn, h.open, "read")
	for _, path := range []string{"/profile/tokens/", "/manager/tokens/"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodPost} {
			r := h.call(method, path+pat.Token.ID, h.adaIn, map[string]any{"scopes": []string{"update"}})
			r.refused(http.StatusMethodNotAllowed, api.CodeMethod)
			if !strings.Contains(r.header.Get("Allow"), http.MethodDelete) {
				t.Errorf("Allow is %q", r.header.Get("Allow"))
			}
		}
	}
}

// Requirements 78, 81, 85: at once, for good, and again is no error.
func TestOwnerRevokesAndTheVeryNextCallFails(t *testing.T) {
	h := newHouse(t)
	pat, asker := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect")
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	h.get("/profile/me", pat.Secret).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	if got := string(h.asked(asker.Secret, pat.Secret).want(http.StatusOK).body); got != `{"active":false}` {
		t.Errorf("introspection says %s", got)
	}
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	var token api.Token
	h.get("/profile/tokens/"+pat.Token.ID, h.bobIn).want(http.StatusOK).into(&token)
	if token.Status != api.StatusRevoked || token.RevokedAt == nil || token.RevokedBy == nil || token.RevokedBy.ID != h.bob.ID {
		t.Errorf("the record says %+v", token)
	}
}

// Requirement 79.
func TestNobodyRevokesAnothersTokenButAnAdministrator(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.adaIn, h.open, "read")
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).refused(http.StatusNotFound, api.CodeNotFound)
	h.call(http.MethodDelete, "/manager/tokens/"+pat.Token.ID, h.bobIn, nil).refused(http.StatusForbidden, api.CodeDenied)
	h.get("/profile/tokens/"+pat.Token.ID, h.bobIn).refused(http.StatusNotFound, api.CodeNotFound)
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
}

// Requirement 80.
func TestAdministratorRevokesAnyTokenOfAnApp(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect")
	for _, issued := range []api.Issued{pat, sat} {
		h.call(http.MethodDelete, "/manager/tokens/"+issued.Token.ID, h.adaIn, nil).want(http.StatusNoContent)
	}
	h.get("/profile/me", pat.Secret).want(http.StatusUnauthorized)
	h.asked(sat.Secret, sat.Secret).want(http.StatusUnauthorized)
	h.call(http.MethodDelete, "/manager/tokens/none", h.adaIn, nil).refused(http.StatusNotFound, api.CodeNotFound)
}

// Requirements 47, 57, 58, 70.
func TestExpiryIsUTCOptionalAndAhead(t *testing.T) {
	h := newHouse(t)
	create := func(at string) reply {
		return h.send(http.MethodPost, "/profile/tokens", http.Header{"Authorization": {"Bearer " + h.bobIn}, "Content-Type": {"application/json"}},
			strings.NewReader(`{"appId":"`+h.open.ID+`","scopes":["read"],"expiresAt":`+at+`}`))
	}
	if out := h.issued(create("null")); out.Token.ExpiresAt != nil {
		t.Errorf("null became %v", out.Token.ExpiresAt)
	}
	p := create(`"2026-11-22T08:59:59Z"`).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if p.Errors[0].Pointer != "/expiresAt" || p.Errors[0].Code != api.FieldPast {
		t.Errorf("a past expiry was refused by %+v", p.Errors)
	}
	r := create(`"2026-11-22T12:00:00+02:00"`).want(http.StatusCreated) // in an hour
	if !strings.Contains(string(r.body), `"expiresAt":"2026-11-22T10:00:00Z"`) {
		t.Errorf("not in UTC: %s", r.body)
	}
	out := h.issued(r)
	h.clock.forward(time.Hour - time.Second)
	h.get("/profile/me", out.Secret).want(http.StatusOK)
	h.clock.forward(time.Second)
	h.get("/profile/me", out.Secret).want(http.StatusUnauthorized)
}

// A lost reply leaves no orphan: the second try gets the same token.
func TestSameIdempotencyKeyAnswersWithTheSameToken(t *testing.T) {
	h := newHouse(t)
	create := func(description string) reply {
		return h.send(http.MethodPost, "/profile/tokens",
			http.Header{"Authorization": {"Bearer " + h.bobIn}, "Content-Type": {"application/json"}, "Idempotency-Key": {"3f1c9a7be0d84f52a6c1e09b7d5f2a83"}},
			strings.NewReader(`{"appId":"`+h.open.ID+`","scopes":["read"],"description":"`+description+`"}`))
	}
	first, second := h.issued(create("one")), h.issued(create("one"))
	if first.Secret != second.Secret || first.Token.ID != second.Token.ID {
		t.Error("the same wish made two tokens")
	}
	create("two").refused(http.StatusUnprocessableEntity, api.CodeIdempotency)
	var page api.Page[api.Token]
	h.get("/profile/tokens", h.bobIn).into(&page)
	if page.Total != 1 {
		t.Errorf("%d tokens, want 1", page.Total)
	}
}

func TestListsArePagedFilteredAndSorted(t *testing.T) {
	h := newHouse(t)
	for _, description := range []string{"bee", "ant", "cat"} {
		h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}, Description: description}))
		h.clock.forward(time.Second)
	}
	if got := string(h.get("/profile/tokens", h.adaIn).want(http.StatusOK).body); got != `{"items":[],"total":0}`+"\n" {
		t.Errorf("an empty list is %s", got)
	}
	seen := walk(h, url.Values{"limit": {"2"}, "sort": {"description"}})
	if diff := cmp.Diff([]string{"ant", "bee", "cat"}, seen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"bee"}, walk(h, url.Values{"q": {"BEE"}, "kind": {"pat"}, "status": {"active,expired,revoked"}, "app": {h.open.ID}})); diff != "" {
		t.Error(diff)
	}
	for query, name := range map[string]string{
		"limit=0": "limit", "limit=201": "limit", "limit=x": "limit", "sort=secret": "sort", "cursor=enrt_x": "cursor",
		"status=dead": "status", "kind=enrt_x": "kind", "expiresBefore=soon": "expiresBefore",
	} {
		r := h.get("/profile/tokens?"+query, h.bobIn)
		p := r.refused(http.StatusUnprocessableEntity, api.CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != name || strings.Contains(string(r.body), "enrt_x") {
			t.Errorf("%s: %s", query, r.body)
		}
	}
}

// walk reads bob's list page by page.
func walk(h *house, query url.Values) (descriptions []string) {
	h.Helper()
	for {
		var page api.Page[api.Token]
		h.get("/profile/tokens?"+query.Encode(), h.bobIn).want(http.StatusOK).into(&page)
		for _, token := range page.Items {
			descriptions = append(descriptions, token.Description)
		}
		if page.NextCursor == "" {
			return descriptions
		}
		query.Set("cursor", page.NextCursor)
	}
}
