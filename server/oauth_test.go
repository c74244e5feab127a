package server_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/signin"
	"keyfob/server/tokens"
)

const inactive = `{"active":false}`

func basic(id, secret string) http.Header {
	text := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(text))}}
}

// appSecret gives an app client credentials.
func (h *house) appSecret(app api.App) string {
	h.Helper()
	value, err := h.in.Tokens.NewAppSecret(h.Context(), tokens.Operator(), app.ID)
	h.must(err)
	return value.Reveal()
}

// RFC 7662, section 2: each way in which a service can ask.
func TestIntrospectionAnswersAnAppByItsCredentialsOrItsSAT(t *testing.T) {
	h := newHouse(t)
	pat, asker, secret := h.pat(h.bobIn, h.open, "read", "update"), h.sat(h.open, "introspect"), h.appSecret(h.open)
	for name, r := range map[string]reply{
		"bearer": h.asked(asker.Secret, pat.Secret),
		"basic":  h.form("/id/connect/introspect", basic(h.open.ID, secret), url.Values{"token": {pat.Secret}, "token_type_hint": {"access_token"}}),
		"form":   h.form("/id/connect/introspect", nil, url.Values{"token": {pat.Secret}, "client_id": {h.open.ID}, "client_secret": {secret}}),
	} {
		var in api.Introspection
		r.want(http.StatusOK).into(&in)
		if !in.Active || in.Sub != h.bob.ID || in.Scope != "read update" || in.ClientID != h.open.ID || in.Kind != api.KindPAT || in.TokenType != "Bearer" || in.Jti != pat.Token.ID {
			t.Errorf("%s: %+v", name, in)
		}
		if r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", name)
		}
	}
}

