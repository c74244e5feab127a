package signin_test

import (
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

// security 23: only the port may differ, and only on a loopback address.
func TestTheBrowserIsSentToNoOtherAddressThanTheDesktops(t *testing.T) {
	w := newWorld(t)
	for redirect, good := range map[string]bool{
		"http://127.0.0.1:1/callback":           true,
		"http://127.0.0.1:65535/callback":       true,
		"http://[::1]:41234/callback":           true,
		"http://localhost:41234/callback":       false,
		"http://127.0.0.2:41234/callback":       false,
		"https://127.0.0.1:41234/callback":      false,
		"http://127.0.0.1/callback":             false,
		"http://127.0.0.1:0/callback":           false,
		"http://127.0.0.1:041234/callback":      false,
		"http://127.0.0.1:65536/callback":       false,
		"http://127.0.0.1:41234/":               false,
		"http://127.0.0.1:41234/callback/":      false,
		"http://127.0.0.1:41234/callback2":      false,
		"http://127.0.0.1:41234/x/../callback":  false,
		"http://127.0.0.1:41234/%63allback":     false,
		"http://127.0.0.1:41234/callback?x=1":   false,
		"http://127.0.0.1:41234/callback?":      false,
		"http://127.0.0.1:41234/callback#x":     false,
		"http://u@127.0.0.1:41234/callback":     false,
		"http://127.0.0.1:1@evil.test/callback": false,
		"HTTP://127.0.0.1:41234/callback":       false,
		"http://127.0.0.1.evil.test:1/callback": false,
		"https://evil.test/callback":            false,
		"keyfob:/callback":                      false,
		"":                                      false,
	} {
		c := w.client()
		c.RedirectURL = redirect
		for _, a := range []attempt{c.begin(), c.begin(oauth2.SetAuthURLParam("scope", "nonsense"))} { // one that would fail, too
			s := w.browser().open(a.url)
			if !good && (s.status != 400 || s.location != nil) {
				t.Errorf("%q: %d, sent to %v", redirect, s.status, s.location)
			}
		}
		if s := w.browser().open(c.begin().url); good && s.status != 200 {
			t.Errorf("%q: %d\n%s", redirect, s.status, s.body)
		}
	}
}

// security 12, 22: S256 for every client; what is refused goes back with state and iss.
func TestARequestThatIsNotAsItMustBeGoesBackWithAnError(t *testing.T) {
	w := newWorld(t)
	set := oauth2.SetAuthURLParam
	for name, tc := range map[string]struct {
		with []oauth2.AuthCodeOption
		want string
	}{
		"plain PKCE":        {[]oauth2.AuthCodeOption{set("code_challenge_method", "plain")}, "invalid_request"},
		"no method":         {[]oauth2.AuthCodeOption{set("code_challenge_method", "")}, "invalid_request"},
		"no challenge":      {[]oauth2.AuthCodeOption{set("code_challenge", "")}, "invalid_request"},
		"short challenge":   {[]oauth2.AuthCodeOption{set("code_challenge", "abc")}, "invalid_request"},
		"implicit":          {[]oauth2.AuthCodeOption{set("response_type", "id_token token")}, "unauthorized_client"},
		"implicit, ID only": {[]oauth2.AuthCodeOption{set("response_type", "id_token")}, "unauthorized_client"},
		"no openid":         {[]oauth2.AuthCodeOption{set("scope", "profile")}, "invalid_scope"},
		"form post":         {[]oauth2.AuthCodeOption{set("response_mode", "form_post")}, "invalid_request"},
		"fragment":          {[]oauth2.AuthCodeOption{set("response_mode", "fragment")}, "invalid_request"},
		"prompt none":       {[]oauth2.AuthCodeOption{set("prompt", "none")}, "login_required"},
		"request object":    {[]oauth2.AuthCodeOption{set("request", "e30.e30.")}, "request_not_supported"},
		"false hint":        {[]oauth2.AuthCodeOption{set("id_token_hint", "e30.e30.x")}, "login_required"},
	} {
		a := w.client().begin(tc.with...)
		s := w.browser().open(a.url)
		if s.location == nil {
			t.Errorf("%s: not sent back: %d\n%s", name, s.status, s.body)
			continue
		}
		q := s.location.Query()
		if q.Get("error") != tc.want || q.Get("state") != a.state || q.Get("iss") != w.issuer || q.Has("code") ||
			!strings.HasPrefix(s.location.String(), callback+"?") {
			t.Errorf("%s: sent to %s", name, s.location)
		}
	}
	for name, address := range map[string]string{
		"unknown client": strings.Replace(w.client().begin().url, signin.DesktopClient, "other", 1),
		"twice":          w.client().begin().url + "&state=again",
		"too long":       w.client().begin().url + "&nothing=" + strings.Repeat("x", 2000),
	} {
		if s := w.browser().open(address); s.status != 400 || s.location != nil {
			t.Errorf("%s: %d, sent to %v", name, s.status, s.location)
		}
	}
}

// security 22, 24: a code is good only with what it was asked for with.
func TestACodeIsRefusedWithoutItsVerifierItsAddressOrItsClient(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	exchange := func(change func(*client), verifier ...oauth2.AuthCodeOption) error {
		other := w.client()
		change(&other)
		_, err := other.Exchange(t.Context(), code, verifier...)
		return err
	}
	same := func(*client) {}
	right := oauth2.VerifierOption(a.verifier)
	wantError(t, exchange(same, oauth2.VerifierOption(oauth2.GenerateVerifier())), "invalid_grant")
	wantError(t, exchange(same), "invalid_request")
	wantError(t, exchange(func(c *client) { c.RedirectURL = "http://127.0.0.1:9/callback" }, right), "invalid_grant")
	wantError(t, exchange(func(c *client) { c.ClientID = "other" }, right), "invalid_client")
	if err := exchange(same, right); err != nil {
		t.Errorf("with everything right: %v", err)
	}
	_, err := c.Exchange(t.Context(), "no-such-code", right)
	wantError(t, err, "invalid_grant")
}

// security 21: codes live 60 s at most.
func TestACodeExpiresAfterAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	w.clock.advance(time.Minute)
	_, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	wantError(t, err, "invalid_grant")
}

