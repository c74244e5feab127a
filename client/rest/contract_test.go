package rest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/rest"
	"keyfob/client/session"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// world is the real server over real HTTP, with its people.
type world struct {
	*instance.Instance

	t   *testing.T
	url string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	in, err := instance.Open(t.Context(), instance.Config{Dir: t.TempDir(), PublicURL: srv.URL, Name: "Test", Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	handler.Store(&in.Handler)
	return &world{Instance: in, t: t, url: srv.URL}
}

// as is login's desktop, signed in.
func (w *world) as(login string, admin bool, hc *http.Client) *rest.Client {
	w.t.Helper()
	ctx := w.t.Context()
	u, err := w.Tokens.AddUser(ctx, tokens.Operator(), store.User{Login: login, Name: "Name of " + login, IsAdmin: admin, IsActive: true})
	if err != nil {
		w.t.Fatal(err)
	}
	server, err := rest.Discover(ctx, w.url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	s := session.New(session.Config{Issuer: server.Issuer, ClientID: "keyfob-desktop", Credentials: &credentials.Memory{}})
	refresh, err := w.SignIn.SignInLocally(ctx, u.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := s.Adopt(ctx, client.NewSecret(refresh)); err != nil {
		w.t.Fatal(err)
	}
	return rest.New(server, s, hc)
}

// must is for calls whose failure ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// warehouse is an application for which everybody may issue PATs.
func warehouse(t *testing.T, ada *rest.Client) client.App {
	t.Helper()
	return must(ada.AddApp(t.Context(), client.NewApp{
		Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "update"},
	}))(t)
}

func TestAUserIsToldWhoTheyAreAndWhatTheServerDemands(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app := warehouse(t, ada)
	me := must(ada.Me(ctx))(t)
	if me.Login != "ada" || me.Name != "Name of ada" || !me.IsAdmin {
		t.Errorf("me is %+v", me)
	}
	caps := must(ada.Capabilities(ctx))(t)
	if caps.Label.MaxLength != 128 || !caps.Expiry.NeverAllowed || caps.Expiry.Default != 365*24*time.Hour || caps.Revoke.Verb != "Revoke" || len(caps.Scopes) == 0 {
		t.Errorf("capabilities are %+v", caps)
	}
	if apps := must(ada.ProfileApps(ctx))(t); len(apps) != 1 || apps[0].ID != app.ID {
		t.Errorf("apps to choose from are %+v", apps)
	}
}

// requirements 5, 16, 25, 37, 78, 81, 88: a user's token from its first to its last call
func TestAUserIssuesUsesAndRevokesAToken(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app := warehouse(t, ada)
	me := must(ada.Me(ctx))(t)
	expires := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	wish := client.NewToken{Description: "Nightly", AppID: app.ID, ExpiresAt: expires, Scopes: []string{"read"}, Attempt: client.NewAttempt()}
	token, secret, err := ada.CreateToken(ctx, wish)
	if err != nil {
		t.Fatal(err)
	}
	value := secret.Reveal()
	want := client.Token{
		Kind: client.PAT, Description: "Nightly", Hint: value[len(value)-4:], App: client.AppRef{ID: app.ID, Name: app.Name}, Scopes: []string{"read"},
		User: client.UserRef{ID: me.ID, Login: "ada", Name: "Name of ada"}, ExpiresAt: expires,
	}
	if diff := cmp.Diff(want, token, cmpopts.IgnoreFields(client.Token{}, "ID", "CreatedAt", "CreatedBy", "ActsAs")); diff != "" {
		t.Error(diff)
	}
	if got := w.whoIs(value); got != http.StatusOK {
		t.Errorf("a call with the token: %d", got)
	}

	if err := ada.RevokeToken(ctx, token.ID); err != nil {
		t.Fatal(err)
	}
	if err := ada.RevokeToken(ctx, token.ID); err != nil {
		t.Errorf("revoking again: %v", err)
	}
	if got := w.whoIs(value); got != http.StatusUnauthorized {
		t.Errorf("a call with the revoked token: %d", got)
	}
	all := must(ada.ProfileTokens(ctx))(t)
	if len(all) != 1 || all[0].Status(time.Now()) != client.Revoked || all[0].RevokedBy.Login != "ada" {
		t.Errorf("the list is %+v", all)
	}
}

// robot is an application for SATs, and who its SATs may act as.
func robot(t *testing.T, w *world, ada *rest.Client) (app client.App, bot client.User) {
	t.Helper()
	w.as("bot", false, nil)
	users := must(ada.Users(t.Context()))(t)
	if len(users) != 2 || users[1].Login != "bot" {
		t.Fatalf("users are %+v", users)
	}
	return must(ada.AddApp(t.Context(), client.NewApp{
		Name: "Robot", Policy: client.PolicyAdministratorsOnly, Scopes: []string{"read"},
	}))(t), users[1]
}

func wishFor(app client.App) client.NewToken {
	return client.NewToken{AppID: app.ID, Scopes: []string{"read"}, Attempt: client.NewAttempt()}
}

// requirements 18, 28, 40
func TestAnAdministratorIssuesATokenForAnApplication(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app, bot := robot(t, w, ada)
	must(ada.ChangeApp(ctx, app.ID, client.AppChange{SystemUserID: &bot.ID}))(t)
	sat, secret, err := ada.CreateAppToken(ctx, wishFor(app))
	if err != nil || secret.IsZero() || sat.Kind != client.SAT || sat.ActsAs.ID != bot.ID || !sat.ExpiresAt.IsZero() {
		t.Fatalf("the SAT is %+v, %v", sat, err)
	}
	if app = must(ada.App(ctx, app.ID))(t); app.SATs != 1 || app.PATs != 0 {
		t.Errorf("the app counts %d SATs, %d PATs", app.SATs, app.PATs)
	}
	if err := ada.RevokeAppToken(ctx, sat.ID); err != nil {
		t.Error(err)
	}
	list := must(ada.AppTokens(ctx, app.ID))(t)
	if len(list) != 1 || list[0].ID != sat.ID || list[0].Status(time.Now()) != client.Revoked {
		t.Errorf("its tokens are %+v", list)
	}
}

// requirements 20, 26, 34
func TestAnApplicationThatMayHaveNoTokensSaysWhy(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app, bot := robot(t, w, ada)
	if _, _, err := ada.CreateAppToken(ctx, wishFor(app)); code(err) != "no_system_user" || !errors.Is(err, client.ErrConflict) {
		t.Errorf("without a System User: %v", err)
	}
	app = must(ada.ChangeApp(ctx, app.ID, client.AppChange{SystemUserID: &bot.ID}))(t)
	if app.SystemUser != (client.UserRef{ID: bot.ID, Login: bot.Login, Name: bot.Name}) || !app.SystemUserAllowed {
		t.Errorf("the app is %+v", app)
	}
	app = must(ada.ChangeApp(ctx, app.ID, client.AppChange{Policy: new(client.PolicyNone)}))(t)
	if app.Policy != client.PolicyNone || app.SystemUser != (client.UserRef{ID: bot.ID, Login: bot.Login, Name: bot.Name}) {
		t.Errorf("the app is %+v", app)
	}
	if _, _, err := ada.CreateAppToken(ctx, wishFor(app)); code(err) != "policy_none" || !errors.Is(err, client.ErrDenied) {
		t.Errorf("with policy None: %v", err)
	}
	app = must(ada.ChangeApp(ctx, app.ID, client.AppChange{SystemUserID: new("")}))(t)
	if app.SystemUser != (client.UserRef{}) {
		t.Errorf("the System User is still %+v", app.SystemUser)
	}
}

// requirements 30, 35
func TestTheManagersCallsAreForAdministrators(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada, bob := w.as("ada", true, nil), w.as("bob", false, nil)
	app := must(ada.AddApp(ctx, client.NewApp{Name: "Robot", Policy: client.PolicyAdministratorsOnly, Scopes: []string{"read"}}))(t)
	if apps := must(bob.ProfileApps(ctx))(t); len(apps) != 0 {
		t.Errorf("bob may choose %+v", apps)
	}
	for name, err := range map[string]error{
		"apps":   second(bob.Apps(ctx)),
		"app":    second(bob.App(ctx, app.ID)),
		"add":    second(bob.AddApp(ctx, client.NewApp{Name: "Bob's"})),
		"users":  second(bob.Users(ctx)),
		"tokens": second(bob.AppTokens(ctx, app.ID)),
		"revoke": bob.RevokeAppToken(ctx, app.ID),
	} {
		if !errors.Is(err, client.ErrDenied) {
			t.Errorf("%s for bob: %v, want ErrDenied", name, err)
		}
	}
}

// requirements 62, 70
func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app := warehouse(t, ada)
	_, _, err := ada.CreateToken(ctx, client.NewToken{AppID: app.ID, ExpiresAt: time.Now().Add(-time.Hour), Attempt: client.NewAttempt()})
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || !errors.Is(err, client.ErrInvalid) || p.RequestID == "" {
		t.Fatalf("got %v", err)
	}
	got := map[string]string{}
	for _, f := range p.Fields {
		got[f.Field] = f.Code
	}
	if diff := cmp.Diff(map[string]string{"expiresAt": "past", "scopes": "required"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ada.App(ctx, "nothing"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("an unknown app: %v", err)
	}
	if _, err := ada.AddApp(ctx, client.NewApp{Name: "warehouse"}); !errors.Is(err, client.ErrConflict) && !errors.Is(err, client.ErrInvalid) {
		t.Errorf("a name already taken: %v", err)
	}
}

// A reply that is lost on the way leaves one token and gives its secret.
func TestALostReplyLeavesNoOrphan(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	lossy := &lossy{}
	ada := w.as("ada", true, &http.Client{Transport: lossy})
	app := warehouse(t, ada)
	lossy.drop.Store(1)
	token, secret, err := ada.CreateToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"read"}, Attempt: client.NewAttempt()})
	if err != nil {
		t.Fatal(err)
	}
	if lossy.dropped.Load() != 1 {
		t.Errorf("%d replies were lost, want 1", lossy.dropped.Load())
	}
	if all := must(ada.ProfileTokens(ctx))(t); len(all) != 1 || all[0].ID != token.ID {
		t.Errorf("the list is %+v", all)
	}
	if got := w.whoIs(secret.Reveal()); got != http.StatusOK {
		t.Errorf("a call with the token: %d", got)
	}
}

// requirement 37: more tokens than a page holds
func TestLongListsArriveWhole(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada := w.as("ada", true, nil)
	app := warehouse(t, ada)
	ids := map[string]bool{}
	for range 201 {
		token, _, err := ada.CreateToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
		if err != nil {
			t.Fatal(err)
		}
		ids[token.ID] = true
	}
	for _, token := range must(ada.ProfileTokens(ctx))(t) {
		delete(ids, token.ID)
	}
	if len(ids) != 0 {
		t.Errorf("%d tokens are missing", len(ids))
	}
}

// lossy loses the replies to creates of tokens while drop lasts.
type lossy struct{ drop, dropped atomic.Int32 }

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") != "" && l.drop.Add(-1) >= 0 {
		l.dropped.Add(1)
		_ = resp.Body.Close()
		return nil, errors.New("connection reset by peer")
	}
	return resp, err
}

// whoIs calls the server as a script would, and gives the status.
func (w *world) whoIs(secret string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+"/profile/me", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func code(err error) string {
	if p, ok := errors.AsType[*client.Problem](err); ok {
		return p.Code
	}
	return ""
}

func second[T any](_ T, err error) error { return err }