func TestIntrospectionOfWhatIsNotActiveSaysNothingMore(t *testing.T) {
	h := newHouse(t)
	asker := h.sat(h.open, "introspect")
	revoked, foreign := h.pat(h.bobIn, h.open, "read"), h.pat(h.adaIn, h.admins, "read")
	h.call(http.MethodDelete, "/profile/tokens/"+revoked.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	for name, token := range map[string]string{
		"revoked": revoked.Secret, "another app's": foreign.Secret, "garbage": "enrt_p123", "a sign-in": h.bobIn, "client secret": h.appSecret(h.open),
	} {
		if got := string(h.asked(asker.Secret, token).want(http.StatusOK).body); got != inactive {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestIntrospectionRefusesWhoMayNotAsk(t *testing.T) {
	h := newHouse(t)
	pat, weak, secret := h.pat(h.bobIn, h.open, "read", "introspect"), h.sat(h.open, "read"), h.appSecret(h.open)
	token := url.Values{"token": {pat.Secret}}
	for name, c := range map[string]struct {
		header http.Header
		form   url.Values
		status int
		code   string
	}{
		"nobody":                 {nil, token, 401, "invalid_client"},
		"wrong client secret":    {basic(h.open.ID, "enrt_a"), token, 401, "invalid_client"},
		"another app's secret":   {basic(h.admins.ID, secret), token, 401, "invalid_client"},
		"a PAT":                  {http.Header{"Authorization": {"Bearer " + pat.Secret}}, token, 403, "unauthorized_client"},
		"a SAT without scope":    {http.Header{"Authorization": {"Bearer " + weak.Secret}}, token, 403, "insufficient_scope"},
		"a sign-in":              {http.Header{"Authorization": {"Bearer " + h.adaIn}}, token, 401, "invalid_token"},
		"two kinds":              {basic(h.open.ID, secret), url.Values{"token": {"x"}, "client_secret": {secret}}, 400, "invalid_request"},
		"basic and a key":        {http.Header{"Authorization": basic(h.open.ID, secret)["Authorization"], "Api-Key": {weak.Secret}}, token, 400, "invalid_request"},
		"no token":               {basic(h.open.ID, secret), url.Values{}, 400, "invalid_request"},
		"the token twice":        {basic(h.open.ID, secret), url.Values{"token": {"x", "y"}}, 400, "invalid_request"},
		"the public client only": {nil, url.Values{"token": {"x"}, "client_id": {signin.DesktopClient}}, 401, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.form("/id/connect/introspect", c.header, c.form).want(c.status)
			var e struct{ Error string }
			if r.into(&e); e.Error != c.code {
				t.Errorf("error %q, want %q", e.Error, c.code)
			}
			if c.status == http.StatusUnauthorized && r.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	r := h.send(http.MethodPost, "/id/connect/introspect?token="+pat.Secret, basic(h.open.ID, secret), http.NoBody)
	r.want(http.StatusBadRequest) // RFC 7662, section 2.1: never in the URL
	h.get("/id/connect/introspect", "").refused(http.StatusMethodNotAllowed, api.CodeMethod)
}

// RFC 7009. Who holds a leaked token may end it.
func TestRevocationEndsTheTokenAtOnce(t *testing.T) {
	h := newHouse(t)
	secret := h.appSecret(h.open)
	revoke := func(header http.Header, form url.Values) reply { return h.form("/id/connect/revocation", header, form) }
	for name, by := range map[string]func(token string) reply{
		"itself as bearer": func(s string) reply {
			return revoke(http.Header{"Authorization": {"Bearer " + s}}, url.Values{"token": {s}})
		},
		"app, basic": func(s string) reply { return revoke(basic(h.open.ID, secret), url.Values{"token": {s}}) },
		"app, form": func(s string) reply {
			return revoke(nil, url.Values{"token": {s}, "client_id": {h.open.ID}, "client_secret": {secret}})
		},
		"the public desktop": func(s string) reply {
			return revoke(nil, url.Values{"token": {s}, "client_id": {signin.DesktopClient}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			pat := h.pat(h.bobIn, h.open, "read")
			h.get("/profile/me", pat.Secret).want(http.StatusOK)
			if r := by(pat.Secret).want(http.StatusOK); len(r.body) != 0 {
				t.Errorf("a body: %s", r.body)
			}
			h.get("/profile/me", pat.Secret).want(http.StatusUnauthorized)
			by(pat.Secret).want(http.StatusOK) // section 2.2: again is no error
			by("enrt_p" + pat.Secret[7:]).want(http.StatusOK)
		})
	}
}

func TestRevocationEndsASignIn(t *testing.T) {
	h := newHouse(t)
	h.form("/id/connect/revocation", nil, url.Values{"token": {h.bobIn}, "client_id": {signin.DesktopClient}}).want(http.StatusOK)
	h.get("/profile/me", h.bobIn).want(http.StatusUnauthorized)
	h.form("/id/connect/revocation", http.Header{"Authorization": {"Bearer " + h.adaIn}}, url.Values{"token": {h.adaIn}}).want(http.StatusOK)
	h.get("/profile/me", h.adaIn).want(http.StatusUnauthorized)
}

func TestRevocationRefusesStrangers(t *testing.T) {
	h := newHouse(t)
	pat, other := h.pat(h.bobIn, h.open, "read"), h.pat(h.adaIn, h.open, "read")
	token := url.Values{"token": {pat.Secret}}
	h.form("/id/connect/revocation", nil, token).want(http.StatusUnauthorized)
	h.form("/id/connect/revocation", basic(h.open.ID, "wrong"), token).want(http.StatusUnauthorized)
	h.form("/id/connect/revocation", http.Header{"Authorization": {"Bearer " + other.Secret}}, token).want(http.StatusForbidden)
	h.form("/id/connect/revocation", nil, url.Values{"client_id": {signin.DesktopClient}}).want(http.StatusBadRequest)
	h.get("/id/connect/revocation", "").refused(http.StatusMethodNotAllowed, api.CodeMethod)
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
}

// RFC 7009, section 2.1: an app ends its own tokens, by its credentials or its
// SAT that may introspect. Another's are to it as unknown ones: what
// introspection does not tell, this does not either.
func TestAnAppRevokesItsOwnTokensOnly(t *testing.T) {
	h := newHouse(t)
	secret, asker := h.appSecret(h.open), h.sat(h.open, "introspect")
	for name, by := range map[string]http.Header{
		"its credentials": basic(h.open.ID, secret), "its SAT": {"Authorization": {"Bearer " + asker.Secret}}, "its SAT as a key": {"X-Api-Key": {asker.Secret}},
	} {
		t.Log(name)
		own, foreign := h.pat(h.bobIn, h.open, "read"), h.pat(h.adaIn, h.admins, "read")
		revoke := func(token string) reply {
			return h.form("/id/connect/revocation", by.Clone(), url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}).want(http.StatusOK)
		}
		for _, token := range []string{own.Secret, foreign.Secret, h.adaIn, "garbage"} {
			if r := revoke(token); len(r.body) != 0 || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%q, %v", r.body, r.header)
			}
		}
		h.get("/profile/me", own.Secret).want(http.StatusUnauthorized)
		h.get("/profile/me", foreign.Secret).want(http.StatusOK)
		h.get("/profile/me", h.adaIn).want(http.StatusOK)
	}
}

// RFC 7662, section 2.3; RFC 6750, section 3; RFC 6749, section 5.2.
func TestIntrospectionAndRevocationChallengeAsTheCallerTried(t *testing.T) {
	h := newHouse(t)
	weak, pat := h.sat(h.open, "read"), h.pat(h.bobIn, h.open, "read")
	for name, c := range map[string]struct {
		header    http.Header
		status    int
		code      string
		challenge []string
	}{
		"nobody":              {nil, 401, "invalid_client", []string{`Basic realm="keyfob"`, `Bearer realm="keyfob"`}},
		"a wrong secret":      {basic(h.open.ID, "x"), 401, "invalid_client", []string{`Basic realm="keyfob"`, `Bearer realm="keyfob"`}},
		"Basic without sense": {http.Header{"Authorization": {"Basic %"}}, 401, "invalid_client", []string{`Basic realm="keyfob"`, `Bearer realm="keyfob"`}},
		"a code of no form":   {http.Header{"Authorization": {"Basic JTp4"}}, 401, "invalid_client", []string{`Basic realm="keyfob"`, `Bearer realm="keyfob"`}}, // "%:x"
		"an unknown bearer":   {http.Header{"Authorization": {"Bearer x"}}, 401, "invalid_token", []string{`Bearer realm="keyfob", error="invalid_token"`}},
		"a weak bearer":       {http.Header{"Authorization": {"Bearer " + weak.Secret}}, 403, "insufficient_scope", []string{`Bearer realm="keyfob", error="insufficient_scope", scope="introspect"`}},
		"two headers":         {http.Header{"Authorization": {"Bearer x", "Basic eDp5"}}, 400, "invalid_request", nil},
	} {
		for _, path := range []string{"/id/connect/introspect", "/id/connect/revocation"} {
			t.Log(name, path)
			r := h.form(path, c.header.Clone(), url.Values{"token": {pat.Secret}})
			r.oauthError(c.status, c.code)
			if got := r.header.Values("WWW-Authenticate"); !slices.Equal(got, c.challenge) {
				t.Errorf("challenge %q", got)
			}
		}
	}
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
}

// RFC 7662, section 2.1 and RFC 7009, section 2.1: parameters are in the body;
// an unknown hint is no error; an empty one is as none.
func TestIntrospectionAndRevocationReadTheBodyAlone(t *testing.T) {
	h := newHouse(t)
	pat, secret := h.pat(h.bobIn, h.open, "read"), h.appSecret(h.open)
	who := func() http.Header {
		header := basic(h.open.ID, secret)
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		return header
	}
	for _, path := range []string{"/id/connect/introspect", "/id/connect/revocation"} {
		for name, body := range map[string]string{
			"?token=" + pat.Secret: "", "?token_type_hint=x": "token=" + pat.Secret, "?": "token=", "": "token=" + pat.Secret + "&token_type_hint=a&token_type_hint=b",
		} {
			t.Log(path, name, len(body))
			h.send(http.MethodPost, path+name, who(), strings.NewReader(body)).oauthError(http.StatusBadRequest, "invalid_request")
		}
		kind := who()
		kind.Set("Content-Type", "application/json")
		h.send(http.MethodPost, path, kind, strings.NewReader(`{"token":"x"}`)).oauthError(http.StatusBadRequest, "invalid_request")
	}
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
	r := h.send(http.MethodPost, "/id/connect/introspect", who(), strings.NewReader("client_secret=&token_type_hint=what&token="+pat.Secret))
	var in api.Introspection
	if r.want(http.StatusOK).into(&in); !in.Active {
		t.Error("a hint changes the answer")
	}
	again := h.form("/id/connect/introspect", nil, url.Values{"token": {"x"}, "client_id": {h.open.ID}, "client_secret": {secret}, "token_type_hint": {""}})
	if got := string(again.want(http.StatusOK).body); got != inactive {
		t.Error(got)
	}
}

// An administrator's app asks about its own tokens only, as every other does:
// who may administer apps can revoke and find their tokens by other means, and
// an app that could ask about all would be one secret that opens all.
func TestNoAppIsToldAboutAnothersTokens(t *testing.T) {
	h := newHouse(t)
	secret, asker := h.appSecret(h.admins), h.sat(h.admins, "introspect")
	foreign, own := h.pat(h.bobIn, h.open, "read"), h.pat(h.adaIn, h.admins, "read")
	for _, token := range []string{foreign.Secret, h.adaIn, "enrt_p"} {
		for _, r := range []reply{h.asked(asker.Secret, token), h.form("/id/connect/introspect", basic(h.admins.ID, secret), url.Values{"token": {token}})} {
			if got := string(r.want(http.StatusOK).body); got != inactive {
				t.Error(got)
			}
		}
	}
	var in api.Introspection
	if h.asked(asker.Secret, own.Secret).into(&in); !in.Active {
		t.Error("not even about its own")
	}
}
