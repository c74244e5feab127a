package connect

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"keyfob/client"
	"keyfob/client/rest"
	"keyfob/client/session"
)

// DevicePrompt is what a person needs to sign in from another device.
type DevicePrompt = session.DevicePrompt

// Part is what a way of signing in needs of the person who is there.
type Part struct {
	Show  func(DevicePrompt) // Device: puts the code on screen; must not block
	Token client.Secret      // Token: what was pasted
}

func (a *account) signIn(ctx context.Context, p Part) (session.Identity, error) {
	switch a.snapshot().Way {
	case Device:
		return a.session.SignInByDevice(ctx, p.Show)
	case Token:
		return a.paste(ctx, p.Token)
	}
	return a.session.SignIn(ctx)
}

// paste keeps a token once the server has said whose it is and has shown it the
// tokens: it may take the place of a sign-in that works.
func (a *account) paste(ctx context.Context, token client.Secret) (session.Identity, error) {
	asking := rest.New(a.server, pasted{token}, a.http)
	defer asking.Close()
	me, err := asking.Me(ctx)
	if err != nil {
		return session.Identity{}, ofToken(err)
	}
	if _, err := asking.ProfileTokens(ctx); err != nil {
		return session.Identity{}, ofToken(err)
	}
	who := session.Identity{Issuer: a.server.Issuer, Subject: me.ID, Login: me.Login, Name: me.Name}
	return who, a.session.UseToken(ctx, token, who)
}

// ofToken is what err says about the token that was asked with: there is no
// account yet that it could be about.
func ofToken(err error) error {
	var p *client.Problem
	switch {
	case errors.Is(err, client.ErrSignInExpired):
		return client.ErrTokenRefused
	case errors.Is(err, client.ErrDenied) && errors.As(err, &p):
		return &client.Problem{Kind: client.ErrTokenWeak, Detail: p.Detail, RequestID: p.RequestID}
	}
	return err
}

// ProfileTokens is that of rest.Client. A pasted token that signs in may not list
// tokens any more: that is client.ErrTokenNarrow, and nothing that the account lacks.
func (c *Connection) ProfileTokens(ctx context.Context) ([]client.Token, error) {
	all, err := c.Client.ProfileTokens(ctx)
	var p *client.Problem
	if c.Way == Token && errors.Is(err, client.ErrDenied) && errors.As(err, &p) {
		err = &client.Problem{Kind: client.ErrTokenNarrow, Detail: p.Detail, RequestID: p.RequestID}
	}
	return all, err
}

// pasted is the source of the calls that ask what a token is good for.
type pasted struct{ token client.Secret }

func (p pasted) AccessToken(context.Context) (client.Secret, error) { return p.token, nil }

func (pasted) Rejected(context.Context, client.Secret) {}

// browse opens the browser. One that knows another account of the server is
// told to ask all the same (OpenID Connect Core, section 3.1.2.1).
func (a *account) browse(address string) error {
	if !a.another {
		return a.owner.cfg.OpenBrowser(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: the address of the sign-in", client.ErrGarbled)
	}
	q := u.Query()
	q.Set("prompt", "login consent") // consent, as the session asks: else no refresh token at some servers
	u.RawQuery = q.Encode()
	return a.owner.cfg.OpenBrowser(u.String())
}
