package signin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyfob/server/signin"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// device is what waits for a person, by an independent client.
func (w *world) device(c client) *oauth2.DeviceAuthResponse {
	w.t.Helper()
	d, err := c.DeviceAuth(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// answer is what the server says to a program.
type answer struct {
	status       int
	header       http.Header
	Error        string `json:"error"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	Scope        string `json:"scope"`
	State        string `json:"state"`
}

// send posts a form to an endpoint of the server.
func (w *world) send(path string, form url.Values) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.answer(r)
}

func (w *world) answer(r *http.Request) answer {
	w.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header}
	if err := json.Unmarshal(body, &a); err != nil {
		w.t.Fatalf("%v in %d %s", err, res.StatusCode, body)
	}
	if res.Header.Get("Cache-Control") != "no-store" {
		w.t.Error("an answer may be cached")
	}
	return a
}

// poll asks once for a device's tokens.
func (w *world) poll(d *oauth2.DeviceAuthResponse) answer {
	w.t.Helper()
	return w.send("/connect/token", url.Values{"grant_type": {deviceGrant}, "client_id": {signin.DesktopClient}, "device_code": {d.DeviceCode}})
}

func (w *world) wantPoll(d *oauth2.DeviceAuthResponse, want string) {
	w.t.Helper()
	if a := w.poll(d); a.Error != want || a.status != 400 && want != "" || a.AccessToken != "" && want != "" {
		w.t.Errorf("polled: %d %q, want %q", a.status, a.Error, want)
	}
}

// enter types a user code and answers the page that follows.
func (b *browser) enter(code string) shown {
	b.t.Helper()
	target, fields := b.open(b.w.issuer + "/device").form(b.t)
	fields.Set("user_code", code)
	return b.post(target, fields, "same-origin")
}

// consent is the page that Ada comes to with a code and her password.
func (b *browser) consent(code string) shown {
	b.t.Helper()
	return b.submit(b.enter(code), "ada", adaPassword)
}

func (b *browser) say(page shown, yesOrNo string) shown {
	b.t.Helper()
	target, fields := page.form(b.t)
	fields.Set("answer", yesOrNo)
	return b.post(target, fields, "same-origin")
}

func (w *world) allow(d *oauth2.DeviceAuthResponse) {
	w.t.Helper()
	b := w.browser()
	if s := b.say(b.consent(d.UserCode), "allow"); s.status != 200 || !strings.Contains(s.body, "The device is signed in") {
		w.t.Fatalf("not allowed: %d\n%s", s.status, s.body)
	}
}

// RFC 8628 from end to end, by an independent client: x/oauth2.
func TestADeviceSignsInThroughABrowserElsewhere(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	d := w.device(c)
	if life := time.Until(d.Expiry); d.Interval != 5 || life > 10*time.Minute || life < 9*time.Minute ||
		d.VerificationURI != w.issuer+"/device" || d.VerificationURIComplete != d.VerificationURI+"?user_code="+d.UserCode {
		t.Errorf("%+v", d)
	}
	w.allow(d)
	d.Interval = 1
	token, err := c.DeviceAccessToken(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if !w.signedIn(token.AccessToken) || token.RefreshToken == "" {
		t.Error("not signed in")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := c.provider.Verifier(&oidc.Config{ClientID: c.ClientID}).Verify(t.Context(), raw)
	if err != nil || id.Subject != adaID {
		t.Errorf("the ID token: %v", err)
	}
	if next, err := c.refresh(t.Context(), token.RefreshToken); err != nil || !w.signedIn(next.AccessToken) {
		t.Errorf("refreshing: %v", err)
	}
	w.logged("ada signin.started ada [client:keyfob-desktop device:true from:127.0.0.1]")
}

// RFC 8628, section 3.5.
func TestADeviceIsToldToWaitToSlowDownAndThatItIsOver(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	d := w.device(c)
	w.wantPoll(d, "authorization_pending")
	w.clock.advance(5*time.Second - time.Millisecond)
	w.wantPoll(d, "slow_down")
	w.clock.advance(time.Millisecond)
	w.wantPoll(d, "authorization_pending")
	w.wantPoll(d, "slow_down")
	w.clock.advance(10*time.Minute - 5*time.Second - time.Millisecond)
	w.wantPoll(d, "authorization_pending")
	w.clock.advance(time.Millisecond)
	w.wantPoll(d, "expired_token")
	if s := w.browser().enter(d.UserCode); s.status != 422 || !strings.Contains(s.body, "No device waits with this code") {
		t.Errorf("the code of one that is over: %d", s.status)
	}
	late := w.device(c)
	w.allow(late)
	w.clock.advance(10 * time.Minute)
	w.wantPoll(late, "expired_token")
}

func TestWhatADeviceWasDeniedItDoesNotGet(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	b := w.browser()
	page := b.consent(d.UserCode)
	if s := b.say(page, "deny"); s.status != 200 || !strings.Contains(s.body, "The device was not signed in") {
		t.Errorf("denying: %d\n%s", s.status, s.body)
	}
	if s := b.say(page, "allow"); s.status != 400 {
		t.Errorf("thinking better of it: %d", s.status)
	}
	w.wantPoll(d, "access_denied")
	w.logged("ada signin.denied ada [client:keyfob-desktop device:true from:127.0.0.1]")
}

// security 21, for device codes.
func TestOfEightRacersForADeviceCodeOneWinsAndLosesItAgain(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	w.allow(d)
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		won []answer
	)
	for range 8 {
		all.Go(func() {
			a := w.poll(d)
			mu.Lock()
			defer mu.Unlock()
			if a.status == 200 {
				won = append(won, a)
			} else if a.Error != "invalid_grant" {
				t.Errorf("%d %s", a.status, a.Error)
			}
		})
	}
	all.Wait()
	if len(won) != 1 || w.signedIn(won[0].AccessToken) {
		t.Fatalf("%d of 8 got tokens, or the winner kept them", len(won))
	}
	_, err := w.client().refresh(t.Context(), won[0].RefreshToken)
	wantError(t, err, "invalid_grant")
	w.logged("ada signin.started ada [client:keyfob-desktop device:true from:127.0.0.1]",
		"server signin.revoked ada [reason:device code used twice]")
}

// Each of two servers answers every other request.
func TestADeviceBegunAtOneServerIsLetInAtTheOther(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.alongside(true)
	for range 2 {
		d := w.device(c)
		w.wantPoll(d, "authorization_pending")
		w.wantPoll(d, "slow_down") // the other server knows when it was asked
		w.wantPoll(d, "slow_down")
		w.allow(d)
		if a := w.poll(d); a.status != 200 || !w.signedIn(a.AccessToken) {
			t.Errorf("%d %s", a.status, a.Error)
		}
		w.browser().open(w.issuer + "/signed-out") // so that each step is once at each
	}
}

func TestOfEightPollsAtOnceOneIsToldToWaitAndTheRestToSlowDown(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	w.alongside(true)
	got := make(chan string, 8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { got <- w.poll(d).Error })
	}
	all.Wait()
	close(got)
	count := make(map[string]int)
	for e := range got {
		count[e]++
	}
	if count["authorization_pending"] != 1 || count["slow_down"] != 7 {
		t.Errorf("%v", count)
	}
}

func TestAUserCodeIsTakenAsPeopleTypeIt(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	code := d.UserCode
	plain := strings.ReplaceAll(code, "-", "")
	for _, typed := range []string{code, strings.ToLower(code), plain, " " + code[:4] + " – " + code[5:] + " ", strings.Join(strings.Split(plain, ""), "-")} {
		if s := w.browser().enter(typed); s.status != 200 || !strings.Contains(s.body, "Password") || !strings.Contains(s.body, code) {
			t.Errorf("%q: %d\n%s", typed, s.status, s.body)
		}
	}
	for _, typed := range []string{"", code[1:], code + "B", "AEIO-UAEI", "BCDF-GHJK", strings.Repeat("B", 10000), "<script>"} {
		if s := w.browser().enter(typed); s.status != 422 || strings.Contains(s.body, "<script") {
			t.Errorf("%q: %d\n%s", typed, s.status, s.body)
		}
	}
	if s := w.browser().open(w.issuer + "/device?user_code=" + strings.ToLower(plain)); !strings.Contains(s.body, `value="`+code+`"`) {
		t.Errorf("a code in the address is not filled in:\n%s", s.body)
	}
	if s := w.browser().open(w.issuer + `/device?user_code="><b>`); strings.Contains(s.body, "<b>") || s.status != 200 {
		t.Errorf("a strange code in the address: %d\n%s", s.status, s.body)
	}
}

// RFC 8628, section 5.4: who is asked sees what and for whom, and nobody else
// can answer.
func TestOnlyTheBrowserThatSignedInForADeviceLetsItIn(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	b := w.browser()
	login := b.enter(d.UserCode)
	_, fields := login.form(t)
	id := fields.Get("request")
	confirm := w.issuer + "/device/confirm"
	yes := url.Values{"request": {id}, "answer": {"allow"}}
	if s := b.open(confirm + "?request=" + id); s.status != 400 {
		t.Errorf("without a password, the page: %d", s.status)
	}
	if s := b.post(confirm, yes, "same-origin"); s.status != 400 {
		t.Errorf("without a password, allowing: %d", s.status)
	}
	page := b.submit(login, "ada", adaPassword)
	for _, want := range []string{"Allow this device?", "Ada Admin (ada)", d.UserCode, "Keyfob desktop", "Stay signed in, for up to 90 days", "Allow only what you began yourself"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page does not say %q:\n%s", want, page.body)
		}
	}
	if s := w.browser().open(confirm + "?request=" + id); s.status != 400 {
		t.Errorf("another browser, the page: %d", s.status)
	}
	if s := w.browser().post(confirm, yes, "same-origin"); s.status != 400 {
		t.Errorf("another browser, allowing: %d", s.status)
	}
	if s := b.post(confirm, yes, "cross-site"); s.status != 403 {
		t.Errorf("another site: %d", s.status)
	}
	if s := b.post(w.issuer+"/device", url.Values{"user_code": {d.UserCode}}, "cross-site"); s.status != 403 {
		t.Errorf("another site enters a code: %d", s.status)
	}
	if s := b.post(confirm, url.Values{"request": {id}}, "same-origin"); s.status != 400 {
		t.Errorf("neither yes nor no: %d", s.status)
	}
	w.wantPoll(d, "authorization_pending")
	if s := b.say(page, "allow"); s.status != 200 {
		t.Errorf("allowing: %d", s.status)
	}
	if s := b.say(page, "deny"); s.status != 400 {
		t.Errorf("once more: %d", s.status)
	}
	if a := w.poll(d); a.status != 200 {
		t.Errorf("%d %s", a.status, a.Error)
	}
}

