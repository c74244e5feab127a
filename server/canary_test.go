package server_test

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"keyfob/api"
	"keyfob/server/signin"
)

// spy goes through every flow and remembers each secret that it sends or gets.
type spy struct {
	*house
	secrets []string
}

func (s *spy) keep(secret string) string {
	s.Helper()
	if len(secret) < 8 {
		s.Fatalf("%q is no secret", secret)
	}
	s.secrets = append(s.secrets, secret)
	return secret
}

// wrong is a secret of somebody's invention.
func (s *spy) wrong() string { return s.keep(canary + rand.Text()) }

// Requirements 6, 7: each flow, as it should go and as it should not, with all
// that is logged at any level, by the libraries too.
func TestNoFlowPutsASecretIntoTheLog(t *testing.T) {
	s := &spy{house: newExchange(t)}
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(signin.Foreign(slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))))
	s.keep(s.adaIn)
	word := s.wrong()
	s.call(http.MethodPost, "/manager/users", s.adaIn, api.NewUser{Login: "eve", Name: "Eve", Password: word}).want(http.StatusCreated)
	s.signInByPage("eve", word)
	s.signInByDevice("eve", word)
	pat := s.manageTokens()
	s.speakOAuth(pat)

	log := s.log.String()
	for _, header := range []string{"Bearer ", "Basic ", "Authorization", "authorization="} {
		if strings.Contains(log, header) {
			t.Errorf("the log has %q", header)
		}
	}
	for _, secret := range s.secrets {
		s.searched("the log", log, secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	s.searched("the log", log, canary)
	if !strings.Contains(log, "request error") || len(s.secrets) < 30 {
		t.Errorf("%d secrets, and the library's own words are not there", len(s.secrets))
	}
}

var (
	hidden  = regexp.MustCompile(`name="request" value="([^"]*)"`)
	address = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
)

// page opens a page of the sign-in and answers the form on it, and the cookies.
func (s *spy) page(r reply) (target string, form url.Values, header http.Header) {
	s.Helper()
	header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		header.Add("Cookie", c.Name+"="+s.keep(c.Value))
	}
	if to := r.header.Get("Location"); to != "" {
		r = s.send(http.MethodGet, s.path(to), header.Clone(), http.NoBody).want(http.StatusOK)
	}
	action := address.FindSubmatch(r.body)
	if action == nil {
		s.Fatalf("no form in %d %s", r.status, r.body)
	}
	form = url.Values{}
	if id := hidden.FindSubmatch(r.body); id != nil {
		form.Set("request", string(id[1]))
	}
	return s.path(string(action[1])), form, header
}

func (s *spy) path(address string) string {
	s.Helper()
	u, err := url.Parse(address)
	s.must(err)
	return u.RequestURI()
}

func with(form url.Values, pairs ...string) url.Values {
	out := maps.Clone(form)
	for pair := range slices.Chunk(pairs, 2) {
		out.Set(pair[0], pair[1])
	}
	return out
}

func (s *spy) signInByPage(login, word string) {
	s.Helper()
	verifier, state := s.keep(oauth2.GenerateVerifier()), s.wrong()
	ask := url.Values{
		"client_id": {signin.DesktopClient}, "redirect_uri": {"http://127.0.0.1:41234/callback"}, "response_type": {"code"},
		"scope": {"openid offline_access"}, "state": {state}, "nonce": {s.wrong()},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	const authorize = "/id/connect/authorize?"
	for _, bad := range []url.Values{
		with(ask, "client_id", s.wrong()), with(ask, "redirect_uri", "https://"+s.wrong()), with(ask, "prompt", "none"),
		with(ask, "code_challenge", s.wrong()), with(ask, "scope", s.wrong()), with(ask, "response_type", s.wrong()), with(ask, "id_token_hint", s.wrong()),
	} {
		s.get(authorize+bad.Encode(), "")
	}
	target, form, header := s.page(s.get(authorize+ask.Encode(), ""))
	s.form(target, header.Clone(), with(form, "login", login, "password", s.wrong())).want(http.StatusUnprocessableEntity)
	s.form(target, header.Clone(), with(form, "login", s.wrong(), "password", s.wrong())).want(http.StatusUnprocessableEntity)
	back, err := url.Parse(s.form(target, header.Clone(), with(form, "login", login, "password", word)).want(http.StatusSeeOther).header.Get("Location"))
	s.must(err)
	redeem := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {signin.DesktopClient}, "redirect_uri": ask["redirect_uri"],
		"code": {s.keep(back.Query().Get("code"))}, "code_verifier": {verifier},
	}
	s.form("/id/connect/token", nil, with(redeem, "code", s.wrong())).want(http.StatusBadRequest)
	got := s.tokens(redeem)
	renew := url.Values{"grant_type": {"refresh_token"}, "client_id": {signin.DesktopClient}, "refresh_token": {got.Refresh}}
	next := s.tokens(renew)
	s.form("/id/connect/token", nil, with(renew, "refresh_token", s.wrong()))
	s.get("/id/connect/userinfo", next.Access).want(http.StatusOK)
	s.get("/id/connect/userinfo", s.wrong())
	s.get("/id/connect/endsession?id_token_hint="+next.ID+"&state="+s.wrong(), "")
	s.form("/id/connect/revocation", nil, url.Values{"token": {next.Refresh}, "client_id": {signin.DesktopClient}})
	s.form("/id/connect/token", nil, with(renew, "refresh_token", next.Refresh)).want(http.StatusBadRequest)
	for _, name := range []string{"nothing", "client_id", "client_secret", "grant_type", "code_verifier", "redirect_uri"} { // the code again
		s.form("/id/connect/token", nil, with(redeem, name, s.wrong()))
	}
}

