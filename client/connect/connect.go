// Package connect turns an address, or the built-in server, into a Connection:
// one server and one account, signed in. It remembers the connections in a list
// of the person's order, without their credentials: those are in the operating
// system's keyring (package credentials) and are read again by Use and Resume.
//
// A Connection answers every call of rest.Client, until Close ends them all:
// the screens of one connection are dropped when another comes on screen. The
// sign-in below it stays, so that coming back asks nobody. When it has expired
// in the middle of a call, it is renewed first: silently for the built-in
// server, by asking the person for another one. The interrupted call then runs
// once.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/internal/transport"
	"keyfob/client/rest"
	"keyfob/client/session"
)

// ErrNone says that there is no connection to resume.
var ErrNone = errors.New("no connection remembered")

// ErrQuit is an ErrNone: nothing kept the sign-in, so it was ended with the program.
var ErrQuit = fmt.Errorf("%w: it was in memory, and ended with the program", ErrNone)

// desktopClient is the OAuth client id that Keyfob has at every token server.
const desktopClient = "keyfob-desktop"

// BuiltIn is the token server inside the program.
type BuiltIn interface {
	// Start starts it if it does not run yet, and answers its address.
	Start(context.Context) (address string, err error)
	// SignIn answers a refresh token of its administrator.
	SignIn(context.Context) (string, error)
}

// Config is what a Connector works with.
type Config struct {
	Dir         string // where the list of connections is; no secret is written here
	BuiltIn     BuiltIn
	Credentials credentials.Store
	HTTP        *http.Client
	OpenBrowser func(url string) error
}

// Connector makes connections and keeps the list of them. It is safe for
// concurrent use.
type Connector struct {
	cfg  Config
	file sync.Mutex // held while the file is changed

	mu       sync.Mutex
	ask      func(context.Context, *Connection) error
	accounts map[string]*account // signed in since the program started, by key
	list     *list               // nil: not read yet
	begun    map[string]int      // sign-ins under way, by issuer
	locks    int                 // how often it was locked
}

// New makes a Connector.
func New(cfg Config) *Connector {
	return &Connector{cfg: cfg, accounts: map[string]*account{}, begun: map[string]int{}}
}

// OnExpired sets what is called when the sign-in of a connection has expired
// and only the person can renew it, by SignInAgain. A nil error says it was.
func (c *Connector) OnExpired(ask func(context.Context, *Connection) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ask = ask
}

// UseBuiltIn starts the built-in server and signs in as its administrator. It
// comes back to a connection that was open since the program started, and asks
// the keyring for none: that may be waiting for its password.
func (c *Connector) UseBuiltIn(ctx context.Context) (*Connection, error) {
	if s, ok := c.savedBuiltIn(); ok && c.kept(s.Key()) != nil {
		if conn, err := c.Use(ctx, s.Key()); err == nil {
			return conn, nil
		}
	}
	before := c.locked()
	a, err := c.open(ctx, Saved{BuiltIn: true})
	if err != nil {
		return nil, err
	}
	if err := a.adopt(ctx); err != nil {
		return nil, err
	}
	return c.signedIn(a, before)
}

// Wish is a connection that a person asks for.
type Wish struct {
	Address      string
	Way          Way
	LoopbackHost string // localhost, or empty: 127.0.0.1
	CA           []byte // authorities to trust beside the system's, in PEM form
	Part
}

// SignIn discovers the server of w and signs in there. An account that is in
// the list already is not added again. With a pasted token it fails with
// client.ErrTokenRefused if the server does not take it, client.ErrTokenWeak if it
// takes it and does not say whose it is.
func (c *Connector) SignIn(ctx context.Context, w Wish) (*Connection, error) {
	before := c.locked()
	a, err := c.open(ctx, Saved{Address: w.Address, Way: w.Way, LoopbackHost: w.LoopbackHost, CA: string(w.CA)})
	if err != nil {
		return nil, err
	}
	a.another = c.hasAnother(a.snapshot())
	who, err := c.begin(ctx, a, w.Part)
	if err != nil {
		return nil, err
	}
	a.become(who)
	return c.signedIn(a, before)
}

// Resume is Use of the connection that was used last. It answers ErrNone also
// if there is none.
func (c *Connector) Resume(ctx context.Context) (*Connection, error) {
	last, err := c.Last()
	if err != nil {
		return nil, err
	}
	return c.Use(ctx, last.Key())
}

// Use opens a connection of the list with the credential that was kept for it.
// It answers ErrNone if its credential was not kept, or is in the encrypted file
// that was not opened, or with client.ErrNoKeyring may be in a keyring that is not
// there; client.ErrKeyring if the keyring does not give it,
// client.ErrSignInExpired if the server no longer takes it, and client.ErrLocked
// if a Lock came meanwhile; these with the Connection, for its SignInAgain.
func (c *Connector) Use(ctx context.Context, key string) (*Connection, error) {
	before := c.locked()
	l, err := c.read()
	if err != nil {
		return nil, err
	}
	saved, err := l.find(key)
	if err != nil {
		return nil, err
	}
	a, err := c.reopen(ctx, *saved)
	if err != nil {
		return nil, err
	}
	a.looksLike(*saved)
	conn := a.connection()
	open := a.session.Unlock // nothing to do for a sign-in that is not locked
	if a.session.Identity().Subject == "" {
		open = func(ctx context.Context) error { return a.session.Resume(ctx, saved.Subject) }
	}
	if err := keyringError(ctx, open(ctx)); err != nil {
		if saved.Revoked && errors.Is(err, ErrNone) && !errors.Is(err, client.ErrFileLocked) {
			err = ErrQuit
		}
		return conn, err
	}
	conn.Unsaved = c.remember(conn.Saved)
	return conn, c.keep(a, before)
}

