package connect

import (
	"context"
	"errors"
	"fmt"
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
		Client: rest.New(a.server, a.session, a.owner.cfg.HTTP), Saved: a.saved, Server: a.server, account: a,
	}
	return a.latest
}

// SignInAgain signs the same account in through the browser, after its sign-in
// expired. With another one it answers client.ErrOtherAccount and changes
// nothing: the screens show what belongs to this one.
func (c *Connection) SignInAgain(ctx context.Context) error {
	a := c.account
	who, err := a.session.SignIn(ctx)
	if err != nil {
		return err
	}
	return a.same(ctx, who)
}

// same refuses a sign-in of another account than the connection's, which can
// come about where the session knew of none: its credential was lost.
func (a *account) same(ctx context.Context, who session.Identity) error {
	if who.Subject != a.snapshot().Subject {
		return errors.Join(client.ErrOtherAccount, a.session.SignOut(ctx))
	}
	a.become(who)
	a.owner.keep(a)
	return nil
}

// SignOut ends the sign-in at the server, deletes its credential and forgets
// the connection. Its error says which of these failed.
func (c *Connection) SignOut(ctx context.Context) error {
	c.Close()
	owner, key := c.account.owner, c.Key()
	owner.drop(key)
	err := keyringError(ctx, c.account.session.SignOut(ctx))
	if forgotten := owner.forget(key); !errors.Is(forgotten, client.ErrNotFound) {
		err = errors.Join(err, forgotten)
	}
	return err
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
