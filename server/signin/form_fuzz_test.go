package signin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"keyfob/server/store"
)

const (
	fuzzCallback = "http://127.0.0.1:1/callback"
	fuzzUserCode = "BCDFGHJK"
)

// outside is a provider as a stranger finds it: Ada has a password and a code
// whose verifier nobody knows, a device waits, one sign-in goes on and one has
// ended.
type outside struct{ *Provider }

func newOutside(f *testing.F) outside {
	f.Helper()
	dir := f.TempDir()
	s, err := store.Open(f.Context(), filepath.Join(dir, "keyfob.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	now := time.Now().UTC().Truncate(time.Millisecond)
	p, err := New(f.Context(), Config{
		Store: s, Issuer: "http://127.0.0.1:1/id", KeyFile: filepath.Join(dir, "signin.key"), Clock: func() time.Time { return now },
	})
	if err != nil {
		f.Fatal(err)
	}
	p.verify = func(_ context.Context, phc, typed string) (bool, error) { return phc == typed, nil } // a hash would take all the time
	p.pause = func(context.Context, time.Duration) error { return nil }
	if err := s.Write(f.Context(), func(tx *store.Tx) error { return began(f.Context(), tx, p) }); err != nil {
		f.Fatal(err)
	}
	return outside{p}
}

func began(ctx context.Context, tx *store.Tx, p *Provider) error {
	now := p.now()
	if err := tx.InsertUser(ctx, store.User{ID: "1", Login: "ada", IsActive: true, PasswordHash: rand.Text(), CreatedAt: now}); err != nil {
		return err
	}
	for _, id := range []string{"live", "ended"} {
		s := newSignIn("1", DesktopClient, scopes, now, now)
		s.ID = id
		if err := tx.InsertSignIn(ctx, s); err != nil {
			return err
		}
		if err := tx.InsertRefreshToken(ctx, newRefreshToken(id+rand.Text(), s, now)); err != nil {
			return err
		}
	}
	s, err := tx.SignIn(ctx, "ended")
	if err != nil {
		return err
	}
	if err := tx.InsertRefreshToken(ctx, newRefreshToken("ended", s, now)); err != nil {
		return err
	}
	if err := tx.EndSignIn(ctx, s.ID, now); err != nil {
		return err
	}
	if err := tx.InsertDeviceCode(ctx, store.DeviceCode{
		Hash: digest("waits"), UserCode: p.keys.hideUserCode(fuzzUserCode), ClientID: DesktopClient, Scopes: scopes, ExpiresAt: now.Add(deviceLife),
	}); err != nil {
		return err
	}
	return tx.InsertSignInCode(ctx, store.SignInCode{
		Hash: digest("code"), UserID: "1", ClientID: DesktopClient, RedirectURI: fuzzCallback, Scopes: scopes,
		Challenge: oidc.NewSHACodeChallenge(rand.Text()), AuthenticatedAt: now, ExpiresAt: now.Add(codeLife),
	})
}

// send sends a form, or an address for want of one, from a network that has
// not been here before.
func (o outside) send(t *testing.T, method, path, query, body string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	o.failures, o.guesses, o.starts, o.throttle = newFailures(), newGuesses(), newStarts(), newThrottle()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.URL.RawQuery = query
	if header != nil {
		r.Header = header
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, r)
	return w
}

// authorization is a header, or none.
func authorization(value string) http.Header {
	h := make(http.Header)
	if value != "" {
		h.Set("Authorization", value)
	}
	return h
}

var (
	// RFC 6749, section 5.2, and RFC 8628, section 3.5.
	oauthErrors = []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
		"authorization_pending", "slow_down", "access_denied", "expired_token",
	}
	describable = regexp.MustCompile(`^[\x20-\x21\x23-\x5b\x5d-\x7e]*$`)
)

// refusedAsOAuth demands an error as RFC 6749, section 5.2, has it, and nothing else.
func refusedAsOAuth(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var said map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		t.Fatalf("%d, and no JSON of texts: %s", w.Code, w.Body)
	}
	code, description := said["error"], said["error_description"]
	delete(said, "error")
	delete(said, "error_description")
	status, h := http.StatusBadRequest, w.Header()
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	switch {
	case !slices.Contains(oauthErrors, code), w.Code != status, !describable.MatchString(description), len(said) != 0:
		t.Fatalf("%d %s", w.Code, w.Body)
	case (h.Get("WWW-Authenticate") != "") != (status == http.StatusUnauthorized), h.Get("Cache-Control") != "no-store",
		h.Get("Set-Cookie") != "", h.Get("Location") != "":
		t.Fatalf("%d %v", w.Code, h)
	}
}

