package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// aWhile is longer than an access token lives, and shorter than an ID token.
const aWhile = 10 * time.Minute

// clock is a time that tests move.
type clock struct{ skip atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.skip.Load())) }
func (c *clock) pass(d time.Duration)    { c.skip.Add(int64(d)) }
func (c *clock) use(cfg *session.Config) { cfg.Clock = c.now }

// watched is a store whose writes a test sees, and may fail.
type watched struct {
	credentials.Memory

	onSet  func(client.Secret)
	fails  error
	writes atomic.Int32
}

func (w *watched) Set(ctx context.Context, key string, s client.Secret) error {
	if !strings.HasSuffix(key, "|signing in") {
		w.writes.Add(1)
	}
	if w.onSet != nil {
		w.onSet(s)
	}
	if w.fails != nil {
		return w.fails
	}
	return w.Memory.Set(ctx, key, s)
}

func (w *watched) refreshToken(t *testing.T, key string) string {
	t.Helper()
	s, err := w.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var item map[string]any
	if err := json.Unmarshal([]byte(s.Reveal()), &item); err != nil {
		t.Fatal(err)
	}
	return item["refresh_token"].(string)
}

// signedIn is a session that has just adopted a refresh token.
func signedIn(t *testing.T, p *provider, store credentials.Store, change ...func(*session.Config)) *session.Session {
	t.Helper()
	s, _ := newSession(p, store, change...)
	if _, err := s.Adopt(t.Context(), p.grant()); err != nil {
		t.Fatal(err)
	}
	return s
}

func access(t *testing.T, s *session.Session) string {
	t.Helper()
	token, err := s.AccessToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

func TestAnAdoptedTokenSignsIn(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	s, _ := newSession(p, store)
	who, err := s.Adopt(t.Context(), p.grant())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(session.Identity{Issuer: p.URL, Subject: "u1", Login: "ada", Name: "Ada Admin"}, who); diff != "" {
		t.Error(diff)
	}
	if got := store.refreshToken(t, p.URL+"|u1"); !p.alive()[got] {
		t.Errorf("the stored refresh token %q is dead", got)
	}
	if _, err := s.Adopt(t.Context(), client.NewSecret("dead")); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("a dead token: %v, want ErrSignInExpired", err)
	}
	if access(t, s) == "" {
		t.Error("a failed Adopt ended the sign-in")
	}
}