type given struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

func (s *spy) tokens(form url.Values) (got given) {
	s.Helper()
	s.form("/id/connect/token", nil, form).want(http.StatusOK).into(&got)
	s.keep(got.Access)
	s.keep(got.Refresh)
	if got.ID != "" {
		s.keep(got.ID)
	}
	return got
}

func (s *spy) signInByDevice(login, word string) {
	s.Helper()
	start := url.Values{"client_id": {signin.DesktopClient}, "scope": {"openid offline_access"}}
	s.form("/id/connect/deviceauthorization", nil, with(start, "client_id", s.wrong()))
	var device struct {
		Code string `json:"device_code"`
		User string `json:"user_code"`
	}
	s.form("/id/connect/deviceauthorization", nil, start).want(http.StatusOK).into(&device)
	poll := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {signin.DesktopClient}, "device_code": {s.keep(device.Code)},
	}
	s.keep(device.User)
	s.form("/id/connect/token", nil, poll).want(http.StatusBadRequest)
	s.form("/id/connect/token", nil, with(poll, "device_code", s.wrong())).want(http.StatusBadRequest)
	s.get("/id/device?user_code="+device.User, "").want(http.StatusOK)
	target, form, header := s.page(s.get("/id/device", ""))
	s.form(target, header.Clone(), with(form, "user_code", s.wrong()))
	target, form, header = s.page(s.form(target, header, with(form, "user_code", device.User)))
	target, form, header = s.page(s.form(target, header, with(form, "login", login, "password", word)))
	s.form(target, header, with(form, "answer", "allow")).want(http.StatusOK)
	s.clock.forward(20e9) // no sooner than it was told
	s.tokens(poll)
}

// manageTokens issues, rotates, finds and revokes, and answers a PAT.
func (s *spy) manageTokens() api.Issued {
	s.Helper()
	pat := s.pat(s.bobIn, s.open, "read")
	s.keep(pat.Secret)
	sign := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {s.wrong()}, "Authorization": {"Bearer " + s.keep(s.bobIn)}}
	s.send(http.MethodPost, "/profile/tokens", sign.Clone(), strings.NewReader(`{"appId":"`+s.open.ID+`","scopes":["`+s.wrong()+`"]}`)).want(http.StatusUnprocessableEntity)
	s.send(http.MethodPost, "/profile/tokens", sign.Clone(), strings.NewReader(`{"secret":"`+pat.Secret)).want(http.StatusBadRequest)
	rotate := "/profile/tokens/" + pat.Token.ID
	s.rotate(s.wrong(), rotate, api.Rotation{}).want(http.StatusUnauthorized)
	next := s.issued(s.rotate(s.bobIn, rotate, api.Rotation{OverlapSeconds: 3600}))
	s.keep(next.Secret)
	s.rotate(s.bobIn, "/profile/tokens/"+s.wrong(), api.Rotation{})
	for _, secret := range []string{next.Secret, s.wrong(), strings.ToUpper(next.Secret)} {
		s.call(http.MethodPost, "/manager/tokens/find", s.adaIn, api.FoundSecret{Secret: secret})
		s.call(http.MethodPost, "/manager/tokens/find", s.bobIn, api.FoundSecret{Secret: secret})
		s.get("/profile/me", secret)
		s.get("/profile/tokens/"+secret, s.bobIn)
		s.get("/profile/tokens?q="+secret+"&cursor="+secret+"&sort="+secret, s.bobIn)
		s.get("/"+secret+"?access_token="+secret, "")
	}
	return next
}

// speakOAuth exchanges, introspects and revokes.
func (s *spy) speakOAuth(pat api.Issued) {
	s.Helper()
	sat, app := s.sat(s.open, "introspect"), s.keep(s.appSecret(s.open))
	s.keep(sat.Secret)
	got := s.exchange(asking(pat.Secret))
	s.keep(got.AccessToken)
	s.form("/id/connect/token", nil, asking(s.wrong()))
	s.form("/id/connect/token", nil, asking(pat.Secret, "scope", s.wrong()))
	s.form("/id/connect/token", nil, asking(pat.Secret, "actor_token", s.wrong()))
	for _, token := range []string{pat.Secret, got.AccessToken, s.wrong()} {
		for _, as := range []http.Header{
			{"Authorization": {"Bearer " + sat.Secret}}, {"Authorization": {"Bearer " + s.wrong()}}, basic(s.open.ID, app), basic(s.open.ID, s.wrong()), basic(s.wrong(), s.wrong()),
		} {
			s.form("/id/connect/introspect", as.Clone(), url.Values{"token": {token}})
		}
		s.form("/id/connect/introspect", nil, url.Values{"token": {token}, "client_id": {s.open.ID}, "client_secret": {app}})
		s.form("/id/connect/introspect?token="+token, nil, url.Values{"client_secret": {s.wrong()}})
		s.form("/id/connect/revocation", basic(s.open.ID, s.wrong()), url.Values{"token": {token}})
		s.form("/id/connect/revocation", nil, url.Values{"token": {token}})
		s.get("/profile/me", token)
	}
	s.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, s.wrong(), nil)
	s.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, s.bobIn, nil)
}