// security 21: one of eight racers gets the tokens, and the others' tries end them.
func TestOfEightRacersForACodeOneWinsAndLosesItAgain(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for range 4 {
		a := c.begin()
		code := w.code(a)
		var (
			all    sync.WaitGroup
			mu     sync.Mutex
			tokens []*oauth2.Token
		)
		for range 8 {
			all.Go(func() {
				token, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
				if err != nil {
					wantError(t, err, "invalid_grant")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				tokens = append(tokens, token)
			})
		}
		all.Wait()
		if len(tokens) != 1 {
			t.Fatalf("%d of 8 got tokens", len(tokens))
		}
		if w.signedIn(tokens[0].AccessToken) {
			t.Error("the access token outlived the second use of its code")
		}
		_, err := c.refresh(t.Context(), tokens[0].RefreshToken)
		wantError(t, err, "invalid_grant")
	}
}

// security 24
func TestARefreshTokenIsReplacedAtEachUse(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first := w.signIn(c)
	token := first
	for range 3 {
		next, err := c.refresh(t.Context(), token.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if next.RefreshToken == token.RefreshToken || next.AccessToken == token.AccessToken || !w.signedIn(next.AccessToken) {
			t.Fatal("a refresh must bring two new tokens that work")
		}
		if id, _ := next.Extra("id_token").(string); id == "" {
			t.Error("a refresh brings no ID token")
		}
		token = next
	}
	w.clock.advance(31 * time.Second)
	_, err := c.refresh(t.Context(), first.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(token.AccessToken) {
		t.Error("the reuse of an old refresh token did not end the sign-in")
	}
	_, err = c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
}

// security 14, 24: a lost reply does not sign out.
func TestTheRefreshTokenJustBeforeIsAnsweredAgainForHalfAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	lost, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30 * time.Second)
	again, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatalf("30 s later: %v", err)
	}
	if again.RefreshToken != lost.RefreshToken || again.AccessToken == lost.AccessToken {
		t.Error("the answer must be the same refresh token with a fresh access token")
	}
	if !w.signedIn(again.AccessToken) || !w.signedIn(lost.AccessToken) {
		t.Error("an access token does not work")
	}
	next, err := c.refresh(t.Context(), again.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.refresh(t.Context(), old.RefreshToken) // its successor has been used
	wantError(t, err, "invalid_grant")
	if w.signedIn(next.AccessToken) {
		t.Error("the sign-in goes on")
	}
}

func TestTheRefreshTokenJustBeforeEndsTheSignInAfterHalfAMinute(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	next, err := c.refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30*time.Second + time.Millisecond)
	_, err = c.refresh(t.Context(), old.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(next.AccessToken) {
		t.Error("the sign-in goes on")
	}
}

func TestEightRefreshesAtOnceGetTheSameNextRefreshToken(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	old := w.signIn(c)
	got := make([]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			token, err := c.refresh(t.Context(), old.RefreshToken)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = token.RefreshToken
		})
	}
	all.Wait()
	for _, next := range got {
		if next == "" || next != got[0] {
			t.Fatal("the refresh tokens differ: two lines of them have begun")
		}
	}
}

