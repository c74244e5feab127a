// Package local fits the built-in server to the desktop: it starts when it is
// first asked for, belongs to the operating system's user, and its failures
// are told in the desktop's terms.
package local

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"sync"

	"keyfob/client"
	"keyfob/server/builtin"
	"keyfob/server/instance"
	"keyfob/server/store"
)

// Server is the built-in server, running or not yet.
type Server struct {
	cfg builtin.Config

	mu      sync.Mutex
	running *builtin.Server
}

// New makes a Server on the data directory; nothing is opened yet.
func New(dir, version string) *Server {
	return &Server{cfg: builtin.Config{Dir: dir, Version: version, User: currentUser()}}
}

// Start starts it if it does not run yet, and answers its address. Errors:
// client.ErrDataInUse, client.ErrDataUnwritable, client.ErrDataNewer.
func (s *Server) Start(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		// A start is finished once begun: a person who stops waiting must not
		// leave half a server.
		running, err := builtin.Start(context.WithoutCancel(ctx), s.cfg)
		if err != nil {
			return "", meaning(err)
		}
		s.running = running
	}
	return s.running.URL(), nil
}

// SignIn answers a refresh token of the server's administrator.
func (s *Server) SignIn(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return "", fmt.Errorf("%w: the built-in server does not run", client.ErrOffline)
	}
	return s.running.SignIn(ctx)
}

// Close stops it, if it runs.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.Close(ctx)
	s.running = nil
	return err
}

// meaning translates the server's errors, which the desktop does not know.
func meaning(err error) error {
	for server, desktop := range map[error]error{
		instance.ErrInUse:       client.ErrDataInUse,
		instance.ErrNotWritable: client.ErrDataUnwritable,
		store.ErrNewer:          client.ErrDataNewer,
	} {
		if errors.Is(err, server) {
			return fmt.Errorf("%w: %w", desktop, err)
		}
	}
	return fmt.Errorf("%w: %w", client.ErrServer, err)
}

// currentUser is whose desktop it is, as the operating system names them.
func currentUser() builtin.User {
	u, err := user.Current()
	if err != nil {
		return builtin.User{Login: "me", Name: "Me"}
	}
	login := u.Username[strings.LastIndexAny(u.Username, `\/`)+1:] // Windows says DOMAIN\name
	name, _, _ := strings.Cut(u.Name, ",")                         // the passwd file's name field has more
	if strings.TrimSpace(name) == "" {
		name = login
	}
	return builtin.User{Login: strings.ToLower(login), Name: name}
}
