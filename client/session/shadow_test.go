package session_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// away is a keyring that can go away and come back.
type away struct {
	credentials.Memory

	gone bool
}

func (a *away) Get(ctx context.Context, key string) (client.Secret, error) {
	if a.gone {
		return client.Secret{}, credentials.ErrUnavailable
	}
	return a.Memory.Get(ctx, key)
}

func (a *away) Set(ctx context.Context, key string, s client.Secret) error {
	if a.gone {
		return credentials.ErrUnavailable
	}
	return a.Memory.Set(ctx, key, s)
}

func (a *away) Delete(ctx context.Context, key string) error {
	if a.gone {
		return credentials.ErrUnavailable
	}
	return a.Memory.Delete(ctx, key)
}

// computer has a keyring and an encrypted file; each run of the program opens them anew.
type computer struct {
	t       *testing.T
	keyring away
	path    string
}

func newComputer(t *testing.T) *computer {
	return &computer{t: t, path: filepath.Join(t.TempDir(), "credentials.json")}
}

// run is a start without the file's passphrase.
func (c *computer) run(keyring bool) *credentials.Fallback {
	c.keyring.gone = !keyring
	return credentials.NewFallback(&c.keyring).WithFile(credentials.NewFileOf(c.path, 10))
}

// opened is a start with it. The first makes the file.
func (c *computer) opened(keyring bool) *credentials.Fallback {
	c.t.Helper()
	f, passphrase := c.run(keyring), client.NewSecret("a passphrase of mine")
	do := f.KeepInFile
	if f.FileWaits() {
		do = f.OpenFile
	}
	if err := do(c.t.Context(), passphrase); err != nil {
		c.t.Fatal(err)
	}
	return f
}

