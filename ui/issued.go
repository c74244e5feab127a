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

// noteIssued remembers whose s is, without s. That it may not be remembered is
// said where it is asked for.
func (u *UI) noteIssued(conn *connect.Connection, t client.Token, s client.Secret) {
	e := issued.Entry{
		BuiltIn: conn.BuiltIn, Address: conn.Address, Subject: conn.Subject, Login: conn.Login,
		ID: t.ID, Kind: string(t.Kind), AppID: t.App.ID, App: t.App.Name, Description: t.Description, At: t.CreatedAt,
	}
	value := client.NewSecret(s.Reveal()) // the dialog wipes its own
	task.Go(func() {
		defer value.Wipe()
		_ = u.cfg.Issued.Note(context.Background(), e, value)
	})
}

// askWhose opens the dialog that tells whose a found token is. It needs no
// connection; with one it can revoke.
func (u *UI) askWhose() {
	if u.busy() {
		return
	}
	p := mine.Params{
		Window: u.window, Find: u.cfg.Issued.Find, Server: issuedAt, Now: u.cfg.Now,
		Here: func(issued.Entry) bool { return false },
	}
	if u.main != nil {
		u.main.owns(&p)
	}
	mine.Show(p)
}

// owns lets the dialog ask and revoke at the connection that is open.
func (m *mainView) owns(p *mine.Params) {
	h := here{m.conn, m.me.IsAdmin}
	p.Here, p.Token, p.Revoke = h.has, h.token, h.revoke
	p.Rules, p.Revoked = m.rules.Revoke, m.refresh
	if m.me.IsAdmin {
		p.Ask = m.conn.FindToken
	}
}

// here is the connection that is open. An administrator's has all tokens.
type here struct {
	conn  *connect.Connection
	admin bool
}

func (h here) has(e issued.Entry) bool {
	server := e.BuiltIn == h.conn.BuiltIn && (e.BuiltIn || e.Address == h.conn.Address)
	return server && (h.admin || e.Subject == h.conn.Subject)
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
