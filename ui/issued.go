package ui

import (
	"context"
	"slices"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/issued"
	"keyfob/ui/mine"
	"keyfob/ui/task"
)

// issuing is a connection that remembers what it issues as soon as the server
// answers: the program may end before the secret is on screen.
type issuing struct {
	*connect.Connection
	u *UI
}

// CreateToken is the connection's, as the others here are.
func (i issuing) CreateToken(ctx context.Context, wish client.NewToken) (client.Token, client.Secret, error) {
	return i.noted(i.Connection.CreateToken(ctx, wish))
}

func (i issuing) CreateAppToken(ctx context.Context, wish client.NewToken) (client.Token, client.Secret, error) {
	return i.noted(i.Connection.CreateAppToken(ctx, wish))
}

func (i issuing) RotateToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error) {
	return i.noted(i.Connection.RotateToken(ctx, id, r))
}

func (i issuing) RotateAppToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error) {
	return i.noted(i.Connection.RotateAppToken(ctx, id, r))
}

// noted passes on what it remembers. That it may not be remembered is said where
// it is asked for.
func (i issuing) noted(t client.Token, s client.Secret, err error) (client.Token, client.Secret, error) {
	if err != nil {
		return t, s, err
	}
	i.u.cfg.Issued.Note(issued.Entry{
		BuiltIn: i.BuiltIn, Address: i.Address, Subject: i.Subject, Login: i.Login,
		ID: t.ID, Kind: string(t.Kind), AppID: t.App.ID, App: t.App.Name, Description: t.Description, At: t.CreatedAt,
	}, s)
	task.Go(func() { _ = i.u.cfg.Issued.Settle(context.Background()) }) // whoever is shown the secret waits for no keyring
	return t, s, nil
}

// Noted writes, as the program quits, what was issued and is not written yet.
func (u *UI) Noted(ctx context.Context) error {
	over := make(chan error, 1)
	task.Go(func() { over <- u.cfg.Issued.Settle(ctx) })
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askWhose opens the dialog that tells whose a found token is. It needs no
// connection; with one it can revoke. Who left the lock and is not signed in is
// not told.
func (u *UI) askWhose() {
	if u.busy() || u.main == nil && u.anyAway() {
		return
	}
	u.showWhose()
}

func (u *UI) showWhose() *mine.Mine {
	p := mine.Params{
		Window: u.window, Find: u.cfg.Issued.Find, Server: issuedAt, Now: u.cfg.Now, Switch: u.switchFor,
		Here: func(issued.Entry) bool { return false },
	}
	if u.main != nil {
		u.main.owns(&p)
	}
	return mine.Show(p)
}

// switchFor opens the connection that e was issued with, and there goes on
// about e; nil: there is none.
func (u *UI) switchFor(e issued.Entry) func() {
	all := u.known()
	i := slices.IndexFunc(all, func(s connect.Saved) bool { return isOf(e, s) && s.Subject == e.Subject })
	if i < 0 || u.leaving {
		return nil
	}
	s := all[i]
	return func() {
		u.setAside()
		u.begin(s, func(ctx context.Context, s connect.Saved) error { return u.reopenFor(ctx, s, e) })
	}
}

func (u *UI) reopenFor(ctx context.Context, s connect.Saved, e issued.Entry) error {
	if err := u.reopen(ctx, s); err != nil {
		return err
	}
	task.Do(func() {
		if ctx.Err() == nil && u.free() && u.conn.Key() == s.Key() {
			u.showWhose().About(e)
		}
	})
	return nil
}

// owns lets the dialog ask and revoke at the connection that is open.
func (m *mainView) owns(p *mine.Params) {
	h := here{m.conn, m.me.IsAdmin}
	p.Here, p.Token, p.Revoke = h.has, h.token, h.revoke
	p.Rules, p.Revoked = m.rules.Revoke, m.refresh
	if m.me.IsAdmin {
		p.Ask, p.Asked = m.conn.FindToken, serverName(m.conn.Saved)
	}
}

// here is the connection that is open. An administrator's has all tokens.
type here struct {
	conn  *connect.Connection
	admin bool
}

func (h here) has(e issued.Entry) bool {
	return isOf(e, h.conn.Saved) && (h.admin || e.Subject == h.conn.Subject)
}

// isOf reports whether e was issued by the server of s.
func isOf(e issued.Entry, s connect.Saved) bool {
	return e.BuiltIn == s.BuiltIn && (e.BuiltIn || e.Address == s.Address)
}

func (h here) token(ctx context.Context, e issued.Entry) (client.Token, error) {
	list := h.conn.ProfileTokens
	if h.admin {
		list = func(ctx context.Context) ([]client.Token, error) { return h.conn.AppTokens(ctx, e.AppID) }
	}
	all, err := list(ctx)
	if err != nil {
		return client.Token{}, err
	}
	i := slices.IndexFunc(all, func(t client.Token) bool { return t.ID == e.ID })
	if i < 0 {
		return client.Token{}, client.ErrNotFound
	}
	return all[i], nil
}

func (h here) revoke(ctx context.Context, t client.Token) error {
	if h.admin {
		return h.conn.RevokeAppToken(ctx, t.ID)
	}
	return h.conn.RevokeToken(ctx, t.ID)
}

// issuedAt is what the person knows an entry's server by.
func issuedAt(e issued.Entry) string {
	return serverName(connect.Saved{BuiltIn: e.BuiltIn, Address: e.Address})
}