func TestARequestForACodeIsNoneForADevice(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	_, fields := b.open(w.client().begin().url).form(t)
	id := fields.Get("request")
	if s := b.post(w.issuer+"/device/confirm", url.Values{"request": {id}, "answer": {"allow"}}, "same-origin"); s.status != 400 {
		t.Errorf("%d", s.status)
	}
	d := w.device(w.client())
	target, fields := b.enter(d.UserCode).form(t)
	fields.Set("cancel", "1")
	if s := b.post(target, fields, "same-origin"); s.status != 200 || s.location != nil || !strings.Contains(s.body, "Nothing was allowed") {
		t.Errorf("cancelling: %d %v", s.status, s.location)
	}
	w.wantPoll(d, "authorization_pending")
}

func TestADeactivatedUserLetsNoDeviceIn(t *testing.T) {
	w := newWorld(t)
	allowed, asked := w.device(w.client()), w.device(w.client())
	w.allow(allowed)
	b := w.browser()
	page := b.consent(asked.UserCode)
	w.exec(`UPDATE users SET is_active = FALSE WHERE id = $1`, adaID)
	w.wantPoll(allowed, "invalid_grant")
	if s := b.say(page, "allow"); s.status != 400 {
		t.Errorf("allowing: %d", s.status)
	}
	w.wantPoll(asked, "authorization_pending")
}

