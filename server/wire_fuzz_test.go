package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/signin"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// gate is a server without a network, and somebody who may do all there.
type gate struct {
	handler http.Handler
	bearer  string
}

func newGate(f *testing.F) *gate {
	f.Helper()
	in, err := instance.Open(f.Context(), instance.Config{Dir: filepath.Join(f.TempDir(), "data"), PublicURL: "http://127.0.0.1:1", Name: "Fuzz"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = in.Close(f.Context()) })
	ada, err := in.Tokens.AddUser(f.Context(), tokens.Operator(), store.User{Login: "ada", Name: "Ada", IsAdmin: true, IsActive: true})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := in.Tokens.AddApp(f.Context(), tokens.Operator(), api.NewApp{Name: "Open", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read"}}); err != nil {
		f.Fatal(err)
	}
	refresh, err := in.SignIn.SignInLocally(f.Context(), ada.ID)
	if err != nil {
		f.Fatal(err)
	}
	g := &gate{handler: in.Handler}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {signin.DesktopClient}}
	r := httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/id/connect/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.AccessToken == "" {
		f.Fatalf("not signed in: %d %s", w.Code, w.Body)
	}
	g.bearer = out.AccessToken
	return g
}

// ask demands that it is no fault of the server's, and that a refusal is a
// problem.
func (g *gate) ask(t *testing.T, r *http.Request) {
	t.Helper()
	r.Header.Set("Authorization", "Bearer "+g.bearer)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	var said api.Problem
	switch {
	case w.Code >= 500:
		t.Errorf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	case w.Code >= 400 && (json.Unmarshal(w.Body.Bytes(), &said) != nil || said.Code == "" || said.Status != w.Code):
		t.Errorf("no problem: %d %s", w.Code, w.Body)
	}
}

// Whatever the filters, the cursor, the sort order and the limits are.
func FuzzQuery(f *testing.F) {
	g := newGate(f)
	paths := []string{"/profile/tokens", "/profile/apps", "/profile/events", "/manager/apps", "/manager/users", "/manager/events", "/check"}
	for i, seed := range []string{
		"status=active,revoked&kind=pat&limit=2", "q=%C3%A4%00%25&sort=-createdAt", "from=2026-11-22T09:00:00Z&to=x&actor=ada", "cursor=eyJ9&limit=-1",
		"sort=name&limit=200&q=_", "expiresBefore=9999-12-31T23:59:59.999999999Z&unusedSince=0001-01-01T00:00:00Z", "scope=read&scope=x&permission=a.b&tenant=%ff&app=",
	} {
		f.Add(uint8(i), seed)
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, paths[int(which)%len(paths)], nil)
		r.URL.RawQuery = query
		g.ask(t, r)
	})
}

// Whatever the body is, of each call that takes one and ends nothing.
func FuzzBody(f *testing.F) {
	g := newGate(f)
	calls := []endpoint{
		{http.MethodPost, "/profile/tokens"},
		{http.MethodPost, "/manager/apps"},
		{http.MethodPost, "/manager/users"},
		{http.MethodPost, "/manager/tokens/find"},
		{http.MethodPost, "/profile/tokens/x/rotate"},
		{http.MethodPatch, "/manager/apps/x"},
		{http.MethodPatch, "/manager/users/x"},
		{http.MethodPost, "/manager/tokens/revoke"},
		{http.MethodPatch, "/manager/policy"},
	}
	for i, seed := range []string{
		`{"description":"a","appId":"b","scopes":["read"],"expiresAt":"2030-01-01T00:00:00Z"}`, `{"name":"n","policy":"None","scopes":["read"]}`, `{"login":"bob","name":"B","isAdmin":false}`,
		`{"secret":"enrt_p"}`, `{"overlapSeconds":1e3}`, `{"name":null,"enabled":1}`, `{"permissions":["` + strings.Repeat("a", 300) + `"]}`, `{"ids":["x","x"],"dryRun":true}`,
		`{"maxExpirySeconds":86400}`, `{"maxExpirySeconds":-9223372036854775808}`,
		`[`, `null`, `{"a":1e999}`, "\xff", `"\ud800"`,
	} {
		f.Add(uint8(i), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		c := calls[int(which)%len(calls)]
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		g.ask(t, r)
	})
}
