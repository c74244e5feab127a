// Package testserver gives tests of the desktop a real token server over HTTP,
// signed in: the built-in one, on a data directory and a clock of the test's.
package testserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/server/builtin"
)

// Now is the moment at which a test server's clock starts.
var Now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// Server is a token server that belongs to one test.
type Server struct {
	Clock     *Clock
	Connector *connect.Connector
	Kept      *credentials.Memory

	OpenBrowser func(address string) error // nil: there is no browser

	cfg     builtin.Config
	running *builtin.Server
}

// Start makes a server and stops it when the test ends. Its administrator is
// Ada Admin, login ada; it has the one app Local scripts.
func Start(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{Clock: &Clock{now: Now}, Kept: &credentials.Memory{}}
	s.cfg = builtin.Config{
		Dir: filepath.Join(dir, "data"), Version: "test", Clock: s.Clock.Now,
		User: builtin.User{Login: "ada", Name: "Ada Admin"},
	}
	s.Connector = connect.New(connect.Config{
		Dir: filepath.Join(dir, "config"), BuiltIn: s, Credentials: s.Kept, HTTP: &http.Client{},
		OpenBrowser: s.browse,
	})
	t.Cleanup(func() { s.Stop(t) })
	return s
}

func (s *Server) browse(address string) error {
	if s.OpenBrowser == nil {
		return errors.New("there is no browser")
	}
	return s.OpenBrowser(address)
}

// RefreshToken is the credential that the keyring holds of a connection.
func (s *Server) RefreshToken(t testing.TB, issuer, subject string) string {
	t.Helper()
	kept, err := s.Kept.Get(t.Context(), issuer+"|"+subject)
	if err != nil {
		t.Fatal(err)
	}
	var credential struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(kept.Reveal()), &credential); err != nil || credential.RefreshToken == "" {
		t.Fatalf("no refresh token is kept: %v", err)
	}
	return credential.RefreshToken
}

// Connect signs in at the server.
func (s *Server) Connect(t testing.TB) *connect.Connection {
	t.Helper()
	conn, err := s.Connector.UseBuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Start starts the server, as connect.BuiltIn asks for.
func (s *Server) Start(ctx context.Context) (string, error) {
	if s.running == nil {
		running, err := builtin.Start(ctx, s.cfg)
		if err != nil {
			return "", err
		}
		s.running = running
	}
	return s.running.URL(), nil
}

// SignIn signs its administrator in, as connect.BuiltIn asks for.
func (s *Server) SignIn(ctx context.Context) (string, error) { return s.running.SignIn(ctx) }

// Stop stops the server: it is gone for its clients until Start.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.running == nil {
		return
	}
	if err := s.running.Close(context.Background()); err != nil {
		t.Error("stopping the test server:", err)
	}
	s.running = nil
}

// Clock is a clock that tests move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}
