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

// check asks as a proxy does: parameters are name=value pairs.
func (h *house) check(bearer string, parameters ...string) reply {
	h.Helper()
	q := url.Values{}
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		q.Add(name, value)
	}
	return h.get("/check?"+q.Encode(), bearer)
}

// holds gives a user all that they hold from now on, as ada.
func (h *house) holds(u api.User, permissions, tenants string) {
	h.Helper()
	h.call(http.MethodPatch, "/manager/users/"+u.ID, h.adaIn, api.UserChange{
		Permissions: new(strings.Fields(permissions)), Tenants: new(strings.Fields(tenants)),
	}).want(http.StatusOK)
}

func (h *house) granted(bearer string, want api.NewToken) api.Issued {
	h.Helper()
	want.AppID, want.Description = h.open.ID, "a long enough name"
	return h.issued(h.call(http.MethodPost, "/profile/tokens", bearer, want))
}

func (r reply) insufficient(scope string) {
	r.Helper()
	r.refused(http.StatusForbidden, api.CodeScope)
	want := `Bearer realm="keyfob", error="insufficient_scope"`
	if scope != "" {
		want += `, scope="` + scope + `"`
	}
	if got := r.header.Get("WWW-Authenticate"); got != want {
		r.Errorf("WWW-Authenticate: %s", got)
	}
}

// requirements 88, 89, 90, 91, 92, 98
func TestAnEndpointBehindTheProxyIsOpenToEachScopeThatIsNamed(t *testing.T) {
	h := newHouseUnder(t, "lucanet")
	h.holds(h.bob, "", "north")
	read := h.granted(h.bobIn, api.NewToken{Scopes: []string{"um:read"}}).Secret
	bulk := h.granted(h.bobIn, api.NewToken{Scopes: []string{"um:bulk"}}).Secret
	both := h.granted(h.bobIn, api.NewToken{Scopes: []string{"um:write", "um:bulk"}}).Secret
	app := "app=" + h.open.ID
	for _, c := range []struct {
		secret, scope string
		open          bool
	}{
		{read, "um:read", true},
		{read, "um:write", false},
		{read, "um:bulk", false},
		{bulk, "um:read", false},
		{bulk, "um:write", false},
		{bulk, "um:bulk", true},
		{both, "um:read", false},
		{both, "um:write", true},
		{both, "um:bulk", true},
	} {
		r := h.check(c.secret, app, "scope="+c.scope)
		if c.open {
			r.want(http.StatusNoContent)
		} else {
			r.insufficient(c.scope)
		}
	}
	h.check(read, app, "scope=um:write", "scope=um:read").want(http.StatusNoContent)
	h.check(bulk, app, "scope=um:write", "scope=um:read").insufficient("um:write um:read")
	h.check(read, app).want(http.StatusNoContent)
	h.check(read, app, `scope=a", x="`).insufficient("")
}

