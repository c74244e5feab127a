package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
	"keyfob/internal/testserver"
)

// This file is the program that is killed: the test binary, started again by
// kill_test.go. It does at random what a person does with the desktop, and
// dies at the step that it was told.

const killedEnv = "KEYFOB_TEST_KILLED" // issuer|folder|seed|step|way|pasted|subject

func TestMain(m *testing.M) {
	if told := os.Getenv(killedEnv); told != "" {
		if err := beKilled(told); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1) // it was to be killed before
	}
	os.Exit(m.Run())
}

func beKilled(told string) error {
	part := strings.Split(told, "|")
	seed, _ := strconv.ParseUint(part[2], 10, 64)
	step, _ := strconv.ParseInt(part[3], 10, 64)
	rng := rand.New(rand.NewPCG(seed, 0))
	f := &fuse{delay: time.Duration(rng.IntN(2)*rng.IntN(2000)) * time.Microsecond}
	f.left.Store(step)
	d := desk{
		issuer: part[0], folder: part[1], fuse: f, way: part[4], pasted: part[5], ada: part[6],
		show: func(p session.DevicePrompt) { _, _ = fmt.Println(p.CompleteURL) }, // to the phone
	}
	s, err := d.start(context.Background())
	for err == nil {
		switch rng.IntN(4) {
		case 0:
			_, err = d.enter(context.Background(), s)
		case 1:
			if err = d.signOut(context.Background(), s); err == nil {
				err = d.signIn(context.Background(), s)
			}
		default:
			err = d.renew(context.Background(), s)
		}
	}
	return err
}

func (d desk) renew(ctx context.Context, s *session.Session) error {
	token, err := s.AccessToken(ctx)
	if err == nil {
		s.Rejected(ctx, token)
		_, err = s.AccessToken(ctx)
	}
	if token.Reveal() == d.pasted && errors.Is(err, client.ErrSignInExpired) {
		_, err = d.enter(ctx, s) // nothing renews that one
	}
	return err
}

// fuse kills the program at a step: before and after each request, and each
// touch of the disk. With a delay it dies somewhere in what follows.
type fuse struct {
	left  atomic.Int64
	delay time.Duration
}

func (f *fuse) step() {
	if f == nil || f.left.Add(-1) != 0 {
		return
	}
	die := func() {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = self.Kill()
		}
		select {} // it takes a moment
	}
	if f.delay == 0 {
		die()
	}
	time.AfterFunc(f.delay, die)
}

func (f *fuse) RoundTrip(r *http.Request) (*http.Response, error) {
	f.step()
	resp, err := http.DefaultTransport.RoundTrip(r)
	f.step()
	return resp, err
}

// desk is one person's computer: a keyring, and which account was last.
type desk struct {
	issuer, folder string
	fuse           *fuse

	way, pasted, ada string // how Ada signs in, a token of hers, and her id
	show             func(session.DevicePrompt)
}

func (d desk) config() session.Config {
	return session.Config{
		Issuer: d.issuer, ClientID: clientID, HTTP: &http.Client{Transport: d.fuse}, Credentials: &drawer{d.folder, d.fuse},
		OpenBrowser: (&person{password: testserver.Password, pages: make(chan shown, 100)}).open,
	}
}

// start is what a start of the desktop does: finish what was left, sign in as
// before, or ask the person.
func (d desk) start(ctx context.Context) (*session.Session, error) {
	s := session.New(d.config())
	asked, err := d.resume(ctx, s)
	if asked {
		err = d.signIn(ctx, s)
	}
	return s, err
}

func (d desk) resume(ctx context.Context, s *session.Session) (asked bool, err error) {
	last := d.last()
	if err := session.Finish(ctx, d.config(), last...); err != nil {
		return false, fmt.Errorf("finishing: %w", err)
	}
	if len(last) == 0 {
		return true, nil
	}
	err = s.Resume(ctx, last[0])
	if errors.Is(err, credentials.ErrNotFound) || errors.Is(err, client.ErrSignInExpired) {
		return true, nil
	}
	return false, err
}

func (d desk) signIn(ctx context.Context, s *session.Session) error {
	who, err := d.enter(ctx, s)
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	return (&drawer{d.folder, d.fuse}).put("last", who.Subject)
}

// enter signs in by the way of the desk.
func (d desk) enter(ctx context.Context, s *session.Session) (session.Identity, error) {
	switch d.way {
	case byDevice:
		return s.SignInByDevice(ctx, d.show)
	case builtIn:
		refresh, err := d.handedOut(ctx)
		if err != nil {
			return session.Identity{}, err
		}
		return s.Adopt(ctx, refresh)
	case byToken:
		who := session.Identity{Subject: d.ada, Login: "ada", Name: "Ada Admin"}
		return who, s.UseToken(ctx, client.NewSecret(d.pasted), who)
	}
	return s.SignIn(ctx)
}

// handedOut is what the server in the program gives without a question.
func (d desk) handedOut(ctx context.Context) (client.Secret, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(d.issuer, "/id")+handOut, http.NoBody)
	if err != nil {
		return client.Secret{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return client.Secret{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return client.NewSecret(string(b)), err
}

func (d desk) signOut(ctx context.Context, s *session.Session) error {
	if err := s.SignOut(ctx); err != nil {
		return err
	}
	d.fuse.step()
	return os.Remove(filepath.Join(d.folder, "last"))
}

func (d desk) last() []string {
	b, err := os.ReadFile(filepath.Join(d.folder, "last"))
	if err != nil {
		return nil
	}
	return []string{string(b)}
}

// drawer is a keyring as far as a crash goes: each write is whole or not there.
type drawer struct {
	folder string
	fuse   *fuse
}

func (d *drawer) file(key string) string {
	return filepath.Join(d.folder, fmt.Sprintf("%x", key))
}

func (d *drawer) Get(_ context.Context, key string) (client.Secret, error) {
	b, err := os.ReadFile(d.file(key))
	if errors.Is(err, os.ErrNotExist) {
		return client.Secret{}, credentials.ErrNotFound
	}
	return client.NewSecret(string(b)), err
}

func (d *drawer) Set(_ context.Context, key string, s client.Secret) error {
	if len(s.Reveal()) > credentials.MaxSize {
		return credentials.ErrTooBig
	}
	return d.put(filepath.Base(d.file(key)), s.Reveal())
}

func (d *drawer) put(name, text string) error {
	d.fuse.step()
	f, err := os.CreateTemp(d.folder, "new-*")
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	err = errors.Join(err, f.Close(), os.Rename(f.Name(), filepath.Join(d.folder, name)))
	d.fuse.step()
	return err
}

func (d *drawer) Delete(_ context.Context, key string) error {
	d.fuse.step()
	err := os.Remove(d.file(key))
	d.fuse.step()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
