package session_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
	"keyfob/server/instance"
	"keyfob/server/password"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

const adaPassword = "correct horse battery staple"

// realServer is the token server of this program over real HTTP, and Ada's id
// there.
func realServer(t *testing.T) (in *instance.Instance, root, adaID string) {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	in, err := instance.Open(t.Context(), instance.Config{Dir: t.TempDir(), PublicURL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	handler.Store(&in.Handler)
	phc, err := password.Hash(t.Context(), adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	u, err := in.Tokens.AddUser(t.Context(), tokens.Operator(), store.User{
		Login: "ada", Name: "Ada Admin", PasswordHash: phc, IsAdmin: true, IsActive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, srv.URL, u.ID
}

// person is a browser with somebody in front of it who fills in the login
// page.
type person struct {
	password string
	cancels  bool
	pages    chan shown
}

func (p *person) open(address string) error {
	go func() { p.pages <- p.signIn(address) }()
	return nil
}

var (
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)
)

func (p *person) signIn(address string) shown {
	jar, _ := cookiejar.New(nil)
	hc := &http.Client{Jar: jar}
	page := fetch(hc, http.MethodGet, address, "")
	action, request := formAction.FindStringSubmatch(page.Body), formRequest.FindStringSubmatch(page.Body)
	if action == nil || request == nil {
		return page
	}
	base, _ := url.Parse(address)
	target, err := base.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return shown{Err: err}
	}
	form := url.Values{"request": {html.UnescapeString(request[1])}, "login": {"ada"}, "password": {p.password}}
	if p.cancels {
		form.Set("cancel", "1")
	}
	return fetch(hc, http.MethodPost, target.String(), form.Encode())
}

func TestSigningInAtTheRealServer(t *testing.T) {
	_, root, adaID := realServer(t)
	store, c := &watched{}, &clock{}
	ada := &person{password: adaPassword, pages: make(chan shown, 1)}
	cfg := session.Config{Issuer: root + "/id", ClientID: clientID, Credentials: store, OpenBrowser: ada.open, Clock: c.now}
	s := session.New(cfg)
	who, err := s.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if page := <-ada.pages; page.Status != 200 {
		t.Errorf("the browser shows %d %s", page.Status, page.Body)
	}
	want := session.Identity{Issuer: root + "/id", Subject: adaID, Login: "ada", Name: "Ada Admin"}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Error(diff)
	}
	first := access(t, s)

	restarted := session.New(cfg)
	if err := restarted.Resume(t.Context(), adaID); err != nil {
		t.Fatal(err)
	}
	if got := access(t, restarted); got == first {
		t.Error("the access token survived a restart")
	}
	kept := store.refreshToken(t, root+"/id|"+adaID)
	if err := restarted.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := session.New(cfg).Adopt(t.Context(), client.NewSecret(kept)); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("the refresh token works after sign-out: %v", err)
	}
	if _, err := store.Get(t.Context(), root+"/id|"+adaID); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the credential: %v, want ErrNotFound", err)
	}
}

func TestCancellingAtTheRealServer(t *testing.T) {
	_, root, _ := realServer(t)
	ada := &person{cancels: true, pages: make(chan shown, 1)}
	s := session.New(session.Config{
		Issuer: root + "/id", ClientID: clientID, Credentials: &credentials.Memory{}, OpenBrowser: ada.open,
	})
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrSignInRefused) {
		t.Errorf("got %v, want ErrSignInRefused", err)
	}
	if page := <-ada.pages; page.Status != 400 {
		t.Errorf("the browser shows %d %s", page.Status, page.Body)
	}
}

func TestTheOneClickSignInOfTheRealServer(t *testing.T) {
	in, root, adaID := realServer(t)
	refresh, err := in.SignIn.SignInLocally(t.Context(), adaID)
	if err != nil {
		t.Fatal(err)
	}
	s := session.New(session.Config{Issuer: root + "/id", ClientID: clientID, Credentials: &credentials.Memory{}})
	who, err := s.Adopt(t.Context(), client.NewSecret(refresh))
	if err != nil || who.Login != "ada" || who.Name != "Ada Admin" || who.Subject != adaID {
		t.Errorf("got %+v, %v", who, err)
	}
}
