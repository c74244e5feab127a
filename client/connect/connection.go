package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"keyfob/client"
	"keyfob/client/rest"
	"keyfob/client/session"
)

// Connection is one server and one account, signed in, for as long as it is on
// screen.
type Connection struct {
	*rest.Client
	Saved
	Server  rest.Server
	Unsaved error // why this connection will not be remembered; nil if it will

	account *account
}

// account is what lies below a Connection and outlives it: the sign-in.
type account struct {
	owner   *Connector
	server  rest.Server
	session *session.Session
	http    *http.Client
	another bool // the browser may know another account of this server

	mu     sync.Mutex
	saved  Saved
	latest *Connection // whom an expired sign-in concerns
}

func (a *account) snapshot() Saved {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.saved
}

// looksLike takes over what the person chose in the list.
func (a *account) looksLike(s Saved) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saved.Label, a.saved.Colour = s.Label, s.Colour
}

// connection makes the account's next one.
func (a *account) connection() *Connection {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.latest = &Connection{
		Client: rest.New(a.server, a.session, a.http), Saved: a.saved, Server: a.server, account: a,
	}
	return a.latest
}

// SignInAgain signs the same account in by the connection's way, after its
// sign-in expired. With another one it answers client.ErrOtherAccount and
// changes nothing: the screens show what belongs to this one.
func (c *Connection) SignInAgain(ctx context.Context, p Part) error {
	a := c.account
	before := a.owner.locked()
	a.another = a.owner.hasAnother(a.snapshot())
	who, err := a.signIn(ctx, p)
	if err != nil {
		return err
	}
	// The session lets another account in where it knew of none: its
	// credential was lost.
	if who.Subject != a.snapshot().Subject {
		return errors.Join(client.ErrOtherAccount, a.session.SignOut(ctx))
	}
	a.become(who)
	a.owner.setRevoked(c.Key(), false)
	return a.owner.keep(a, before)
}

// Remember notes that the connection is the one in use, and how the server names
// the account now. The Connection itself is left to who shows it. An error says
// that it will not be remembered.
func (c *Connection) Remember(login, name string) error {
	a := c.account
	a.mu.Lock()
	a.saved.Login, a.saved.Name = login, name
	a.mu.Unlock()
	if l, err := a.owner.read(); err == nil && l.hasInUse(c.Key(), login, name) {
		return c.Unsaved
	}
	return a.owner.edit(func(l *list) error { return l.use(c.Key(), login, name) })
}

// SignOut is Remove of this connection.
func (c *Connection) SignOut(ctx context.Context) error {
	c.Close()
	return c.account.owner.Remove(ctx, c.Saved)
}

func (a *account) adopt(ctx context.Context) error {
	refresh, err := a.owner.cfg.BuiltIn.SignIn(ctx)
	if err != nil {
		return err
	}
	who, err := a.session.Adopt(ctx, client.NewSecret(refresh))
	if err != nil {
		return err
	}
	a.become(who)
	return nil
}

func (a *account) become(who session.Identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saved.Subject, a.saved.Login, a.saved.Name = who.Subject, who.Login, who.Name
}

// renew is what the session calls when the server no longer takes its credential.
func (a *account) renew(ctx context.Context) error {
	if a.snapshot().BuiltIn {
		return a.adopt(ctx)
	}
	a.owner.mu.Lock()
	ask := a.owner.ask
	a.owner.mu.Unlock()
	a.mu.Lock()
	conn := a.latest
	a.mu.Unlock()
	if ask == nil || conn == nil {
		return fmt.Errorf("%w: nobody can be asked", client.ErrSignInExpired)
	}
	return ask(ctx, conn)
}
