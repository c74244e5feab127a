package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

func (p *provider) finish(t *testing.T, store credentials.Store, subjects ...string) error {
	t.Helper()
	return session.Finish(t.Context(), session.Config{Issuer: p.URL, ClientID: clientID, HTTP: p.Client(), Credentials: store}, subjects...)
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

func stored(t *testing.T, store credentials.Store, key string) map[string]any {
	t.Helper()
	s, err := store.Get(t.Context(), key)
	if errors.Is(err, credentials.ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var item map[string]any
	if err := json.Unmarshal([]byte(s.Reveal()), &item); err != nil {
		t.Fatal(err)
	}
	return item
}

// earlier makes the notes of this run look like those of one before it.
func earlier(t *testing.T, store credentials.Store, p *provider, change func(map[string]any)) {
	t.Helper()
	item := stored(t, store, p.URL+"|signing in")
	delete(item, "run")
	change(item)
	b, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Set(t.Context(), p.URL+"|signing in", client.NewSecret(string(b))); err != nil {
		t.Fatal(err)
	}
}

func TestASignOutThatTheServerDidNotConfirmIsFinishedAtTheNextStart(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	refresh := store.refreshToken(t, p.URL+"|u1")
	p.bend(func() { p.revoke = unavailable })
	if err := s.SignOut(t.Context()); err == nil {
		t.Fatal("the server confirmed nothing")
	}
	item := stored(t, store, p.URL+"|u1")
	if item["refresh_token"] != nil || cmp.Diff([]any{refresh}, item["ending"]) != "" {
		t.Errorf("kept %v", item)
	}

	next, _ := newSession(p, store)
	if err := next.Resume(t.Context(), "u1"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("signed in again: %v", err)
	}
	if err := p.finish(t, store, "u1"); !errors.Is(err, client.ErrServer) {
		t.Errorf("finished without the server: %v", err)
	}
	p.bend(func() { p.revoke = nil })
	if err := p.finish(t, store, "u1"); err != nil {
		t.Error(err)
	}
	if len(p.alive()) != 0 || stored(t, store, p.URL+"|u1") != nil {
		t.Errorf("left: %v at the server, %v in the keyring", p.alive(), stored(t, store, p.URL+"|u1"))
	}
}

func TestSigningInAgainEndsWhatAnEarlierSignOutLeft(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	p.bend(func() { p.revoke = unavailable })
	if err := s.SignOut(t.Context()); err == nil {
		t.Fatal("the server confirmed nothing")
	}
	s = signedIn(t, p, store)
	if len(p.alive()) != 2 || stored(t, store, p.URL+"|u1")["ending"] == nil {
		t.Fatalf("the first sign-in is forgotten: %v", stored(t, store, p.URL+"|u1"))
	}
	access(t, s)
	p.bend(func() { p.revoke = nil })
	next, _ := newSession(p, store)
	if err := next.Resume(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	if got := store.refreshToken(t, p.URL+"|u1"); len(p.alive()) != 1 || !p.alive()[got] {
		t.Errorf("alive %v, kept %s", p.alive(), got)
	}
}

func TestASignInInPlaceOfAnotherEndsThatOne(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s := signedIn(t, p, store)
	if _, err := s.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := store.refreshToken(t, p.URL+"|u1"); len(p.alive()) != 1 || !p.alive()[got] {
		t.Errorf("alive %v, kept %s", p.alive(), got)
	}
}

// neverKept is a sign-in whose code was redeemed, and whose program died before
// it kept what came. The provider ends it when the code comes again (RFC 6749,
// section 4.1.2).
func neverKept(t *testing.T, p *provider, store credentials.Store) {
	t.Helper()
	var spent, lost string
	p.token = func(w http.ResponseWriter, r *http.Request) {
		code := r.Form.Get("code")
		switch {
		case code != "" && code == spent:
			delete(p.live, lost)
			says(400, "invalid_grant")(w, r)
		case spent == "":
			spent, lost = code, p.issue("")["refresh_token"].(string)
			panic(http.ErrAbortHandler)
		default:
			reply(w, 200, p.issue(p.grants[code].Get("nonce")))
		}
	}
	died, cancel := context.WithCancel(t.Context())
	s, _ := newSession(p, store, func(c *session.Config) {
		c.HTTP = &http.Client{Transport: onlyOnce(cancel, "/token")}
	})
	if _, err := s.SignIn(died); err == nil {
		t.Fatal("signed in without tokens")
	}
	if len(p.alive()) != 1 || stored(t, store, p.URL+"|signing in")["code"] != spent {
		t.Fatalf("alive %v, noted %v", p.alive(), stored(t, store, p.URL+"|signing in"))
	}
}

func TestASignInThatWasNotKeptIsEndedAtTheNextStart(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	neverKept(t, p, store)
	if err := p.finish(t, store); err != nil {
		t.Error(err)
	}
	if len(p.alive()) != 0 || stored(t, store, p.URL+"|signing in") != nil {
		t.Errorf("left: %v at the server", p.alive())
	}
}

func TestASignInThatWasNotKeptIsEndedByTheNextOne(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	neverKept(t, p, store)
	s, _ := newSession(p, store)
	if _, err := s.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := store.refreshToken(t, p.URL+"|u1"); len(p.alive()) != 1 || !p.alive()[got] {
		t.Errorf("alive %v, kept %s", p.alive(), got)
	}
}

// onlyOnce lets one request through to path; then the network is gone.
func onlyOnce(then func(), path string) http.RoundTripper {
	gone := false
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if gone {
			return nil, errors.New("no network")
		}
		if strings.HasSuffix(r.URL.Path, path) {
			gone = true
			defer then()
		}
		return http.DefaultTransport.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestASignInThatWasKeptIsLeftAlone(t *testing.T) {
	for name, left := range map[string]func(map[string]any){
		"died after it was noted as through": func(map[string]any) {},
		"died before":                        func(m map[string]any) { delete(m, "sub"); m["code"] = "code1" },
	} {
		p := newProvider(t)
		store := &watched{}
		signedIn(t, p, store)
		earlier(t, store, p, left)
		if err := p.finish(t, store, "u1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(p.alive()) != 1 || stored(t, store, p.URL+"|signing in") != nil {
			t.Errorf("%s: alive %v", name, p.alive())
		}
		s, _ := newSession(p, store)
		if err := s.Resume(t.Context(), "u1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The credential was stored, but the program died before it remembered whose.
func TestASignInOfAnAccountThatNobodyRemembersIsEnded(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	signedIn(t, p, store)
	earlier(t, store, p, func(map[string]any) {})
	p.bend(func() { p.revoke = unavailable })
	if err := p.finish(t, store); err == nil {
		t.Error("finished without the server")
	}
	p.bend(func() { p.revoke = nil })
	if err := p.finish(t, store); err != nil {
		t.Error(err)
	}
	if len(p.alive()) != 0 || stored(t, store, p.URL+"|u1") != nil || stored(t, store, p.URL+"|signing in") != nil {
		t.Errorf("left: %v at the server, %v in the keyring", p.alive(), stored(t, store, p.URL+"|u1"))
	}
}

func TestASignInUnderWayIsNotFinished(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	inToken, goOn := make(chan bool), make(chan bool)
	p.idToken = func(map[string]any) { inToken <- true; <-goOn }
	s, _ := newSession(p, store)
	done := make(chan error, 1)
	go func() { _, err := s.SignIn(t.Context()); done <- err }()
	<-inToken
	if err := p.finish(t, store); err != nil {
		t.Error(err)
	}
	goOn <- true
	if err := <-done; err != nil {
		t.Error(err)
	}
	access(t, s)
	if len(p.alive()) != 1 {
		t.Errorf("alive: %v", p.alive())
	}
}

func TestNothingToFinish(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	if err := p.finish(t, store, "u1"); err != nil {
		t.Error(err)
	}
	signedIn(t, p, store)
	if err := p.finish(t, store, "u1"); err != nil || len(p.alive()) != 1 {
		t.Errorf("%v; alive %v", err, p.alive())
	}
}

// Tokens that are not wanted are not left at the server.
func TestARefusedSignInIsEndedAtTheServer(t *testing.T) {
	for name, bend := range map[string]func(p *provider){
		"another nonce":   func(p *provider) { p.idToken = func(c map[string]any) { c["nonce"] = "other" } },
		"another account": func(p *provider) { p.subject = "u2" },
	} {
		p := newProvider(t)
		store := &watched{}
		s := signedIn(t, p, store)
		kept := store.refreshToken(t, p.URL+"|u1")
		p.bend(func() { bend(p) })
		if _, err := s.SignIn(t.Context()); err == nil {
			t.Errorf("%s: signed in", name)
		}
		if len(p.alive()) != 1 || !p.alive()[kept] {
			t.Errorf("%s: alive %v, want %s alone", name, p.alive(), kept)
		}
	}
}