// The item in the keyring: small, and telling whose it is.
func TestTheStoredCredential(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	c := &clock{}
	signedIn(t, p, store, c.use)
	s, err := store.Get(t.Context(), p.URL+"|u1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(s.Reveal()), &got); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.RFC3339, got["created"].(string)); err != nil {
		t.Error(err)
	}
	if got["attempt"] == "" {
		t.Error("it does not say which sign-in it came of")
	}
	delete(got, "created")
	delete(got, "attempt")
	want := map[string]any{
		"v": 1.0, "issuer": p.URL, "sub": "u1", "login": "ada", "name": "Ada Admin",
		"refresh_token": store.refreshToken(t, p.URL+"|u1"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// security requirement 14
func TestARefreshTokenIsStoredBeforeItsAccessTokenIsUsed(t *testing.T) {
	p := newProvider(t)
	store, c := &watched{}, &clock{}
	s := signedIn(t, p, store, c.use)
	old := access(t, s)
	c.pass(270*time.Second + time.Second) // within half a minute of its end

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	store.onSet = func(client.Secret) {
		if token, err := s.AccessToken(cancelled); err == nil {
			t.Errorf("%s is usable before its refresh token is stored", token.Reveal())
		}
	}
	fresh := access(t, s)
	if fresh == old || store.writes.Load() != 2 {
		t.Errorf("access token %s after %s, %d writes", fresh, old, store.writes.Load())
	}
	if got := store.refreshToken(t, p.URL+"|u1"); !p.alive()[got] {
		t.Errorf("the stored refresh token %q is dead", got)
	}
}

func TestAnAccessTokenLastsUntilShortlyBeforeItsEnd(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	s := signedIn(t, p, &watched{}, c.use)
	n := p.count("refresh_token")
	c.pass(265 * time.Second)
	access(t, s)
	if got := p.count("refresh_token"); got != n {
		t.Errorf("renewed %d times too early", got-n)
	}
	c.pass(6 * time.Second)
	access(t, s)
	if got := p.count("refresh_token"); got != n+1 {
		t.Errorf("renewed %d times, want once", got-n)
	}
}

func TestManyAtOnceRenewOnce(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	s := signedIn(t, p, &watched{}, c.use)
	n := p.count("refresh_token")
	c.pass(aWhile)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.AccessToken(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := p.count("refresh_token"); got != n+1 {
		t.Errorf("renewed %d times, want once", got-n)
	}
}

func TestARejectedAccessTokenIsRenewedOnce(t *testing.T) {
	p := newProvider(t)
	s := signedIn(t, p, &watched{})
	token, err := s.AccessToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Rejected(t.Context(), token)
	fresh := access(t, s)
	if fresh == token.Reveal() {
		t.Error("the rejected token came again")
	}
	s.Rejected(t.Context(), token) // a late word about the old one
	if got := access(t, s); got != fresh {
		t.Error("a late rejection of an old token ended the new one")
	}
}

func TestACallerThatGivesUpDoesNotEndARenewal(t *testing.T) {
	p := newProvider(t)
	store, c := &watched{}, &clock{}
	s := signedIn(t, p, store, c.use)
	c.pass(aWhile)
	begun, goOn := make(chan bool), make(chan bool)
	p.bend(func() { p.idToken = func(map[string]any) { begun <- true; <-goOn } })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := s.AccessToken(ctx); done <- err }()
	<-begun
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
	goOn <- true
	access(t, s) // joins the renewal or finds its result
	if got := store.refreshToken(t, p.URL+"|u1"); !p.alive()[got] {
		t.Errorf("the stored refresh token %q is dead", got)
	}
}

func TestARefusedRefreshTokenMeansSigningInAgain(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	s := signedIn(t, p, &watched{}, c.use)
	p.forget()
	c.pass(aWhile)
	for range 2 {
		if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
			t.Errorf("got %v, want ErrSignInExpired", err)
		}
	}
	if n := p.count("refresh_token"); n != 2 {
		t.Errorf("%d requests; a dead refresh token is sent once", n)
	}
}

func TestSigningInAgainInPlaceLetsTheCallGoOn(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	asked := atomic.Int32{}
	var s *session.Session
	s = signedIn(t, p, &watched{}, c.use, func(cfg *session.Config) {
		cfg.Reauthenticate = func(ctx context.Context) error {
			asked.Add(1)
			_, err := s.SignIn(ctx)
			return err
		}
	})
	p.forget()
	c.pass(aWhile)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := s.AccessToken(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestAPersonWhoDeclinesIsSignedOut(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	s := signedIn(t, p, &watched{}, c.use, func(cfg *session.Config) {
		cfg.Reauthenticate = func(context.Context) error { return client.ErrSignInRefused }
	})
	p.forget()
	c.pass(aWhile)
	_, err := s.AccessToken(t.Context())
	if !errors.Is(err, client.ErrSignInExpired) || !errors.Is(err, client.ErrSignInRefused) {
		t.Errorf("got %v", err)
	}
}

func TestAnotherAccountDoesNotTakeOverACall(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	var s *session.Session
	s = signedIn(t, p, &watched{}, c.use, func(cfg *session.Config) {
		cfg.Reauthenticate = func(ctx context.Context) error {
			_, err := s.SignIn(ctx)
			return err
		}
	})
	p.forget()
	p.bend(func() { p.subject = "u2" })
	c.pass(aWhile)
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("got %v, want ErrSignInExpired", err)
	}
}

func TestOfflineKeepsTheCredential(t *testing.T) {
	p := newProvider(t)
	store, c := &watched{}, &clock{}
	s := signedIn(t, p, store, c.use)
	before := store.refreshToken(t, p.URL+"|u1")
	c.pass(aWhile)
	p.bend(func() {
		p.token = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	})
	if _, err := s.AccessToken(t.Context()); !errors.Is(err, client.ErrOffline) {
		t.Errorf("got %v, want ErrOffline", err)
	}
	if got := store.refreshToken(t, p.URL+"|u1"); got != before {
		t.Error("the credential changed")
	}
	p.bend(func() { p.token = nil })
	access(t, s)
}

// A reply that was lost on the way is asked for again within the moment in
// which servers honour the refresh token that was just used.
func TestALostReplyIsAskedForAgain(t *testing.T) {
	p := newProvider(t)
	c := &clock{}
	s := signedIn(t, p, &watched{}, c.use)
	c.pass(aWhile)
	for name, fail := range map[string]http.HandlerFunc{
		"before the reply": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"in the reply": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "900")
			reply(w, 200, map[string]any{"access_token": "cut"})
			panic(http.ErrAbortHandler)
		},
	} {
		p.bend(func() {
			p.token = func(w http.ResponseWriter, r *http.Request) { p.token = nil; fail(w, r) }
		})
		c.pass(aWhile)
		if got := access(t, s); got == "cut" {
			t.Errorf("%s: half a reply was used", name)
		}
	}
}

func TestResumeAfterARestart(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	signedIn(t, p, store)
	s, _ := newSession(p, store)
	if err := s.Resume(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(session.Identity{Issuer: p.URL, Subject: "u1", Login: "ada", Name: "Ada Admin"}, s.Identity()); diff != "" {
		t.Error(diff)
	}
	access(t, s)
	if err := s.Resume(t.Context(), "u2"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("another account: %v, want ErrNotFound", err)
	}
}

func TestResumeWithADeadCredential(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	signedIn(t, p, store)
	p.forget()
	s, _ := newSession(p, store, func(c *session.Config) {
		c.Reauthenticate = func(context.Context) error { t.Error("Resume asked the person"); return nil }
	})
	if err := s.Resume(t.Context(), "u1"); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("got %v, want ErrSignInExpired", err)
	}
}

func TestResumeWithoutTheServer(t *testing.T) {
	p := newProvider(t)
	store := &watched{}
	signedIn(t, p, store)
	p.bend(func() { p.token = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } })
	s, _ := newSession(p, store)
	if err := s.Resume(t.Context(), "u1"); !errors.Is(err, client.ErrOffline) {
		t.Errorf("got %v, want ErrOffline", err)
	}
	p.bend(func() { p.token = nil })
	access(t, s)
}

