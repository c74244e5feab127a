package server_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/server"
	"keyfob/server/tokens"
)

// eachCall goes through the contract: whatever is added later is tried too.
func (h *house) eachCall(do func(t *testing.T, op *huma.Operation, path string)) {
	h.Helper()
	for path, item := range h.in.Handler.(*server.Server).Document().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op != nil {
				h.Run(op.OperationID, func(t *testing.T) { do(t, op, strings.ReplaceAll(path, "{id}", "none")) })
			}
		}
	}
}

// Requirements 35, 32: whatever is sent, who may not is told so first.
func TestManagerCallsAnswerOnlyAdministratorsWhoSignedIn(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.adaIn, h.open, "read", "update")
	calls := 0
	h.eachCall(func(_ *testing.T, op *huma.Operation, path string) {
		if !strings.HasPrefix(path, "/manager/") {
			return
		}
		calls++
		h.call(op.Method, path, h.bobIn, nil).refused(http.StatusForbidden, api.CodeDenied)
		h.call(op.Method, path, pat.Secret, nil).refused(http.StatusForbidden, api.CodeInteractive)
	})
	if calls < 8 {
		t.Errorf("only %d manager calls in the contract", calls)
	}
	h.get("/manager/apps", h.adaIn).want(http.StatusOK)
	h.get("/manager/users", h.adaIn).want(http.StatusOK)
}

func TestCallsThatNeedCredentialsSayHowToSendThem(t *testing.T) {
	h := newHouse(t)
	h.eachCall(func(t *testing.T, op *huma.Operation, path string) {
		if len(op.Security) == 0 || op.Security[0]["signIn"] == nil {
			return
		}
		r := h.call(op.Method, path, "", nil)
		r.refused(http.StatusUnauthorized, api.CodeUnauthenticated)
		if got := r.header.Get("WWW-Authenticate"); got != `Bearer realm="keyfob"` {
			t.Errorf("WWW-Authenticate: %s", got)
		}
	})
}

// Requirement 88, and the two header names that the seeds have beside it.
func TestTokenIsTakenFromEachOfThreeHeadersButOnlyOne(t *testing.T) {
	h := newHouse(t)
	secret := h.pat(h.bobIn, h.open, "read").Secret
	me := func(header http.Header) reply { return h.send(http.MethodGet, "/profile/me", header, http.NoBody) }
	for _, header := range []http.Header{
		{"Authorization": {"Bearer " + secret}}, {"Authorization": {"bearer  " + secret}}, {"X-Api-Key": {secret}}, {"Api-Key": {secret}},
	} {
		me(header).want(http.StatusOK)
	}
	for _, header := range []http.Header{
		{"Authorization": {"Bearer " + secret}, "X-Api-Key": {secret}},
		{"Authorization": {"Basic eA=="}, "Api-Key": {secret}},
		{"Api-Key": {secret}, "X-Api-Key": {secret}},
		{"Authorization": {"Bearer " + secret, "Bearer " + secret}},
		{"Api-Key": {secret, secret}},
	} {
		me(header).refused(http.StatusBadRequest, api.CodeBadRequest)
	}
	for _, header := range []http.Header{
		{"Authorization": {secret}}, {"Authorization": {"Basic " + secret}}, {"Authorization": {"Bearer"}}, {"Api-Key": {"Bearer " + secret}},
	} {
		me(header).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	}
	h.get("/profile/me?access_token="+secret+"&api_key="+secret, "").want(http.StatusUnauthorized)
}

// Requirements 89, 90.
func TestCallOutsideTheTokensScopesIsForbiddenNotUnauthorized(t *testing.T) {
	h := newHouse(t)
	r := h.get("/profile/me", h.pat(h.bobIn, h.open, "update").Secret)
	r.refused(http.StatusForbidden, api.CodeScope)
	if got := r.header.Get("WWW-Authenticate"); !strings.Contains(got, `error="insufficient_scope"`) || !strings.Contains(got, `scope="read"`) {
		t.Errorf("WWW-Authenticate: %s", got)
	}
	h.get("/profile/me", h.pat(h.bobIn, h.open, "update", "read").Secret).want(http.StatusOK)
	h.get("/capabilities", h.pat(h.bobIn, h.open, "read").Secret).want(http.StatusOK)
}

func TestTokenManagementNeedsAnInteractiveSignIn(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read", "update")
	for _, r := range []reply{
		h.get("/profile/tokens", pat.Secret), h.get("/profile/apps", pat.Secret), h.get("/profile/tokens/"+pat.Token.ID, pat.Secret),
		h.call(http.MethodPost, "/profile/tokens", pat.Secret, api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}}),
		h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, pat.Secret, nil),
	} {
		r.refused(http.StatusForbidden, api.CodeInteractive)
	}
}

// Requirement 99.
func TestExpiredRevokedAndUnknownTokensAreRefusedAlike(t *testing.T) {
	h := newHouse(t)
	soon := h.clock.now().Add(time.Minute)
	expired := h.issued(h.call(http.MethodPost, "/profile/tokens", h.bobIn, api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}, ExpiresAt: &soon}))
	revoked := h.pat(h.bobIn, h.open, "read")
	h.call(http.MethodDelete, "/profile/tokens/"+revoked.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	disabled := h.pat(h.adaIn, h.admins, "read")
	off := false
	h.call(http.MethodPatch, "/manager/apps/"+h.admins.ID, h.adaIn, api.AppChange{Enabled: &off}).want(http.StatusOK)
	h.clock.forward(2 * time.Minute)

	bodies := map[string]string{}
	for name, secret := range map[string]string{
		"expired": expired.Secret, "revoked": revoked.Secret, "app disabled": disabled.Secret,
		"wrong checksum": "enrt_p" + strings.Repeat("A", 48), "garbage": "enrt_", "unknown access token": "no-such-token",
	} {
		r := h.get("/profile/me", secret)
		r.refused(http.StatusUnauthorized, api.CodeUnauthenticated)
		text := strings.ReplaceAll(string(r.body), r.header.Get("X-Request-Id"), "") + r.header.Get("WWW-Authenticate")
		bodies[text] = name
	}
	if len(bodies) != 1 {
		t.Errorf("the answers differ: %v", bodies)
	}
}

