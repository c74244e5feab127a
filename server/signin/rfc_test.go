package signin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

// RFC 6749, section 3.1.
func TestTheAuthorizationEndpointTakesGETAndPOSTAndIgnoresWhatItDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	set := oauth2.SetAuthURLParam
	a := w.client().begin(set("unknown", "x"), set("prompt", ""), set("response_mode", ""), set("max_age", ""))
	if s := w.browser().open(a.url); s.status != 200 || !strings.Contains(s.body, "Password") {
		t.Errorf("GET: %d\n%s", s.status, s.body)
	}
	u, err := url.Parse(a.url)
	if err != nil {
		t.Fatal(err)
	}
	if s := w.browser().post(w.issuer+"/connect/authorize", u.Query(), "cross-site"); s.status != 200 || !strings.Contains(s.body, "Password") {
		t.Errorf("POST: %d\n%s", s.status, s.body)
	}
}

// RFC 6749, section 3.2: POST alone, unknown parameters ignored.
func TestTheTokenEndpointTakesPOSTAloneAndIgnoresWhatItDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	refresh, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {signin.DesktopClient}, "refresh_token": {refresh}, "unknown": {"x"}, "scope": {""},
	}
	if s := w.browser().open(w.issuer + "/connect/token?" + form.Encode()); s.status/100 != 4 {
		t.Errorf("GET: %d", s.status)
	}
	if a := w.send("/connect/token", form); a.status != 200 || !w.signedIn(a.AccessToken) {
		t.Errorf("POST: %d %s", a.status, a.Error)
	}
}

// RFC 6749, section 5.1: tokens, and the errors in their place, are not cached.
func TestNoAnswerOfTheTokenEndpointMayBeCached(t *testing.T) {
	w := newWorld(t)
	refresh, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	client := []string{signin.DesktopClient}
	for name, a := range map[string]answer{
		"tokens":  w.send("/connect/token", url.Values{"grant_type": {"refresh_token"}, "client_id": client, "refresh_token": {refresh}}),
		"refused": w.send("/connect/token", url.Values{"grant_type": {"refresh_token"}, "client_id": client, "refresh_token": {"x"}}),
		"no form": w.send("/connect/token", nil),
		"waiting": w.poll(w.device(w.client())),
		"device":  w.send("/connect/deviceauthorization", url.Values{"client_id": client, "scope": {"openid"}}),
	} {
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
}

// RFC 6749, section 3.3.
func TestTheScopeIsSaidWhenItIsNotTheOneThatWasAskedFor(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	c.Scopes = []string{"openid", "phone", "OFFLINE_ACCESS"}
	token := w.signIn(c)
	if scope, _ := token.Extra("scope").(string); scope != "openid" || token.RefreshToken != "" {
		t.Errorf("scope %q, refresh %t", scope, token.RefreshToken != "")
	}
}

// RFC 6749, sections 2.3 and 5.2: the public client has no credentials; who
// shows some is not it, and is told so as they were shown.
func TestAClientThatIsUnknownIsChallengedAsItAuthenticated(t *testing.T) {
	w := newWorld(t)
	for _, grant := range []string{"refresh_token", "authorization_code", deviceGrant} {
		form := url.Values{"grant_type": {grant}, "refresh_token": {"x"}, "code": {"x"}, "redirect_uri": {callback}, "device_code": {"x"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/connect/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("other", "secret")
		a := w.answer(r)
		if a.status != 401 || a.Error != "invalid_client" || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic") {
			t.Errorf("%s: %d %s, %q", grant, a.status, a.Error, a.header.Get("WWW-Authenticate"))
		}
	}
}

// RFC 6749, sections 4.1.2 and 10.14: state comes back as it was, and does
// nothing on the way.
func TestTheStateComesBackAsItWas(t *testing.T) {
	w := newWorld(t)
	for _, state := range []string{"a b&c=d#e%20+\"<b>é", "\r\nSet-Cookie: x=y", "https://evil.test/?iss=x"} {
		a := w.client().begin(oauth2.SetAuthURLParam("state", state))
		b := w.browser()
		target, fields := b.open(a.url).form(t)
		fields.Set("cancel", "1")
		back := b.post(target, fields, "same-origin")
		if back.location == nil || back.location.Query().Get("state") != state || !strings.HasPrefix(back.location.String(), callback+"?") ||
			len(back.location.Query()["iss"]) != 1 || strings.Contains(strings.Join(back.header.Values("Set-Cookie"), ""), "x=y") {
			t.Errorf("%q: %v", state, back.location)
		}
	}
}

// RFC 9700, section 4.12: no 307, with which a browser would send the password
// on to the client.
func TestThePasswordIsNotSentOnToTheClient(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	back := b.submit(b.open(w.client().begin().url), "ada", adaPassword)
	if back.status != http.StatusSeeOther || strings.Contains(back.location.String(), "horse") {
		t.Errorf("%d to %s", back.status, back.location)
	}
}

// RFC 6749, section 10.10; RFC 8628, section 5.2: 256 random bits each.
func TestCodesAndTokensCannotBeGuessed(t *testing.T) {
	w := newWorld(t)
	long := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := make(map[string]bool)
	for range 4 {
		refresh, err := w.provider.SignInLocally(t.Context(), adaID)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{refresh, w.device(w.client()).DeviceCode, w.code(w.client().begin())} {
			if !long.MatchString(secret) || seen[secret] {
				t.Errorf("%q", secret)
			}
			seen[secret] = true
		}
	}
}