func TestADeviceGetsTheScopesItAskedFor(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	c.Scopes = []string{"profile", "openid", "phone"}
	d := w.device(c)
	w.allow(d)
	a := w.poll(d)
	if a.Scope != "openid profile" || a.RefreshToken != "" || a.IDToken == "" || a.State != "" {
		t.Errorf("scope %q, refresh %t", a.Scope, a.RefreshToken != "")
	}
}

func TestTheDeviceEndpointRefusesWhatItShould(t *testing.T) {
	w := newWorld(t)
	good := url.Values{"client_id": {signin.DesktopClient}, "scope": {"openid"}}
	with := func(of url.Values, key string, values ...string) url.Values {
		v := make(url.Values)
		for k := range of {
			v[k] = of[k]
		}
		v[key] = values
		return v
	}
	poll := url.Values{"grant_type": {deviceGrant}, "client_id": {signin.DesktopClient}, "device_code": {w.device(w.client()).DeviceCode}}
	for name, tc := range map[string]struct {
		path   string
		form   url.Values
		status int
		want   string
	}{
		"no client":        {"deviceauthorization", with(good, "client_id", ""), 400, "invalid_request"},
		"unknown client":   {"deviceauthorization", with(good, "client_id", "other"), 401, "invalid_client"},
		"a secret":         {"deviceauthorization", with(good, "client_secret", "x"), 401, "invalid_client"},
		"no openid":        {"deviceauthorization", with(good, "scope", "profile"), 400, "invalid_scope"},
		"no scope":         {"deviceauthorization", with(good, "scope", ""), 400, "invalid_scope"},
		"repeated":         {"deviceauthorization", with(good, "scope", "openid", "profile"), 400, "invalid_request"},
		"address":          {"deviceauthorization?client_id=x", good, 400, "invalid_request"},
		"poll, no client":  {"token", with(poll, "client_id", ""), 400, "invalid_request"},
		"poll, other":      {"token", with(poll, "client_id", "other"), 401, "invalid_client"},
		"poll, no code":    {"token", with(poll, "device_code", ""), 400, "invalid_request"},
		"poll, wrong code": {"token", with(poll, "device_code", "x"), 400, "invalid_grant"},
		"poll, twice":      {"token", with(poll, "device_code", "x", "y"), 400, "invalid_request"},
	} {
		if a := w.send("/connect/"+tc.path, tc.form); a.status != tc.status || a.Error != tc.want {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.Error, tc.status, tc.want)
		}
	}
	if a := w.send("/connect/deviceauthorization", with(with(good, "unknown", "x"), "client_secret", "")); a.status != 200 {
		t.Errorf("an unknown and an empty parameter: %d %s", a.status, a.Error)
	}
	if s := w.browser().open(w.issuer + "/connect/deviceauthorization"); s.status/100 != 4 {
		t.Errorf("GET: %d", s.status)
	}
	w.send("/connect/token", with(poll, "client_id", "other"))
	if a := w.send("/connect/token", poll); a.Error != "authorization_pending" {
		t.Errorf("the device code was spent by what was refused: %s", a.Error)
	}
}

