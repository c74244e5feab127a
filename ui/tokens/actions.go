package tokens

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
)

// Actions are what people do with the tokens of a List: create one, revoke
// some. Afterwards the list is fetched again.
type Actions struct {
	Window  fyne.Window
	List    *List
	Rules   client.Capabilities
	Now     func() time.Time
	Create  func(context.Context, client.NewToken) (client.Token, client.Secret, error)
	Revoke  func(ctx context.Context, id string) error
	Rotate  func(context.Context, string, client.Rotation) (client.Token, client.Secret, error)
	Secret  func(client.Token, client.Secret, func(context.Context) error) // shows a new secret, once
	Refresh func()                                                         // fetches the list
}

// AskCreate opens the dialog that creates a token; of p it needs the texts and
// the application or the choice of one.
func (a Actions) AskCreate(p CreateParams) {
	p.Window, p.Rules, p.Now = a.Window, a.Rules, a.Now
	p.Create, p.Created, p.Closed = a.Create, a.created, a.List.TakeFocus
	ShowCreate(p)
}

func (a Actions) created(t client.Token, s client.Secret) {
	a.Secret(t, s, func(ctx context.Context) error { return a.Revoke(ctx, t.ID) })
	a.List.SelectNext(t.ID)
	a.Refresh()
}

// AskRevoke opens the dialog that revokes the chosen tokens.
func (a Actions) AskRevoke(chosen []client.Token) {
	ShowRevoke(RevokeParams{
		Window: a.Window, Tokens: chosen, OfApp: a.List.ofApp, Rules: a.Rules.Revoke, Revoke: a.Revoke, Done: a.revoked, Now: a.Now,
	})
}

// AskReplace opens the dialog that puts a new token in the place of one whose
// secret is lost.
func (a Actions) AskReplace(t client.Token) {
	ShowReplace(ReplaceParams{Window: a.Window, Token: t, Rotate: a.Rotate, Done: a.created, Left: a.Refresh})
}

func (a Actions) revoked() {
	a.List.Uncheck()
	a.Refresh()
}
