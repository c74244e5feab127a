package server_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/signin"
	"keyfob/server/store"
)

const (
	grant       = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // G101: a name, no credential
)

func newExchange(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *instance.Config) {
		c.Rules = c.Rules.OrDefault()
		c.Rules.Exchange = true // erp, but for that
	})
}

// asking is a good request, with change in it; an empty value takes one out.
func asking(subject string, change ...string) url.Values {
	v := url.Values{"grant_type": {grant}, "subject_token": {subject}, "subject_token_type": {accessToken}}
	for pair := range slices.Chunk(change, 2) {
		if name, value := pair[0], pair[1]; value == "" {
			v.Del(name)
		} else {
			v.Add(name, value)
		}
	}
	return v
}

type exchanged struct {
	AccessToken     string `json:"access_token"`
	IssuedTokenType string `json:"issued_token_type"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int    `json:"expires_in"`
	Scope           string `json:"scope"`
}

func (h *house) exchange(form url.Values) exchanged {
	h.Helper()
	r := h.form("/id/connect/token", nil, form).want(http.StatusOK)
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Pragma") != "no-cache" || r.header.Get("Content-Type") != "application/json" {
		h.Errorf("headers %v", r.header)
	}
	var out exchanged
	r.into(&out)
	return out
}

// oauthError demands an error as RFC 6749, section 5.2, has it.
func (r reply) oauthError(status int, code string) {
	r.Helper()
	var got map[string]string
	r.want(status).into(&got)
	if got["error"] != code {
		r.Errorf("error %q, want %q: %s", got["error"], code, r.body)
	}
	delete(got, "error")
	delete(got, "error_description")
	if len(got) > 0 || r.header.Get("Cache-Control") != "no-store" {
		r.Errorf("besides %v, %v", got, r.header)
	}
	if challenged := r.header.Get("WWW-Authenticate") != ""; status == http.StatusUnauthorized && !challenged {
		r.Error("a 401 without WWW-Authenticate")
	}
}

// requirements 101, 102; RFC 8693, sections 2.1 and 2.2.1
func TestATokenIsExchangedForAShortLivedOne(t *testing.T) {
	h := newExchange(t)
	pat, asker := h.pat(h.bobIn, h.open, "read", "update"), h.sat(h.open, "introspect")
	secret := h.appSecret(h.open)
	x := h.exchange(asking(pat.Secret))
	if !strings.HasPrefix(x.AccessToken, "enrt_x") {
		t.Error("another shape of secret")
	}
	want := exchanged{x.AccessToken, accessToken, "Bearer", 900, "read update"}
	if d := cmp.Diff(want, x); d != "" {
		t.Error(d)
	}
	for name, change := range map[string][]string{
		"fewer scopes":                  {"scope", "read"},
		"the wanted type":               {"scope", "read", "requested_token_type", accessToken},
		"the app as audience, twice":    {"scope", "read", "audience", h.open.ID, "audience", h.open.ID},
		"this server as resource":       {"scope", "read", "resource", h.url, "resource", h.url + "/"},
		"a client_id, which is ignored": {"scope", "read", "client_id", signin.DesktopClient},
		"the app's credentials":         {"scope", "read", "client_id", h.open.ID, "client_secret", secret},
		"an unknown parameter":          {"scope", "read", "unknown", "what"},
	} {
		if got := h.exchange(asking(pat.Secret, change...)); got.Scope != "read" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	h.form("/id/connect/token", basic(h.open.ID, secret), asking(pat.Secret)).want(http.StatusOK)
	h.send(http.MethodPost, "/id/connect/token", http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}},
		strings.NewReader(asking(pat.Secret).Encode()+"&actor_token=&resource=&scope=&client_secret=")).want(http.StatusOK) // RFC 6749, section 3.2: as if left out

	var me, same api.Me
	h.get("/profile/me", x.AccessToken).want(http.StatusOK).into(&me)
	h.get("/profile/me", pat.Secret).want(http.StatusOK).into(&same)
	if d := cmp.Diff(same, me); d != "" {
		t.Error(d)
	}
	var in api.Introspection
	h.asked(asker.Secret, x.AccessToken).want(http.StatusOK).into(&in)
	now := h.clock.now().Unix()
	if d := cmp.Diff(api.Introspection{
		Active: true, Scope: "read update", ClientID: h.open.ID, Username: "bob", TokenType: "Bearer", Exp: now + 900, Iat: now,
		Sub: h.bob.ID, Aud: h.open.ID, Iss: h.url + "/id", Jti: in.Jti, Kind: api.KindPAT,
	}, in); d != "" {
		t.Error(d)
	}
	short := h.exchange(asking(h.sat(h.open, "introspect").Secret))
	h.asked(short.AccessToken, x.AccessToken).want(http.StatusOK).into(&in)
	if !in.Active {
		t.Error("an exchanged SAT cannot introspect")
	}
}

// requirements 101 to 103
func TestAnExchangedTokenManagesNothingAndEndsWithItsParent(t *testing.T) {
	h := newExchange(t)
	pat := h.pat(h.bobIn, h.open, "read", "update")
	x := h.exchange(asking(pat.Secret)).AccessToken
	h.get("/profile/tokens", x).refused(http.StatusForbidden, api.CodeInteractive)
	h.call(http.MethodPost, "/profile/tokens", x, api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}}).refused(http.StatusForbidden, api.CodeInteractive)
	narrow := h.exchange(asking(pat.Secret, "scope", "update")).AccessToken
	h.get("/profile/me", narrow).refused(http.StatusForbidden, api.CodeScope)

	own := h.exchange(asking(pat.Secret)).AccessToken
	h.form("/id/connect/revocation", http.Header{"Authorization": {"Bearer " + own}}, url.Values{"token": {own}}).want(http.StatusOK)
	h.get("/profile/me", own).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.get("/profile/me", x).want(http.StatusOK)

	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	h.get("/profile/me", x).refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	h.form("/id/connect/token", nil, asking(pat.Secret)).oauthError(http.StatusBadRequest, "invalid_request")

	late := h.exchange(asking(h.pat(h.bobIn, h.open, "read").Secret)).AccessToken
	h.clock.forward(15 * time.Minute)
	h.get("/profile/me", late).want(http.StatusUnauthorized)
	if strings.Contains(h.log.String(), x) {
		t.Error("the log has a secret")
	}
}

// RFC 8693, section 2.2.2; RFC 6749, sections 2.3, 3.2 and 5.2
func TestExchangeAnswersErrorsAsOAuthHasThem(t *testing.T) {
	h := newExchange(t)
	pat, foreign := h.pat(h.bobIn, h.open, "read"), h.appSecret(h.admins)
	x := h.exchange(asking(pat.Secret)).AccessToken
	for name, c := range map[string]struct {
		header http.Header
		form   url.Values
		status int
		code   string
	}{
		"no subject":              {nil, asking(pat.Secret, "subject_token", ""), 400, "invalid_request"},
		"no type":                 {nil, asking(pat.Secret, "subject_token_type", ""), 400, "invalid_request"},
		"another type":            {nil, asking(pat.Secret, "subject_token_type", "", "subject_token_type", "urn:ietf:params:oauth:token-type:jwt"), 400, "invalid_request"},
		"another type wanted":     {nil, asking(pat.Secret, "requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), 400, "invalid_request"},
		"an actor":                {nil, asking(pat.Secret, "actor_token", pat.Secret, "actor_token_type", accessToken), 400, "invalid_request"},
		"an actor's type alone":   {nil, asking(pat.Secret, "actor_token_type", accessToken), 400, "invalid_request"},
		"an exchanged one":        {nil, asking(x), 400, "invalid_request"},
		"a sign-in's":             {nil, asking(h.bobIn), 400, "invalid_request"},
		"garbage":                 {nil, asking("x"), 400, "invalid_request"},
		"a parameter twice":       {nil, asking(pat.Secret, "scope", "read", "scope", "read"), 400, "invalid_request"},
		"two subjects":            {nil, asking(pat.Secret, "subject_token", pat.Secret), 400, "invalid_request"},
		"a foreign audience":      {nil, asking(pat.Secret, "audience", h.admins.ID), 400, "invalid_target"},
		"one of two is foreign":   {nil, asking(pat.Secret, "audience", h.open.ID, "audience", "x"), 400, "invalid_target"},
		"another resource":        {nil, asking(pat.Secret, "resource", "https://example.org/api"), 400, "invalid_target"},
		"no URI as resource":      {nil, asking(pat.Secret, "resource", "%"), 400, "invalid_target"},
		"a resource's fragment":   {nil, asking(pat.Secret, "resource", h.url+"/#x"), 400, "invalid_target"},
		"a relative resource":     {nil, asking(pat.Secret, "resource", "/"), 400, "invalid_target"},
		"a scope that it lacks":   {nil, asking(pat.Secret, "scope", "read update"), 400, "invalid_scope"},
		"the scope tokens":        {nil, asking(pat.Secret, "scope", "tokens"), 400, "invalid_scope"},
		"scopes of no shape":      {nil, asking(pat.Secret, "scope", "read  read"), 400, "invalid_scope"},
		"a wrong client secret":   {basic(h.open.ID, "enrt_a"), asking(pat.Secret), 401, "invalid_client"},
		"in the form":             {nil, asking(pat.Secret, "client_id", h.open.ID, "client_secret", "enrt_a"), 401, "invalid_client"},
		"another scheme":          {http.Header{"Authorization": {"Bearer " + pat.Secret}}, asking(pat.Secret), 401, "invalid_client"},
		"Basic without sense":     {http.Header{"Authorization": {"Basic %"}}, asking(pat.Secret), 401, "invalid_client"},
		"two kinds of credential": {basic(h.open.ID, "x"), asking(pat.Secret, "client_secret", "x"), 400, "invalid_request"},
		"an assertion":            {nil, asking(pat.Secret, "client_assertion", "x"), 400, "invalid_request"},
		"another app's client":    {basic(h.admins.ID, foreign), asking(pat.Secret), 400, "unauthorized_client"},
	} {
		t.Log(name)
		h.form("/id/connect/token", c.header, c.form).oauthError(c.status, c.code)
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	h.send(http.MethodPost, "/id/connect/token?scope=read", form, strings.NewReader(asking(pat.Secret).Encode())).oauthError(400, "invalid_request")
	h.send(http.MethodPost, "/id/connect/token?"+asking(pat.Secret).Encode(), form, http.NoBody).oauthError(400, "invalid_request")
	h.send(http.MethodPost, "/id/connect/token", http.Header{"Content-Type": {"text/plain"}}, strings.NewReader(asking(pat.Secret).Encode())).oauthError(400, "invalid_request")
	h.get("/id/connect/token", "").want(http.StatusMethodNotAllowed)
}

func TestOneTokenIsNotExchangedWithoutEnd(t *testing.T) {
	h := newExchange(t)
	pat := h.pat(h.bobIn, h.open, "read")
	h.must(h.in.Store.Write(t.Context(), func(tx *store.Tx) error { // 99 with one commit
		for i := range 99 {
			now := h.clock.now()
			x := store.Exchanged{ID: rand.Text(), MAC: []byte{byte(i)}, ParentID: pat.Token.ID, CreatedAt: now, ExpiresAt: now.Add(15 * time.Minute)}
			if err := tx.InsertExchanged(t.Context(), x); err != nil {
				return err
			}
		}
		return nil
	}))
	h.exchange(asking(pat.Secret))
	h.clock.forward(time.Minute)
	r := h.form("/id/connect/token", nil, asking(pat.Secret))
	r.oauthError(http.StatusTooManyRequests, "temporarily_unavailable")
	if r.header.Get("Retry-After") != "840" {
		t.Errorf("Retry-After %s", r.header.Get("Retry-After"))
	}
}

// requirement 104: announced where the rules allow it, and nowhere else.
func TestExchangeIsOfferedOnlyWhereTheRulesAllowIt(t *testing.T) {
	for name, c := range map[string]struct {
		h       *house
		ability string
		methods []string
	}{
		"allowed": {newExchange(t), "yes", []string{"none", "client_secret_basic", "client_secret_post"}},
		"not":     {newHouse(t), "no", []string{"none"}},
	} {
		t.Log(name)
		var doc struct {
			Grants  []string `json:"grant_types_supported"`
			Methods []string `json:"token_endpoint_auth_methods_supported"`
		}
		c.h.get("/id/.well-known/openid-configuration", "").want(http.StatusOK).into(&doc)
		var can api.Capabilities
		c.h.get("/capabilities", c.h.bobIn).want(http.StatusOK).into(&can)
		if listed := slices.Contains(doc.Grants, grant); listed != (c.ability == "yes") || can.Abilities["exchange"].State != c.ability {
			t.Errorf("grants %q, ability %+v", doc.Grants, can.Abilities["exchange"])
		}
		if d := cmp.Diff(c.methods, doc.Methods); d != "" {
			t.Error(d)
		}
		r := c.h.form("/id/connect/token", nil, asking(c.h.pat(c.h.bobIn, c.h.open, "read").Secret))
		if c.ability == "yes" {
			r.want(http.StatusOK)
		} else {
			r.oauthError(http.StatusBadRequest, "unsupported_grant_type")
		}
	}
}

// RFC 8414, sections 2, 3 and 3.1
func TestAnOAuthClientFindsTheMetadataByTheIssuer(t *testing.T) {
	h := newExchange(t)
	var doc, openid map[string]any
	r := h.get("/.well-known/oauth-authorization-server/id", "").want(http.StatusOK)
	r.into(&doc)
	h.get("/id/.well-known/openid-configuration", "").want(http.StatusOK).into(&openid)
	if d := cmp.Diff(openid, doc); d != "" {
		t.Error(d)
	}
	if r.header.Get("Content-Type") != "application/json" {
		t.Errorf("it came as %s", r.header.Get("Content-Type"))
	}
	text := func(values ...string) (out []any) {
		for _, v := range values {
			out = append(out, v)
		}
		return out
	}
	at := h.url + "/id"
	for name, want := range map[string]any{
		"issuer":                                        at,
		"authorization_endpoint":                        at + "/connect/authorize",
		"token_endpoint":                                at + "/connect/token",
		"jwks_uri":                                      at + "/connect/keys",
		"introspection_endpoint":                        at + "/connect/introspect",
		"revocation_endpoint":                           at + "/connect/revocation",
		"response_types_supported":                      text("code"),
		"code_challenge_methods_supported":              text("S256"),
		"token_endpoint_auth_methods_supported":         text("none", "client_secret_basic", "client_secret_post"),
		"introspection_endpoint_auth_methods_supported": text("client_secret_basic", "client_secret_post", "Bearer"),
		"revocation_endpoint_auth_methods_supported":    text("none", "client_secret_basic", "client_secret_post"),
	} {
		if d := cmp.Diff(want, doc[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for name, value := range maps.All(doc) {
		if list, ok := value.([]any); ok && len(list) == 0 {
			t.Errorf("%s is there without a value", name)
		}
	}
	h.get("/.well-known/oauth-authorization-server", "").want(http.StatusNotFound)
	h.get("/.well-known/oauth-authorization-server/other", "").want(http.StatusNotFound)
}
