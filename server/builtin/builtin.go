// Package builtin is the token server inside the desktop program: one person's
// own, on 127.0.0.1, with no password and nothing to set up. That person is its
// administrator, signed in with one click; the data directory's permissions are
// what guards it.
//
// Its address stays the same over restarts, since credentials are kept under
// it: the port is noted in the data directory and asked for again.
package builtin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"keyfob/server"
	"keyfob/server/instance"
)

// User is the person whose desktop it is.
type User struct {
	Login string // the operating system's, such as ada
	Name  string
}

// Config says where the server keeps its data and whose it is.
type Config struct {
	Dir     string
	Version string
	Log     *slog.Logger
	Port    int // wanted at the first start; 0: any that is free
	User    User
	Clock   func() time.Time
}

// Server is the running built-in server.
type Server struct {
	instance *instance.Instance
	url      string
	userID   string
	stop     context.CancelFunc
	stopped  chan error
}

// state is what is noted in builtin.json.
type state struct {
	Port   int    `json:"port"`
	UserID string `json:"userId"` // empty: not seeded yet
}

// Start opens the directory, making it the first time, and serves it. It
// answers instance.ErrInUse, instance.ErrNotWritable or store.ErrNewer.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	path := filepath.Join(c.Dir, "builtin.json")
	st, err := readState(path)
	if err != nil {
		return nil, err
	}
	ln, err := listen(ctx, cmp.Or(st.Port, c.Port))
	if err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + ln.Addr().String(), stopped: make(chan error, 1)}
	s.instance, err = instance.Open(ctx, instance.Config{
		Dir: c.Dir, PublicURL: s.url, Name: "Built-in server", Version: c.Version, Log: c.Log, Clock: c.Clock,
	})
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	st.Port = ln.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // listen makes TCP listeners
	if err := s.settle(ctx, c.User, &st, path); err != nil {
		return nil, errors.Join(err, ln.Close(), s.instance.Close(ctx))
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go func() { s.stopped <- server.Serve(serving, ln, s.instance.Handler, c.Log) }()
	return s, nil
}

// settle seeds a new directory, ends what a killed program was given and nobody
// got to know, and notes where the server listens.
func (s *Server) settle(ctx context.Context, who User, st *state, path string) (err error) {
	if st.UserID == "" {
		if st.UserID, err = seed(ctx, s.instance, who); err != nil {
			return fmt.Errorf("setting up the built-in server: %w", err)
		}
	}
	s.userID = st.UserID
	return errors.Join(s.instance.SignIn.EndUnused(ctx, s.userID), writeState(path, *st))
}

// URL is where the server answers, such as http://127.0.0.1:38642.
func (s *Server) URL() string { return s.url }

// SignIn signs the person in and gives the refresh token, without a browser:
// who can run this program as that person needs no further proof.
func (s *Server) SignIn(ctx context.Context) (refreshToken string, err error) {
	return s.instance.SignIn.SignInLocally(ctx, s.userID)
}

// Close finishes what was begun and lets go of the directory.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	return errors.Join(<-s.stopped, s.instance.Close(ctx))
}

// listen takes the wanted port, or any that is free if another program has it.
func listen(ctx context.Context, port int) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil && port != 0 {
		ln, err = lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listening on 127.0.0.1: %w", err)
	}
	return ln, nil
}

func readState(path string) (state, error) {
	var st state
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return st, fmt.Errorf("%w: %w", instance.ErrNotWritable, err)
	}
	if err := json.Unmarshal(body, &st); err != nil {
		return state{}, nil //nolint:nilerr // damaged: what it noted is found again (seed) or chosen anew (port)
	}
	return st, nil
}

// writeState writes aside and renames, so that a crash leaves the old or the new.
func writeState(path string, st state) error {
	body, err := json.Marshal(st)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".builtin-*")
	if err != nil {
		return fmt.Errorf("%w: %w", instance.ErrNotWritable, err)
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", instance.ErrNotWritable, err), os.Remove(f.Name()))
	}
	return nil
}