// security 24: idle and absolute lifetime.
func TestASignInEndsAfterThirtyDaysUnusedAndNinetyInAll(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	const day = 24 * time.Hour
	unused := w.signIn(c)
	token := w.signIn(c)
	for range 3 {
		w.clock.advance(30*day - time.Second)
		next, err := c.refresh(t.Context(), token.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		token = next
	}
	_, err := c.refresh(t.Context(), unused.RefreshToken)
	wantError(t, err, "invalid_grant")
	if !w.signedIn(token.AccessToken) {
		t.Error("signed out before 90 days")
	}
	w.clock.advance(3 * time.Second)
	_, err = c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
	if w.signedIn(token.AccessToken) {
		t.Error("an access token outlives its sign-in")
	}
}

func TestAnAccessTokenExpiresAfterAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(w.client())
	w.clock.advance(15*time.Minute - time.Millisecond)
	if !w.signedIn(token.AccessToken) {
		t.Error("expired too early")
	}
	w.clock.advance(time.Millisecond)
	if w.signedIn(token.AccessToken) {
		t.Error("not expired")
	}
}

func TestAnAccessTokenThatWasChangedIsNone(t *testing.T) {
	w := newWorld(t)
	good := w.signIn(w.client()).AccessToken
	for i := range good {
		bad := []byte(good)
		bad[i] ^= 1
		if w.signedIn(string(bad)) {
			t.Fatalf("byte %d changed, and it still works", i)
		}
	}
	for _, bad := range []string{"", "x", good + "A", good[1:], strings.Repeat("A", 5000)} {
		if w.signedIn(bad) {
			t.Errorf("%.20q works", bad)
		}
	}
}

func TestARestartSignsNobodyOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	open := c.begin()
	b := w.browser()
	page := b.open(open.url)
	w.restart()
	if !w.signedIn(token.AccessToken) {
		t.Error("the access token no longer works")
	}
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("the refresh token no longer works: %v", err)
	}
	back := b.submit(page, "ada", adaPassword)
	if back.location == nil {
		t.Fatalf("the open login page no longer works: %d", back.status)
	}
	raw, _ := token.Extra("id_token").(string)
	b.open(w.issuer + "/connect/endsession?id_token_hint=" + raw)
	if w.signedIn(token.AccessToken) {
		t.Error("the ID token from before is not known")
	}
}

// security 24 (CVE-2023-22492)
func TestADeactivatedUserIsOutAtOnceAndStaysOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	open := c.begin()
	code := w.code(open)
	w.exec(`UPDATE users SET is_active = FALSE WHERE id = ?`, adaID)
	if w.signedIn(token.AccessToken) {
		t.Error("the access token still works")
	}
	_, err := c.refresh(t.Context(), token.RefreshToken)
	wantError(t, err, "invalid_grant")
	_, err = c.Exchange(t.Context(), code, oauth2.VerifierOption(open.verifier))
	wantError(t, err, "invalid_grant")
	b := w.browser()
	if s := b.submit(b.open(c.begin().url), "ada", adaPassword); s.status != 422 || s.location != nil {
		t.Errorf("the password is still taken: %d", s.status)
	}
	if _, err := w.provider.SignInLocally(t.Context(), adaID); err == nil {
		t.Error("signed in locally")
	}
}

func TestTheBuiltInServerSignsInWithOneClick(t *testing.T) {
	w := newWorld(t)
	refresh, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.client().refresh(t.Context(), refresh)
	if err != nil {
		t.Fatal(err)
	}
	if !w.signedIn(token.AccessToken) {
		t.Error("not signed in")
	}
	if _, err := w.provider.SignInLocally(t.Context(), "nobody"); !errors.Is(err, signin.ErrNoUser) {
		t.Errorf("an unknown user: %v", err)
	}
}

