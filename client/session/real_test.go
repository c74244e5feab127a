package session_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
	"keyfob/internal/testserver"
	"keyfob/server/instance"
)

// realServer is the token server of this program over real HTTP, and Ada's id
// there.
func realServer(t *testing.T) (in *instance.Instance, root, adaID string) {
	t.Helper()
	r := testserver.StartRemote(t)
	return r.Instance, r.URL, r.AddUser(t, "ada", "Ada Admin", true)
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

func (p *person) signIn(address string) shown {
	form := url.Values{"login": {"ada"}, "password": {p.password}}
	if p.cancels {
		form.Set("cancel", "1")
	}
	page, err := testserver.LogIn(address, form)
	return shown{Status: page.Status, Body: page.Body, Err: err}
}

func TestSigningInAtTheRealServer(t *testing.T) {
	_, root, adaID := realServer(t)
	store, c := &watched{}, &clock{}
	ada := &person{password: testserver.Password, pages: make(chan shown, 1)}
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
	if _, err := s.SignIn(t.Context()); !errors.Is(err, client.ErrSignInStopped) {
		t.Errorf("got %v, want ErrSignInStopped", err)
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
