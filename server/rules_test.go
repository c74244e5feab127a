package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/tokens"
)

// bobUnder is a house under a preset, where bob holds something.
func bobUnder(t *testing.T, preset string) *house {
	t.Helper()
	h := newHouseUnder(t, preset)
	_, err := h.in.Tokens.ChangeUser(t.Context(), tokens.Operator(), h.bob.ID, api.UserChange{
		Permissions: &[]string{"policies.list"}, Tenants: &[]string{"north"},
	}, "")
	h.must(err)
	return h
}

// wish is what bob asks for, as the rules demand it.
func (h *house) wish() map[string]any {
	w := map[string]any{"appId": h.open.ID, "description": "Nightly export"}
	if h.in.Tokens.Rules.Grants == rules.GrantPermissions {
		w["permissions"], w["tenants"] = []string{"policies.list"}, []string{"north"}
	} else {
		w["scopes"] = h.in.Tokens.Rules.ScopeNames()[:1]
	}
	return w
}

// requirements 53 to 55, 58, 68, 71, 72, 74, 82, 92, 101: capabilities alone
// tell a client what to ask for.
func TestCapabilitiesPublishEachSystemsRules(t *testing.T) {
	type row struct {
		Rules  api.Rules
		Model  string
		Scopes string // name=label
		Limits []api.Limit
	}
	own := " tokens=Manage tokens introspect=Introspect"
	for preset, want := range map[string]row{
		"erp": {
			Rules: api.Rules{
				Preset: "erp", Prefix: "enrt_", List: "own", ReadScope: "read", Label: api.LabelRule{MaxLength: 128},
				Expiry: api.ExpiryRule{NeverAllowed: true, DefaultSeconds: 31536000, Recommended: "no"}, Revoke: api.RevokeRule{Verb: "Revoke"},
			},
			Model: "scopes", Scopes: "read=Read update=Update" + own, Limits: []api.Limit{},
		},
		"digitalhub": {
			Rules: api.Rules{
				Preset: "digitalhub", Prefix: "dhp_", List: "own", ReadScope: "profile", Exchange: true,
				Label:  api.LabelRule{Required: true, MinLength: 1, MaxLength: 255},
				Expiry: api.ExpiryRule{NeverAllowed: true, Recommended: "no"}, Revoke: api.RevokeRule{Verb: "Delete"},
			},
			Model: "scopes", Scopes: "profile=Profile openid=OpenID credentials=Credentials" + own, Limits: []api.Limit{},
		},
		"lucanet": {
			Rules: api.Rules{
				Preset: "lucanet", Prefix: "pat_{tenant}_", List: "tenant", ReadScope: "um:read", ActivationSeconds: 60,
				Label:  api.LabelRule{Required: true, MinLength: 8, MaxLength: 128},
				Expiry: api.ExpiryRule{NeverAllowed: true, Recommended: "yes"}, Revoke: api.RevokeRule{Verb: "Revoke", PromiseSeconds: 60, StaysListed: true},
			},
			Model: "scopes", Scopes: "um:read=Read um:write=Write um:bulk=Read and write" + own,
			Limits: []api.Limit{{Per: "tenant", Max: 25, Used: 1, Tenant: "north"}},
		},
		"socotra": {
			Rules: api.Rules{
				Preset: "socotra", Prefix: "socp_", List: "own", Label: api.LabelRule{Required: true, MinLength: 1, MaxLength: 128, Unique: true},
				Expiry: api.ExpiryRule{NeverAllowed: true, Recommended: "strongly"}, Revoke: api.RevokeRule{Verb: "Delete"},
			},
			Model: "permissions", Scopes: strings.TrimSpace(own), Limits: []api.Limit{{Per: "user", Max: 3, Used: 1}},
		},
	} {
		t.Run(preset, func(t *testing.T) {
			h := bobUnder(t, preset)
			issued := h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, h.wish()))
			if !strings.HasPrefix(issued.Secret, strings.ReplaceAll(want.Rules.Prefix, "{tenant}", "north")+"p") {
				t.Error("the secret begins otherwise than the rules say") // requirements 1, 2
			}
			h.get("/profile/me", issued.Secret).want(http.StatusOK) // requirement 16
			var c api.Capabilities
			h.get("/capabilities", h.bobIn).want(http.StatusOK).into(&c)
			var scopes []string
			for _, s := range c.Scopes {
				scopes = append(scopes, s.Name+"="+s.Label)
			}
			if d := cmp.Diff(want, row{c.Rules, c.Grants.Model, strings.Join(scopes, " "), c.Limits}); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]string{"policies.list", "north"}, append(c.Grants.Permissions, c.Grants.Tenants...)); d != "" {
				t.Error(d)
			}
			h.abilitiesHold(c, preset)
		})
	}
}