// requirement 21
func TestATokenOfOneTenantIsRefusedForAnother(t *testing.T) {
	h := newHouseUnder(t, "lucanet")
	h.holds(h.bob, "", "north south")
	north := h.granted(h.bobIn, api.NewToken{Scopes: []string{"um:read"}, Tenants: []string{"north"}})
	app := "app=" + h.open.ID
	r := h.check(north.Secret, app, "scope=um:read", "tenant=north").want(http.StatusNoContent)
	if got := r.header.Get("X-Keyfob-Tenants"); got != "north" {
		t.Errorf("tenants %q", got)
	}
	h.check(north.Secret, app, "scope=um:read", "tenant=south").insufficient("um:read")
	h.holds(h.bob, "", "south")
	h.check(north.Secret, app, "tenant=north").refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.call(http.MethodPost, "/profile/tokens", h.bobIn, api.NewToken{
		AppID: h.open.ID, Description: "a long enough name", Scopes: []string{"um:read"}, Tenants: []string{"north"},
	}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
}

// requirements 93, 94, 95, 96, 98
func TestWhatTheOwnerLosesTheTokenLosesUntilItIsGivenBack(t *testing.T) {
	h := newHouseUnder(t, "socotra")
	h.holds(h.bob, "policies.* quotes.write", "north south")
	pat := h.granted(h.bobIn, api.NewToken{Permissions: []string{"policies.list", "quotes.write"}, Tenants: []string{"north", "south"}})
	app := "app=" + h.open.ID
	lists, writes := "permission=policies.list", "permission=quotes.write"
	for _, c := range []struct {
		held, tenants string
		open, closed  [][]string
	}{
		{"policies.* quotes.write", "north south", [][]string{{lists}, {writes}, {lists, "tenant=north"}, {writes, "tenant=south"}}, [][]string{{"permission=policies.write"}, {"permission=policies.*"}, {lists, "tenant=west"}}},
		{"policies.list invoices.read", "south", [][]string{{lists}, {lists, writes, "tenant=south"}}, [][]string{{writes}, {lists, "tenant=north"}, {"permission=invoices.read"}}},
		{"", "", nil, [][]string{{lists}, {writes}, {"tenant=south"}}},
		{"*.*", "north south", [][]string{{lists}, {writes, "tenant=north"}}, [][]string{{"permission=*.*"}}},
	} {
		h.holds(h.bob, c.held, c.tenants)
		for _, need := range c.open {
			h.check(pat.Secret, append(need, app)...).want(http.StatusNoContent)
		}
		for _, need := range c.closed {
			h.check(pat.Secret, append(need, app)...).insufficient("")
		}
		var record api.Token
		h.get("/profile/tokens/"+pat.Token.ID, h.bobIn).want(http.StatusOK).into(&record)
		if diff := cmp.Diff(pat.Token.Permissions, record.Permissions); diff != "" {
			t.Error(diff)
		}
	}
}

// requirements 65, 66, 67, 69
func TestAForeignGrantRefusesTheWholeRequestAndIsNotRepeated(t *testing.T) {
	h := newHouseUnder(t, "socotra")
	h.holds(h.bob, "policies.list", "north")
	for _, c := range []struct{ body, pointer string }{
		{`"permissions":["policies.list","very.secret"],"tenants":["north"]`, "/permissions"},
		{`"permissions":["policies.list"],"tenants":["north","verysecret"]`, "/tenants"},
		{`"permissions":["policies.list"],"tenants":["north"],"roles":["very.secret"]`, "/roles"},
		{`"permissions":["policies.list"],"tenants":["north"],"roles":[]`, "/roles"},
	} {
		r := h.send(http.MethodPost, "/profile/tokens", http.Header{"Authorization": {"Bearer " + h.bobIn}, "Content-Type": {"application/json"}},
			strings.NewReader(`{"appId":"`+h.open.ID+`","description":"x",`+c.body+`}`))
		p := r.refused(http.StatusUnprocessableEntity, api.CodeInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != c.pointer || strings.Contains(string(r.body), "secret") {
			t.Errorf("%s", r.body)
		}
	}
	expires := h.clock.now().Add(24 * time.Hour)
	all := h.granted(h.bobIn, api.NewToken{Permissions: []string{"policies.list"}, Tenants: []string{"north"}, ExpiresAt: &expires})
	if all.Token.ExpiresAt == nil || !all.Token.ExpiresAt.Equal(expires) || all.Token.Effective == nil {
		t.Errorf("%+v", all.Token)
	}
	fits(h, "Issued", h.call(http.MethodPost, "/profile/tokens", h.bobIn, api.NewToken{
		AppID: h.open.ID, Description: "another", Permissions: []string{"policies.list"}, Tenants: []string{"north"},
	}))
}

// requirements 16, 18, 23, 24: with the same rights the result is the same,
// whatever is presented; the headers say who it is.
func TestThoseWhoPassAreNamedToTheAPI(t *testing.T) {
	h := newHouseUnder(t, "socotra")
	eve := h.addUser("évе@example.org", false)
	eveIn := h.signIn(eve)
	h.holds(eve, "policies.list", "north")
	h.holds(h.robot, "policies.list", "north")
	want := api.NewToken{Permissions: []string{"policies.list"}, Tenants: []string{"north"}}
	pat := h.granted(eveIn, want)
	want.Description = "a long enough name"
	sat := h.issued(h.call(http.MethodPost, "/manager/apps/"+h.open.ID+"/tokens", h.adaIn, want))
	need := []string{"app=" + h.closed.ID, "app=" + h.open.ID, "permission=policies.write", "permission=policies.list", "tenant=north"}
	for kind, c := range map[string]struct {
		secret, token, app string
		user               api.User
	}{
		"pat": {pat.Secret, pat.Token.ID, h.open.ID, eve}, "sat": {sat.Secret, sat.Token.ID, h.open.ID, h.robot}, "sign-in": {eveIn, "", "", eve},
	} {
		header := h.check(c.secret, need...).want(http.StatusNoContent).header
		for name, value := range map[string]string{
			"User": c.user.ID, "Login": url.PathEscape(c.user.Login), "Kind": kind, "App": c.app, "Token": c.token,
			"Permissions": "policies.list", "Tenants": "north",
		} {
			if got := header.Get("X-Keyfob-" + name); got != value {
				t.Errorf("%s: %s %q, want %q", kind, name, got, value)
			}
		}
		h.check(c.secret, "app="+h.open.ID, "permission=policies.write").insufficient("")
		h.check(c.secret, "app="+h.open.ID, "permission=policies.list", "tenant=south").insufficient("")
	}
}

// requirement 99, and the audience: what is not good for the API gets one
// answer, whatever the reason.
func TestWhatDoesNotWorkBehindTheProxyIsRefusedAlike(t *testing.T) {
	h := newHouse(t)
	soon := h.clock.now().Add(time.Minute)
	expired := h.granted(h.bobIn, api.NewToken{Scopes: []string{"read"}, ExpiresAt: &soon}).Secret
	revoked := h.granted(h.bobIn, api.NewToken{Scopes: []string{"read"}})
	h.call(http.MethodDelete, "/profile/tokens/"+revoked.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	working := h.granted(h.bobIn, api.NewToken{Scopes: []string{"read"}}).Secret
	h.clock.forward(2 * time.Minute)
	answers := map[string]string{}
	for name, r := range map[string]reply{
		"expired": h.check(expired, "app="+h.open.ID), "revoked": h.check(revoked.Secret, "app="+h.open.ID),
		"unknown": h.check("enrt_p"+strings.Repeat("A", 48), "app="+h.open.ID), "garbage": h.check("x", "app="+h.open.ID),
		"another app's": h.check(working, "app="+h.admins.ID), "a sign-in, for no app": h.check(h.bobIn, "app=none"),
	} {
		r.refused(http.StatusUnauthorized, api.CodeUnauthenticated)
		answers[strings.ReplaceAll(string(r.body), r.header.Get("X-Request-Id"), "")+r.header.Get("WWW-Authenticate")] = name
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	h.check("", "app="+h.open.ID).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.check(working).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	h.check(h.bobIn, "app="+h.open.ID, "scope=read").want(http.StatusNoContent)
	h.check(h.bobIn, "app="+h.open.ID, "scope=tokens").insufficient("tokens") // the application does not allow it
}

// requirement 88, and the two header names beside it
func TestTheProxyMayPassATokenInEachOfThreeHeadersButOnlyOne(t *testing.T) {
	h := newHouse(t)
	secret := h.granted(h.bobIn, api.NewToken{Scopes: []string{"read"}}).Secret
	ask := func(header http.Header) reply {
		return h.send(http.MethodGet, "/check?app="+h.open.ID, header, http.NoBody)
	}
	for _, header := range []http.Header{{"Authorization": {"Bearer " + secret}}, {"X-Api-Key": {secret}}, {"Api-Key": {secret}}} {
		ask(header).want(http.StatusNoContent)
	}
	ask(http.Header{"Authorization": {"Bearer " + secret}, "Api-Key": {secret}}).refused(http.StatusBadRequest, api.CodeBadRequest)
	h.check(secret, "app="+h.open.ID, "scope=read", "scope=update", "access_token=x").want(http.StatusNoContent)
}
