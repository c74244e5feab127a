// Package profile is where people manage their own personal access tokens:
// the list over all applications, creating one, revoking some.
package profile

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/tokens"
	"keyfob/ui/widgets"
)

// Server is what the view asks.
type Server interface {
	ProfileTokens(context.Context) ([]client.Token, error)
	ProfileApps(context.Context) ([]client.App, error)
	CreateToken(context.Context, client.NewToken) (client.Token, client.Secret, error)
	RevokeToken(ctx context.Context, id string) error
	RotateToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error)
}

// Params is what the view works with.
type Params struct {
	Window  fyne.Window
	Server  Server
	Me      client.Me
	Rules   client.Capabilities
	Now     func() time.Time
	Secret  func(client.Token, client.Secret, func(context.Context) error) // shows a new secret, once
	Updated func(count int, at time.Time)                                  // the list was fetched
	Chosen  func()                                                         // CanRevoke may be another; may be nil
}

// View is Profile ▸ Tokens.
type View struct {
	Content fyne.CanvasObject

	p       Params
	list    *tokens.List
	actions tokens.Actions
	turns   task.Turns // of fetching the list
}

// New makes the view; Refresh fills it.
func New(p Params) *View {
	v := &View{p: p, list: tokens.NewList(false, p.Now)}
	v.actions = tokens.Actions{
		Window: p.Window, List: v.list, Rules: p.Rules, Now: p.Now,
		Create: p.Server.CreateToken, Revoke: p.Server.RevokeToken, Rotate: p.Server.RotateToken, Secret: p.Secret, Refresh: v.Refresh,
	}
	v.list.OnRevoke, v.list.OnChosen = v.actions.AskRevoke, p.Chosen
	v.list.OnReplace = v.actions.AskReplace
	v.list.OnCreate = v.Create
	v.list.CreateAs = i18n.T("profile.create")
	create := widgets.NewButton(i18n.T("profile.create"), v.Create)
	create.Importance = widget.HighImportance
	header := widgets.NewHeader(i18n.T("profile.title"), i18n.T("profile.subtitle"), create)
	v.Content = container.NewBorder(
		container.New(layout.NewCustomPaddedLayout(18, 6, 22, 22), header), nil, nil, nil, v.list.Content)
	return v
}

// Refresh fetches the tokens again.
func (v *View) Refresh() {
	turn := v.turns.Next()
	task.Go(func() { v.update(context.Background(), turn) })
}

// FocusSearch puts the cursor into the search box.
func (v *View) FocusSearch() { v.list.FocusSearch() }

// Back leaves the details in a narrow window.
func (v *View) Back() { v.list.Back() }

// Revoke asks to revoke what is chosen.
func (v *View) Revoke() { v.list.RevokeChosen() }

// CanRevoke says whether Revoke has anything to ask about.
func (v *View) CanRevoke() bool { return v.list.CanRevoke() }

// update fetches the tokens and shows them.
func (v *View) update(ctx context.Context, turn int) {
	all, err := v.p.Server.ProfileTokens(ctx)
	task.Do(func() { v.show(turn, all, err) })
}

func (v *View) show(turn int, all []client.Token, err error) {
	if v.turns.Stale(turn) {
		return
	}
	if err != nil {
		v.list.Fail(err, v.Refresh)
		return
	}
	v.list.Show(all)
	v.p.Updated(tokens.Live(all, v.p.Now()), v.p.Now())
}

// Create opens the dialog for a new personal access token.
func (v *View) Create() {
	v.actions.AskCreate(tokens.CreateParams{
		Title:    i18n.T("profile.new"),
		Subtitle: i18n.T("profile.newText", "Name", v.p.Me.Name),
		Apps:     v.p.Server.ProfileApps,
	})
}