func TestRevocationEndsAnAccessTokenAloneAndARefreshTokenWithAll(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	first := w.signIn(c)
	other := w.signIn(c)
	second, err := c.refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	revoke := func(presented string, want bool) {
		t.Helper()
		if found, err := w.provider.Revoke(t.Context(), presented); err != nil || found != want {
			t.Errorf("Revoke = %v, %v; want %v", found, err, want)
		}
	}
	revoke(first.AccessToken, true)
	revoke(first.AccessToken, false)
	if w.signedIn(first.AccessToken) || !w.signedIn(second.AccessToken) {
		t.Error("an access token must end alone")
	}
	revoke(first.RefreshToken, true) // one that was used: who holds it may end it
	if w.signedIn(second.AccessToken) {
		t.Error("the sign-in goes on")
	}
	_, err = c.refresh(t.Context(), second.RefreshToken)
	wantError(t, err, "invalid_grant")
	revoke("unknown", false)
	revoke("", false)
	if !w.signedIn(other.AccessToken) {
		t.Error("another sign-in ended too")
	}
}

func TestEndingTheSessionEndsThatSignInOnly(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	mine, other := w.signIn(c), w.signIn(c)
	raw, _ := mine.Extra("id_token").(string)
	s := w.browser().open(w.issuer + "/connect/endsession?client_id=keyfob-desktop")
	if s.status != 200 || !w.signedIn(mine.AccessToken) {
		t.Errorf("without a hint: %d", s.status)
	}
	s = w.browser().open(w.issuer + "/connect/endsession?id_token_hint=" + raw)
	if s.status != 200 || !strings.Contains(s.body, "You are signed out") {
		t.Errorf("%d\n%s", s.status, s.body)
	}
	if w.signedIn(mine.AccessToken) || !w.signedIn(other.AccessToken) {
		t.Error("not exactly that sign-in has ended")
	}
	s = w.browser().open(w.issuer + "/connect/endsession?post_logout_redirect_uri=https://evil.test/&id_token_hint=" + raw)
	if s.location != nil {
		t.Errorf("sent to %s", s.location)
	}
}

// security 16: nothing that signs in is in the database, its log or ours.
func TestTheDatabaseHoldsNothingThatSignsIn(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	a := c.begin()
	code := w.code(a)
	token, err := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		t.Fatal(err)
	}
	next, err := c.refresh(t.Context(), token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	local, err := w.provider.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier)) // which is logged
	raw, _ := token.Extra("id_token").(string)
	secrets := []string{code, a.verifier, token.AccessToken, token.RefreshToken, next.AccessToken, next.RefreshToken, local, raw, adaPassword}
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	held := map[string]string{"the log": w.logs.String()}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		held[filepath.Base(file)] = string(text)
	}
	if !strings.Contains(held["the log"], "used twice") || !strings.Contains(held["keyfob.db"]+held["keyfob.db-wal"], adaID) {
		t.Error("the search would not find anything")
	}
	for name, text := range held {
		for i, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds secret %d", name, i)
			}
		}
	}
}