func TestAStoredCredentialThatIsNotReadableIsNone(t *testing.T) {
	p := newProvider(t)
	for _, item := range []string{
		"", "{", `{"v":2,"issuer":"` + p.URL + `","sub":"u1","refresh_token":"x"}`,
		`{"v":1,"issuer":"https://evil.example.com","sub":"u1","refresh_token":"x"}`,
		`{"v":1,"issuer":"` + p.URL + `","sub":"u2","refresh_token":"x"}`, `{"v":1,"issuer":"` + p.URL + `","sub":"u1"}`,
	} {
		store := &watched{}
		if err := store.Set(t.Context(), p.URL+"|u1", client.NewSecret(item)); err != nil {
			t.Fatal(err)
		}
		s, _ := newSession(p, store)
		err := s.Resume(t.Context(), "u1")
		if !errors.Is(err, credentials.ErrNotFound) || strings.Contains(err.Error(), "refresh_token") {
			t.Errorf("%s: got %v, want ErrNotFound", item, err)
		}
	}
}

// security requirement 11
func TestAStoreThatFailsEndsNoSignIn(t *testing.T) {
	p := newProvider(t)
	store, c := &watched{fails: credentials.ErrTimeout}, &clock{}
	s, _ := newSession(p, store, c.use)
	if _, err := s.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(s.Unkept(), credentials.ErrTimeout) {
		t.Errorf("Unkept says %v, want ErrTimeout", s.Unkept())
	}
	c.pass(aWhile)
	access(t, s)
	store.fails = nil
	c.pass(aWhile)
	access(t, s)
	if s.Unkept() != nil {
		t.Errorf("Unkept says %v after a write that worked", s.Unkept())
	}
}
