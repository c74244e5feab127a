// Package connect turns an address, or the built-in server, into a Connection:
// one server and one account, signed in. It remembers which connection was
// last, without its credential: that is in the operating system's keyring
// (package credentials) and is read again by Resume.
//
// A Connection answers every call of rest.Client. When its sign-in has expired
// in the middle of a call, it is renewed first: silently for the built-in
// server, by asking the person for another one. The interrupted call then runs
// once.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/rest"
	"keyfob/client/session"
)

// ErrNone says that there is no connection to resume.
var ErrNone = errors.New("no connection remembered")

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
	Dir         string // where the last connection is remembered; no secret is written here
	BuiltIn     BuiltIn
	Credentials credentials.Store
	HTTP        *http.Client
	OpenBrowser func(url string) error
}

// Connector makes connections.
type Connector struct {
	cfg Config

	mu  sync.Mutex
	ask func(context.Context, *Connection) error
}

// New makes a Connector.
func New(cfg Config) *Connector { return &Connector{cfg: cfg} }

// OnExpired sets what is called when the sign-in of a connection has expired
// and only the person can renew it, by SignInAgain. A nil error says it was.
func (c *Connector) OnExpired(ask func(context.Context, *Connection) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ask = ask
}

// Connection is one server and one account, signed in.
type Connection struct {
	*rest.Client
	Saved
	Server  rest.Server
	Unsaved error // why this connection will not be remembered; nil if it will

	session *session.Session
	owner   *Connector
}

// UseBuiltIn starts the built-in server and signs in as its administrator.
func (c *Connector) UseBuiltIn(ctx context.Context) (*Connection, error) {
	conn, err := c.builtIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.adopt(ctx); err != nil {
		return nil, err
	}
	conn.Unsaved = c.remember(conn.Saved)
	return conn, nil
}

// SignIn discovers the server at address and signs in through the system's
// browser.
func (c *Connector) SignIn(ctx context.Context, address string) (*Connection, error) {
	conn, err := c.open(ctx, Saved{Address: address})
	if err != nil {
		return nil, err
	}
	if err := conn.SignInAgain(ctx); err != nil {
		return nil, err
	}
	conn.Unsaved = c.remember(conn.Saved)
	return conn, nil
}

// Resume opens the last connection with the credential that was kept for it.
// It answers ErrNone if there is none or its credential was not kept,
// client.ErrKeyring if the keyring does not give it, and
// client.ErrSignInExpired if the server no longer takes it.
func (c *Connector) Resume(ctx context.Context) (*Connection, error) {
	last, err := c.Last()
	if err != nil {
		return nil, err
	}
	var conn *Connection
	if last.BuiltIn {
		conn, err = c.builtIn(ctx)
	} else {
		conn, err = c.open(ctx, last)
	}
	if err != nil {
		return nil, err
	}
	conn.Subject, conn.Login, conn.Name = last.Subject, last.Login, last.Name
	return conn, keyringError(ctx, conn.session.Resume(ctx, last.Subject))
}

// keyringError tells a keyring that has nothing, or is not there, from one
// that holds back what it has.
func keyringError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, credentials.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNone, err)
	case errors.Is(err, credentials.ErrDismissed):
		return fmt.Errorf("%w: %w", client.ErrKeyring, err)
	case errors.Is(err, credentials.ErrUnavailable) && credentials.Probe(ctx) != nil:
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	for _, kind := range []error{credentials.ErrUnavailable, credentials.ErrTimeout, credentials.ErrNotDeleted} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%w: %w", client.ErrKeyring, err)
		}
	}
	return err
}

func (c *Connector) builtIn(ctx context.Context) (*Connection, error) {
	address, err := c.cfg.BuiltIn.Start(ctx)
	if err != nil {
		return nil, err
	}
	return c.open(ctx, Saved{BuiltIn: true, Address: address})
}

// open discovers the server of s; the connection is not signed in yet.
func (c *Connector) open(ctx context.Context, s Saved) (*Connection, error) {
	server, err := rest.Discover(ctx, s.Address, c.cfg.HTTP)
	if err != nil {
		return nil, err
	}
	conn := &Connection{Saved: s, Server: server, owner: c}
	conn.Address = server.Address
	conn.session = session.New(session.Config{
		Issuer:         server.Issuer,
		ClientID:       desktopClient,
		HTTP:           c.cfg.HTTP,
		Credentials:    c.cfg.Credentials,
		OpenBrowser:    c.cfg.OpenBrowser,
		Reauthenticate: conn.renew,
	})
	conn.Client = rest.New(server, conn.session, c.cfg.HTTP)
	return conn, nil
}

// SignInAgain signs the same account in through the browser, after its sign-in
// expired. With another one it answers client.ErrOtherAccount and changes
// nothing: the screens show what belongs to this one.
func (c *Connection) SignInAgain(ctx context.Context) error {
	who, err := c.session.SignIn(ctx)
	if err != nil {
		return err
	}
	c.become(who)
	return nil
}

// SignOut ends the sign-in at the server, deletes its credential and forgets
// the connection. Its error says which of these failed.
func (c *Connection) SignOut(ctx context.Context) error {
	return errors.Join(keyringError(ctx, c.session.SignOut(ctx)), c.owner.forget())
}

func (c *Connection) adopt(ctx context.Context) error {
	refresh, err := c.owner.cfg.BuiltIn.SignIn(ctx)
	if err != nil {
		return err
	}
	who, err := c.session.Adopt(ctx, client.NewSecret(refresh))
	if err != nil {
		return err
	}
	c.become(who)
	return nil
}

func (c *Connection) become(who session.Identity) {
	c.Subject, c.Login, c.Name = who.Subject, who.Login, who.Name
}

// renew is what the session calls when the server no longer takes its credential.
func (c *Connection) renew(ctx context.Context) error {
	if c.BuiltIn {
		return c.adopt(ctx)
	}
	c.owner.mu.Lock()
	ask := c.owner.ask
	c.owner.mu.Unlock()
	if ask == nil {
		return client.ErrSignInExpired
	}
	return ask(ctx, c)
}