func (c *computer) resume(p *provider, store credentials.Store) *session.Session {
	c.t.Helper()
	s, _ := newSession(p, store)
	if err := s.Resume(c.t.Context(), "u1"); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// A keyring that was away has an earlier sign-in than the one made meanwhile.
func TestASignInFromBeforeTheKeyringWasAwayEnds(t *testing.T) {
	move := func(c *computer, f *credentials.Fallback) {
		if err := f.MoveToKeyring(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
	for name, last := range map[string]func(*computer, *provider) *session.Session{
		"opened with the file": func(c *computer, p *provider) *session.Session { return c.resume(p, c.opened(true)) },
		"moved to the keyring, then opened": func(c *computer, p *provider) *session.Session {
			move(c, c.opened(true))
			return c.resume(p, c.run(true))
		},
		"opened, then moved": func(c *computer, p *provider) *session.Session {
			f := c.opened(true)
			s := c.resume(p, f)
			move(c, f)
			return s
		},
		"signed in once more": func(c *computer, p *provider) *session.Session { return signedIn(t, p, c.opened(true)) },
	} {
		t.Run(name, func(t *testing.T) {
			p, c := newProvider(t), newComputer(t)
			signedIn(t, p, c.run(true))
			signedIn(t, p, c.opened(false))
			if n := len(p.alive()); n != 2 {
				t.Fatalf("%d sign-ins live", n)
			}
			s := last(c, p)
			access(t, s)
			if n := len(p.alive()); n != 1 {
				t.Errorf("%d sign-ins live, of which one is held", n)
			}
			if err := s.SignOut(t.Context()); err != nil || len(p.alive()) != 0 {
				t.Errorf("signed out: %v, and %d live", err, len(p.alive()))
			}
			if _, err := c.keyring.Memory.Get(t.Context(), p.URL+"|u1|before"); !errors.Is(err, credentials.ErrNotFound) {
				t.Errorf("what was put aside: %v", err)
			}
		})
	}
}

// A sign-out ends those too that came to light only now.
func TestASignOutEndsWhatTheKeyringHadBefore(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	signedIn(t, p, c.run(true))
	s := signedIn(t, p, c.opened(false))
	c.keyring.gone = false
	if err := s.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(p.alive()); n != 0 {
		t.Errorf("%d sign-ins live", n)
	}
}

// A refresh token that was used up would end its sign-in if it came back (RFC 9700, section 4.14.2).
func TestWhatWasRenewedIntoTheFileIsNotSentAgainFromTheKeyring(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	signedIn(t, p, c.run(true))
	c.resume(p, c.opened(true))
	s, _ := newSession(p, c.run(true)) // the passphrase is not given
	if err := s.Resume(t.Context(), "u1"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("without the passphrase: %v", err)
	}
	c.resume(p, c.opened(true))
	if n := len(p.alive()); n != 1 {
		t.Errorf("%d sign-ins live", n)
	}
}

// The place says nothing of the time: without the passphrase the newer one goes into the keyring.
func TestOfTwoSignInsTheLaterOneLivesOn(t *testing.T) {
	for name, before := range map[string]func(*provider, *session.Session){
		"signed in": func(*provider, *session.Session) {},
		"signed out, not confirmed": func(p *provider, s *session.Session) {
			p.bend(func() { p.revoke = unavailable })
			_ = s.SignOut(t.Context())
			p.bend(func() { p.revoke = nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, c, now := newProvider(t), newComputer(t), time.Now()
			before(p, signedIn(t, p, c.opened(true)))
			f := c.run(true)
			later := signedIn(t, p, f, func(cfg *session.Config) { cfg.Clock = func() time.Time { return now.Add(time.Minute) } })
			held := access(t, later)
			if err := f.OpenFile(t.Context(), client.NewSecret("a passphrase of mine")); err != nil {
				t.Fatal(err)
			}
			if err := p.finish(t, f, "u1"); err != nil {
				t.Fatal(err)
			}
			s := c.resume(p, c.opened(true))
			if access(t, s) == held || len(p.alive()) != 1 {
				t.Errorf("%d sign-ins live", len(p.alive()))
			}
			c.resume(p, c.opened(true))
			if n := len(p.alive()); n != 1 {
				t.Errorf("after one more start %d sign-ins live", n)
			}
		})
	}
}

// What is in memory only is over with the program, and nobody would ever end it.
func TestASignInThatIsOnlyInMemoryEndsWithTheProgram(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	kept := signedIn(t, p, c.run(true))
	if <-kept.EndUnkept(t.Context()) || len(p.alive()) != 1 {
		t.Error("one that is kept was ended")
	}
	s := signedIn(t, p, c.run(false))
	if !<-s.EndUnkept(t.Context()) || len(p.alive()) != 1 {
		t.Errorf("%d sign-ins live", len(p.alive()))
	}
	access(t, c.resume(p, c.run(true)))
}

func TestOfTwoSignInsInOneSecondTheLaterOneLivesOn(t *testing.T) {
	p, c, now := newProvider(t), newComputer(t), time.Now().Truncate(time.Second)
	at := func(d time.Duration) func(*session.Config) {
		return func(cfg *session.Config) { cfg.Clock = func() time.Time { return now.Add(d) } }
	}
	signedIn(t, p, c.opened(true), at(0))
	f := c.run(true)
	later := signedIn(t, p, f, at(time.Millisecond))
	held := stored(t, f, p.URL+"|u1")["refresh_token"]
	access(t, later)
	if err := f.OpenFile(t.Context(), client.NewSecret("a passphrase of mine")); err != nil {
		t.Fatal(err)
	}
	c.resume(p, f)
	p.bend(func() {
		if len(p.revoked) != 1 || p.revoked[0] == held {
			t.Errorf("ended %q; the later one is %q", p.revoked, held)
		}
	})
}

// A pasted token is not renewed, and yet ends what it takes the place of.
func TestAPastedTokenEndsTheSignInThatItShadows(t *testing.T) {
	p, c := newProvider(t), newComputer(t)
	signedIn(t, p, c.run(true))
	f := c.opened(false)
	pasted, _ := newSession(p, f)
	if err := pasted.UseToken(t.Context(), client.NewSecret("pasted"), session.Identity{Subject: "u1"}); err != nil {
		t.Fatal(err)
	}
	c.keyring.gone = false
	c.resume(p, f)
	if n := len(p.alive()); n != 0 {
		t.Errorf("%d sign-ins live that nobody holds", n)
	}
}

// unanswered is a keyring whose prompt was dismissed once, and is not answered any more.
type unanswered struct{ away }

func (*unanswered) Get(ctx context.Context, _ string) (client.Secret, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		return client.Secret{}, credentials.ErrDismissed
	}
	<-ctx.Done()
	return client.Secret{}, credentials.ErrTimeout
}

func (*unanswered) Set(context.Context, string, client.Secret) error { return credentials.ErrDismissed }

// The server is told, whether or not somebody answers the keyring.
func TestASignOutEndsWhatItHoldsBehindAPromptThatNobodyAnswers(t *testing.T) {
	p := newProvider(t)
	s := signedIn(t, p, credentials.NewFallback(&unanswered{}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var part *client.SignOutError
	if err := s.SignOut(ctx); !errors.As(err, &part) || part.Revoke != nil || part.Delete == nil {
		t.Errorf("signed out: %v", err)
	}
	if n := len(p.alive()); n != 0 {
		t.Errorf("%d sign-ins live", n)
	}
}

// A lock that comes while a start ends what is shadowed drops what is in memory, and
// nothing that is stored.
func TestALockInMidResumeDeletesNothing(t *testing.T) {
	for range 20 {
		p, c := newProvider(t), newComputer(t)
		signedIn(t, p, c.run(true))
		signedIn(t, p, c.opened(false))
		f := c.opened(true)
		var s *session.Session
		var once sync.Once
		locked := make(chan bool)
		lock := func() {
			defer close(locked)
			s.Lock()
		}
		s, _ = newSession(p, f, func(cfg *session.Config) {
			next := p.Client().Transport
			cfg.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/token" {
					once.Do(func() { go lock() })
				}
				return next.RoundTrip(r)
			})}
		})
		_ = s.Resume(t.Context(), "u1") // either may come first
		<-locked
		if stored(t, f, p.URL+"|u1") == nil {
			t.Fatalf("the credential is deleted, and %d sign-ins live", len(p.alive()))
		}
	}
}