// signedIn remembers what was just signed in; before is how often it had been
// locked when that was begun.
func (c *Connector) signedIn(a *account, before int) (*Connection, error) {
	locked := c.keep(a, before)
	unsaved := c.remember(a.snapshot())
	if l, err := c.read(); err == nil {
		if known, err := l.find(a.snapshot().Key()); err == nil {
			a.looksLike(*known)
		}
	}
	conn := a.connection()
	conn.Unsaved = unsaved
	return conn, locked
}

// hasAnother reports whether the list has another account of the server of s.
func (c *Connector) hasAnother(s Saved) bool {
	all, _ := c.All()
	return slices.ContainsFunc(all, func(o Saved) bool { return o.Address == s.Address && o.Subject != s.Subject })
}

func (c *Connector) savedBuiltIn() (Saved, bool) {
	all, _ := c.All()
	i := slices.IndexFunc(all, func(s Saved) bool { return s.BuiltIn })
	if i < 0 {
		return Saved{}, false
	}
	return all[i], true
}

// keep holds a, which is signed in. If a Lock came since before, it holds for a
// too, which is client.ErrLocked.
func (c *Connector) keep(a *account, before int) error {
	c.mu.Lock()
	c.accounts[a.snapshot().Key()] = a
	locks := c.locks
	c.mu.Unlock()
	if locks == before {
		return nil
	}
	a.session.Lock()
	return client.ErrLocked
}

func (c *Connector) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.accounts, key)
}

func (c *Connector) kept(key string) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accounts[key]
}

// keyringError tells a keyring that has nothing, or is not there, from one
// that holds back what it has.
func keyringError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, credentials.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNone, err)
	case errors.Is(err, credentials.ErrLocked):
		return fmt.Errorf("%w: %w: %w", ErrNone, client.ErrFileLocked, err)
	case errors.Is(err, credentials.ErrDismissed):
		return fmt.Errorf("%w: %w", client.ErrKeyring, err)
	case errors.Is(err, credentials.ErrUnavailable) && credentials.Probe(ctx) != nil:
		return fmt.Errorf("%w: %w: %w", ErrNone, client.ErrNoKeyring, err)
	}
	for _, kind := range []error{credentials.ErrUnavailable, credentials.ErrTimeout, credentials.ErrNotDeleted} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%w: %w", client.ErrKeyring, err)
		}
	}
	return err
}

// reopen is the account of s as it was left, or opened anew. A built-in server
// that came up elsewhere meanwhile is another server to the session.
func (c *Connector) reopen(ctx context.Context, s Saved) (*account, error) {
	a := c.kept(s.Key())
	if a == nil {
		return c.open(ctx, s)
	}
	if s.BuiltIn {
		address, err := c.cfg.BuiltIn.Start(ctx)
		if err != nil {
			return nil, err
		}
		if address != a.server.Address {
			return c.open(ctx, s)
		}
	}
	return a, nil
}

// open discovers the server of s; the account is not signed in yet.
func (c *Connector) open(ctx context.Context, s Saved) (*account, error) {
	if s.BuiltIn {
		address, err := c.cfg.BuiltIn.Start(ctx)
		if err != nil {
			return nil, err
		}
		s.Address = address
	}
	http, err := c.client(s)
	if err != nil {
		return nil, err
	}
	server, err := rest.Discover(ctx, s.Address, http)
	if err != nil {
		return nil, err
	}
	s.Address, s.Issuer, s.Revoked = server.Address, server.Issuer, false // what is signed in has not ended
	a := &account{owner: c, server: server, saved: s, http: http}
	cfg := c.session(s, http)
	cfg.OpenBrowser, cfg.Reauthenticate = a.browse, a.renew
	a.session = session.New(cfg)
	return a, nil
}

// client is what speaks to the server of s.
func (c *Connector) client(s Saved) (*http.Client, error) {
	if s.CA == "" {
		return c.cfg.HTTP, nil
	}
	return transport.WithCA(c.cfg.HTTP, []byte(s.CA))
}

func (c *Connector) session(s Saved, http *http.Client) session.Config {
	return session.Config{
		Issuer: s.Issuer, ClientID: desktopClient, HTTP: http, Credentials: c.cfg.Credentials,
		LoopbackHost: s.LoopbackHost,
	}
}

// Certificates are those in a file in PEM form, for a person to compare. It
// fails with client.ErrNoCertificate.
func Certificates(file []byte) ([]client.Certificate, error) { return transport.Certificates(file) }