// Whatever the form and the credentials: without the verifier of the code, the
// password or a token there are no tokens, but a reason.
func FuzzTheTokenEndpointRefusesWhoeverHasNothing(f *testing.F) {
	o := newOutside(f)
	const client = "&client_id=" + DesktopClient
	device := "grant_type=" + url.QueryEscape(string(oidc.GrantTypeDeviceCode))
	for _, seed := range [][2]string{
		{"grant_type=authorization_code&code=code&code_verifier=" + strings.Repeat("a", 43) + "&redirect_uri=" + url.QueryEscape(fuzzCallback) + client, ""},
		{"grant_type=authorization_code&code=code&redirect_uri=x" + client, ""},
		{"grant_type=authorization_code" + client, ""},
		{"grant_type=authorization_code&code=none&code_verifier=x", "Basic a2V5Zm9iLWRlc2t0b3A6"},
		{"grant_type=authorization_code&code=code", "Basic eDp5"},
		{"grant_type=refresh_token&refresh_token=ended" + client, ""},
		{"grant_type=refresh_token&refresh_token=none&scope=openid+x" + client, ""},
		{"grant_type=refresh_token&refresh_token=&client_secret=x" + client, "Basic %"},
		{device + "&device_code=waits" + client, ""},
		{device + "&device_code=none" + client, ""},
		{device + "&device_code=waits&client_secret=x" + client, "Bearer x"},
		{"grant_type=password&username=ada&password=x" + client, ""},
		{"grant_type=client_credentials" + client, "Basic YWRhOng="},
		{"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=e30.e30." + client, ""},
		{"grant_type=%22%0a%c3%a4", ""},
		{"grant_type=refresh_token&refresh_token=ended&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=x", ""},
		{"grant_type=refresh_token&grant_type=refresh_token", ""},
		{"%zz", ""},
		{"", ""},
		{"grant_type=refresh_token;x", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, body, credentials string) {
		refusedAsOAuth(t, o.send(t, http.MethodPost, "/connect/token", "", body, authorization(credentials)))
	})
}

// goodStart says in other words who may let a device wait.
func goodStart(body, credentials string) bool {
	form, err := url.ParseQuery(body)
	if err != nil || credentials != "" || len(body) > maxForm {
		return false
	}
	for name, values := range form {
		if len(values) != 1 || values[0] != "" && (name == "client_secret" || strings.HasPrefix(name, "client_assertion")) {
			return false
		}
	}
	return form.Get("client_id") == DesktopClient && slices.Contains(strings.Fields(form.Get("scope")), "openid")
}

// Whatever the form: a device waits for the desktop's own client alone, and is
// sent to no other page than this server's.
func FuzzADeviceWaitsOnlyForTheClientThatThereIs(f *testing.F) {
	o := newOutside(f)
	const client = "client_id=" + DesktopClient
	for _, seed := range [][2]string{
		{client + "&scope=openid", ""},
		{client + "&scope=openid+offline_access+x++profile", ""},
		{client + "&scope=profile", ""},
		{client, ""},
		{client + "&scope=openid", "Basic a2V5Zm9iLWRlc2t0b3A6"},
		{client + "&scope=openid&client_secret=x", ""},
		{client + "&scope=openid&client_secret=", ""},
		{client + "&scope=openid&scope=openid", ""},
		{"client_id=x&scope=openid", ""},
		{"scope=openid", "Bearer x"},
		{"scope=openid%0a" + client, ""},
		{"%", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, body, credentials string) {
		w := o.send(t, http.MethodPost, "/connect/deviceauthorization", "", body, authorization(credentials))
		if !goodStart(body, credentials) {
			refusedAsOAuth(t, w)
			return
		}
		var d deviceReply
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" {
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		at := o.issuer + "/device"
		if d.Page != at || d.PageFilled != at+"?user_code="+d.UserCode || len(d.DeviceCode) != 43 {
			t.Fatalf("%+v", d)
		}
	})
}