func TestDisabledUserIsOutAtOnce(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	off, err := h.in.Store.UserByLogin(t.Context(), "bob")
	h.must(err)
	h.must(h.in.Tokens.SetUserActive(t.Context(), tokens.Operator(), off.ID, false))
	h.get("/profile/me", pat.Secret).want(http.StatusUnauthorized)
	h.get("/profile/me", h.bobIn).want(http.StatusUnauthorized)
}

// Requirements 6, 7: a dump of the data directory and the log have no value.
func TestSecretsAreNeitherOnDiskNorInTheLog(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect")
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
	h.get("/profile/tokens?q="+pat.Secret, h.bobIn)
	h.get("/"+pat.Secret, "").want(http.StatusNotFound)
	h.asked(sat.Secret, pat.Secret).want(http.StatusOK)
	h.call("X"+strings.ToUpper(pat.Secret), "/", "", nil).want(http.StatusNotFound)
	h.send(http.MethodPost, "/profile/tokens", http.Header{"Authorization": {"Bearer " + h.bobIn}, "X-Request-Id": {pat.Secret}}, strings.NewReader(`{"`+pat.Secret+`":"`+sat.Secret+`"`)).want(http.StatusBadRequest)

	root := os.DirFS(h.dir)
	h.must(fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v (%v)", d.Name(), info.Mode(), err)
		}
		text, err := fs.ReadFile(root, path)
		h.searched(d.Name(), string(text), pat.Secret, sat.Secret, h.bobIn)
		return err
	}))
	log := h.log.String()
	if !strings.Contains(log, "GET /profile/me") {
		t.Fatal("the log has no requests: this test would find nothing")
	}
	h.searched("log", log, pat.Secret, strings.ToUpper(pat.Secret), sat.Secret, h.bobIn, "Bearer")
}

// searched demands that no secret, nor its random part, is in text.
func (h *house) searched(where, text string, secrets ...string) {
	h.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) || len(s) > 40 && strings.Contains(text, s[6:40]) {
			h.Errorf("a secret is in %s", where)
		}
	}
}

func TestAutoDiscoveryNamesWhereEverythingIs(t *testing.T) {
	h := newHouse(t)
	want := api.Discovery{WebSites: []api.WebSite{
		{Type: "ID", Status: "Working", URL: h.url + "/id"},
		{Type: "UserProfile", Status: "Working", URL: h.url + "/profile"},
		{Type: "InstanceManager", Status: "Working", URL: h.url + "/manager"},
	}}
	for _, path := range []string{"/tools/auto-discovery", "/sys/auto-discovery"} {
		var got api.Discovery
		h.get(path, "").want(http.StatusOK).into(&got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	var oidc struct {
		Issuer                string `json:"issuer"`
		IntrospectionEndpoint string `json:"introspection_endpoint"`
		RevocationEndpoint    string `json:"revocation_endpoint"`
	}
	h.get("/id/.well-known/openid-configuration", "").want(http.StatusOK).into(&oidc)
	if oidc.Issuer != h.url+"/id" {
		t.Errorf("issuer %s", oidc.Issuer)
	}
	for _, endpoint := range []string{oidc.IntrospectionEndpoint, oidc.RevocationEndpoint} {
		h.form(strings.TrimPrefix(endpoint, h.url), nil, url.Values{"token": {"x"}}).want(http.StatusUnauthorized)
	}
}

func TestCapabilitiesSayWhatTheRulesAre(t *testing.T) {
	h := newHouse(t)
	var c api.Capabilities
	h.get("/capabilities", h.bobIn).want(http.StatusOK).into(&c)
	if c.Rules.Preset != "erp" || !c.Rules.Expiry.NeverAllowed || c.Rules.Prefix != "enrt_" || c.Server.Version != "1.2.3" || len(c.Scopes) == 0 {
		t.Errorf("%+v", c)
	}
}

func TestHealthTellsTheTruth(t *testing.T) {
	h := newHouse(t)
	h.get("/healthz", "").want(http.StatusOK)
	h.get("/readyz", "").want(http.StatusOK)
	h.must(h.in.Store.Close())
	h.get("/healthz", "").want(http.StatusOK)
	h.get("/readyz", "").want(http.StatusServiceUnavailable)
}

// A database that is gone is our fault, and said so without saying more.
func TestBrokenDatabaseIsAnInternalProblemThatTellsNothing(t *testing.T) {
	h := newHouse(t)
	h.must(h.in.Store.Close())
	p := h.get("/profile/me", h.bobIn).refused(http.StatusInternalServerError, api.CodeInternal)
	raw, err := json.Marshal(p)
	h.must(err)
	if strings.Contains(string(raw), "sql") {
		t.Errorf("it tells: %s", raw)
	}
	if !strings.Contains(h.log.String(), p.RequestID) {
		t.Error("the log does not have the request id")
	}
}