func TestWhatHasExpiredLeavesTheDatabase(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for range 3 {
		w.signIn(c)
	}
	w.clock.advance(91 * 24 * time.Hour)
	for range 4 {
		w.signIn(c)
	}
	want := map[string]int{"sign_ins": 4, "sign_in_codes": 4, "refresh_tokens": 4, "access_tokens": 4}
	got := make(map[string]int)
	for table := range want {
		w.query(`SELECT count(*) FROM `+table, func(r *sql.Rows) error {
			n := 0
			err := r.Scan(&n)
			got[table] = n
			return err
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// security 22, 27: the token endpoint takes parameters from the body only.
func TestTheTokenEndpointRefusesWhatItShould(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	good := url.Values{"grant_type": {"refresh_token"}, "client_id": {signin.DesktopClient}, "refresh_token": {token.RefreshToken}}
	with := func(key string, values ...string) url.Values {
		v := make(url.Values)
		for k := range good {
			v[k] = good[k]
		}
		v[key] = values
		return v
	}
	const form = "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		query, kind, body string
		status            int
		want              string
	}{
		"in the address":       {good.Encode(), form, "", 400, "invalid_request"},
		"JSON":                 {"", "application/json", "{}", 400, "invalid_request"},
		"no grant":             {"", form, "", 400, "invalid_request"},
		"password grant":       {"", form, with("grant_type", "password").Encode(), 400, "unsupported_grant_type"},
		"client credentials":   {"", form, with("grant_type", "client_credentials").Encode(), 400, "unsupported_grant_type"},
		"device":               {"", form, with("grant_type", "urn:ietf:params:oauth:grant-type:device_code").Encode(), 400, "unsupported_grant_type"},
		"JWT":                  {"", form, with("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer").Encode(), 400, "unsupported_grant_type"},
		"exchange":             {"", form, with("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange").Encode(), 400, "unsupported_grant_type"},
		"assertion":            {"", form, with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer").Encode(), 401, "invalid_client"},
		"unknown client":       {"", form, with("client_id", "other").Encode(), 401, "invalid_client"},
		"repeated":             {"", form, with("refresh_token", "a", "b").Encode(), 400, "invalid_request"},
		"more scope":           {"", form, with("scope", "openid phone").Encode(), 400, "invalid_scope"},
		"unknown refresh":      {"", form, with("refresh_token", "x").Encode(), 400, "invalid_grant"},
		"no refresh":           {"", form, with("refresh_token", "").Encode(), 400, "invalid_request"},
		"too large":            {"", form, with("refresh_token", strings.Repeat("x", 20<<10)).Encode(), 400, "invalid_request"},
		"refresh as code":      {"", form, url.Values{"grant_type": {"authorization_code"}, "client_id": {signin.DesktopClient}, "code": {token.RefreshToken}, "code_verifier": {"x"}, "redirect_uri": {callback}}.Encode(), 400, "invalid_grant"},
		"verifier but no code": {"", form, url.Values{"grant_type": {"authorization_code"}, "client_id": {signin.DesktopClient}, "code_verifier": {"x"}}.Encode(), 400, "invalid_request"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/connect/token?"+tc.query, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		if tc.query == "" {
			r.URL.RawQuery, r.URL.ForceQuery = "", false
		}
		r.Header.Set("Content-Type", tc.kind)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != tc.status || !strings.Contains(string(body), `"error":"`+tc.want+`"`) || strings.Contains(string(body), "parent") {
			t.Errorf("%s: %d %s, want %d %s", name, res.StatusCode, body, tc.status, tc.want)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be cached", name)
		}
	}
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("the refresh token was spent by what was refused: %v", err)
	}
}

// A failing database must not look like a lost sign-in.
func TestABrokenDatabaseSaysSoAndSignsNobodyOut(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	token := w.signIn(c)
	a := c.begin()
	code := w.code(a)
	b := w.browser()
	page := b.open(c.begin().url)
	w.exec(`ALTER TABLE refresh_tokens RENAME TO hidden`)
	w.exec(`ALTER TABLE sign_in_codes RENAME TO hidden_codes`)
	w.exec(`ALTER TABLE access_tokens RENAME TO hidden_access`)
	_, refreshErr := c.refresh(t.Context(), token.RefreshToken)
	_, codeErr := c.Exchange(t.Context(), code, oauth2.VerifierOption(a.verifier))
	for name, err := range map[string]error{"refresh": refreshErr, "code": codeErr} {
		e, ok := errors.AsType[*oauth2.RetrieveError](err)
		if !ok || e.Response.StatusCode != http.StatusServiceUnavailable || e.ErrorCode != "server_error" || strings.Contains(string(e.Body), "table") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok, err := w.provider.Authenticate(t.Context(), token.AccessToken); ok || err == nil {
		t.Errorf("Authenticate = %v, %v; want an error", ok, err)
	}
	if s := b.submit(page, "ada", adaPassword); s.status != 503 || !strings.Contains(s.body, "cannot check passwords just now") || !strings.Contains(s.body, `value="ada"`) {
		t.Errorf("the login page: %d\n%s", s.status, s.body)
	}
	if !strings.Contains(w.logs.String(), "no such table") {
		t.Error("the log does not say why")
	}
	w.exec(`ALTER TABLE hidden RENAME TO refresh_tokens`)
	w.exec(`ALTER TABLE hidden_codes RENAME TO sign_in_codes`)
	w.exec(`ALTER TABLE hidden_access RENAME TO access_tokens`)
	if _, err := c.refresh(t.Context(), token.RefreshToken); err != nil {
		t.Errorf("when it is whole again: %v", err)
	}
}

// exec changes the database behind the server's back.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	w.database(func(db *sql.DB) error {
		_, err := db.ExecContext(w.t.Context(), statement, args...)
		return err
	})
}

func (w *world) query(statement string, each func(*sql.Rows) error) {
	w.t.Helper()
	w.database(func(db *sql.DB) error {
		rows, err := db.QueryContext(w.t.Context(), statement)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (w *world) database(do func(*sql.DB) error) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "keyfob.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := do(db); err != nil {
		w.t.Fatal(err)
	}
}