// Also with the database in hand, the short code cannot be found by trying all.
func TestTheDatabaseHoldsNoCodeOfADevice(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	w.allow(d)
	w.poll(d)
	w.poll(d) // which is logged
	held := w.logs.String()
	files, err := filepath.Glob(filepath.Join(w.dir, "keyfob.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		held += string(text)
	}
	if !strings.Contains(held, "device code used twice") {
		t.Error("the search would not find anything")
	}
	plain := strings.ReplaceAll(d.UserCode, "-", "")
	for _, secret := range []string{d.DeviceCode, d.UserCode, plain, signin.PlainHash(plain), signin.PlainHash(d.UserCode)} {
		if strings.Contains(held, secret) {
			t.Errorf("%q is held", secret)
		}
	}
}

func TestABrokenDatabaseKeepsADeviceWaiting(t *testing.T) {
	w := newWorld(t)
	d := w.device(w.client())
	b := w.browser()
	page := b.consent(d.UserCode)
	w.exec(`ALTER TABLE device_codes RENAME TO hidden_devices`)
	for name, a := range map[string]answer{
		"poll":  w.poll(d),
		"start": w.send("/connect/deviceauthorization", url.Values{"client_id": {signin.DesktopClient}, "scope": {"openid"}}),
	} {
		if a.status != 503 || a.Error != "server_error" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", name, a.status, a.Error)
		}
	}
	if s := b.enter(d.UserCode); s.status != 503 || !strings.Contains(s.body, d.UserCode) {
		t.Errorf("entering the code: %d\n%s", s.status, s.body)
	}
	if s := b.say(page, "allow"); s.status != 503 {
		t.Errorf("allowing: %d", s.status)
	}
	w.exec(`ALTER TABLE hidden_devices RENAME TO device_codes`)
	if s := b.say(page, "allow"); s.status != 200 {
		t.Errorf("when it is whole again: %d", s.status)
	}
	if a := w.poll(d); a.status != 200 {
		t.Errorf("%d %s", a.status, a.Error)
	}
}