func (h *house) abilitiesHold(c api.Capabilities, preset string) {
	h.Helper()
	for _, name := range []string{"createPat", "createSat", "rotate", "bulkRevoke", "find", "exchange", "events", "users", "policy", "deviceFlow"} {
		a, ok := c.Abilities[name]
		if !ok || (a.State != "yes") != (a.Reason != "") {
			h.Errorf("%s: %+v", name, a)
		}
	}
	if got := c.Abilities["exchange"].State == "yes"; got != (preset == "digitalhub") {
		h.Errorf("exchange: %v", got) // requirement 104
	}
	if c.Abilities["createPat"].State != "yes" || c.Abilities["createSat"].State != "denied" {
		h.Errorf("%+v", c.Abilities)
	}
}

// requirements 71, 73: the error is clear, and a deleted token frees its slot.
func TestTheTokenBeyondTheLimitIsAConflict(t *testing.T) {
	h := bobUnder(t, "socotra")
	wish := h.wish()
	var last api.Issued
	for _, name := range []string{"one", "two", "three"} {
		wish["description"] = name
		last = h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, wish))
	}
	p := h.call(http.MethodPost, "/profile/tokens", h.bobIn, wish).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if p.Errors[0].Code != api.FieldTaken {
		t.Errorf("%+v", p)
	}
	wish["description"] = "four"
	p = h.call(http.MethodPost, "/profile/tokens", h.bobIn, wish).refused(http.StatusConflict, api.CodeLimit)
	if !strings.Contains(p.Detail, "at most 3") {
		t.Error(p.Detail)
	}
	h.call(http.MethodDelete, "/profile/tokens/"+last.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, wish))
}

// requirement 61
func TestThePolicyIsSetOverHTTPByAdministratorsAlone(t *testing.T) {
	h := bobUnder(t, "digitalhub")
	h.get("/manager/policy", h.bobIn).refused(http.StatusForbidden, api.CodeDenied)
	change := func(v any) reply {
		return h.call(http.MethodPatch, "/manager/policy", h.adaIn, map[string]any{"maxExpirySeconds": v})
	}
	h.call(http.MethodPatch, "/manager/policy", h.bobIn, map[string]any{"maxExpirySeconds": 60}).refused(http.StatusForbidden, api.CodeDenied)
	for _, bad := range []any{0, -5, "a", 1.5} {
		change(bad).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	}
	h.call(http.MethodPatch, "/manager/policy", h.adaIn, map[string]any{}).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	change(3600).want(http.StatusOK)
	var got api.Policy
	h.get("/manager/policy", h.adaIn).want(http.StatusOK).into(&got)
	if got.EffectiveMaxSeconds != 3600 || *got.MaxExpirySeconds != 3600 {
		t.Errorf("%+v", got)
	}
	p := h.call(http.MethodPost, "/profile/tokens", h.bobIn, h.wish()).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	if d := cmp.Diff([]api.FieldError{{Pointer: "/expiresAt", Code: "required", Detail: "Choose when the token expires."}}, p.Errors); d != "" {
		t.Error(d)
	}
	change(nil).want(http.StatusOK)
	h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, h.wish()))
}

// Tokens of other rules, with another prefix, go on working.
func TestChangingTheRulesKeepsTheTokensThatThereAre(t *testing.T) {
	h := newHouse(t)
	older := h.pat(h.bobIn, h.open, "read")
	next, err := rules.Load("digitalhub")
	h.must(err)
	next.ReadScope = "" // what it carries is no scope of the new catalogue
	h.in.Tokens.Rules = next
	h.get("/profile/me", older.Secret).want(http.StatusOK)
	h.get("/profile/me", older.Secret[:len(older.Secret)-1]+"-").want(http.StatusUnauthorized)
	h.form("/id/connect/revocation", http.Header{"Authorization": {"Bearer " + older.Secret}}, map[string][]string{"token": {older.Secret}}).want(http.StatusOK)
	h.get("/profile/me", older.Secret).want(http.StatusUnauthorized)
}
