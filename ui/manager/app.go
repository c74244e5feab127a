package manager

import (
	"context"
	"strings"

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

// AppServer is what an opened application asks.
type AppServer interface {
	App(ctx context.Context, id string) (client.App, error)
	AppTokens(ctx context.Context, appID string) ([]client.Token, error)
	CreateAppToken(context.Context, client.NewToken) (client.Token, client.Secret, error)
	RevokeAppToken(ctx context.Context, id string) error
	RotateAppToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error)
	ChangeApp(ctx context.Context, id string, change client.AppChange) (client.App, error)
}

// App is one application opened: its policy and System User, and all its tokens.
type App struct {
	content fyne.CanvasObject

	p       Params
	id      string // of the application, which never changes
	app     client.App
	list    *tokens.List
	actions tokens.Actions
	turns   task.Turns // of fetching both

	header *widgets.Header
	button *widgets.Button
	facts  *widget.Label
	note   *fyne.Container // why no token can be issued
}

func newApp(p Params, app client.App, back func()) *App {
	a := &App{p: p, id: app.ID, app: app, list: tokens.NewList(true, p.Now), note: container.NewVBox()}
	a.actions = tokens.Actions{
		Window: p.Window, List: a.list, Rules: p.Rules, Now: p.Now,
		Create: p.Server.CreateAppToken, Revoke: p.Server.RevokeAppToken, Rotate: p.Server.RotateAppToken, Secret: p.Secret, Refresh: a.refresh,
	}
	a.list.OnRevoke, a.list.OnChosen = a.actions.AskRevoke, p.Chosen
	a.list.OnReplace = a.actions.AskReplace
	a.button = widgets.NewButton(i18n.T("app.create"), a.create)
	a.button.Importance = widget.HighImportance
	a.facts = widget.NewLabel("")
	a.facts.Truncation = fyne.TextTruncateEllipsis
	buttons := container.NewHBox(
		widgets.NewButton(i18n.T("app.back"), back),
		widgets.NewButton(i18n.T("app.change"), a.change))
	a.header = widgets.NewHeader(app.Name, i18n.T("app.subtitle"), a.button)
	top := container.New(layout.NewCustomPaddedVBoxLayout(10),
		a.header,
		container.NewBorder(nil, nil, buttons, nil, a.facts),
		a.note)
	a.content = container.NewBorder(
		container.New(layout.NewCustomPaddedLayout(18, 6, 22, 22), top), nil, nil, nil, a.list.Content)
	a.showApp()
	return a
}

func (a *App) refresh() {
	turn := a.turns.Next()
	task.Go(func() { a.update(context.Background(), turn) })
}

// left makes what is still asked stale: nobody is looking any more.
func (a *App) left() { a.turns.Next() }

// update fetches the application and its tokens and shows them.
func (a *App) update(ctx context.Context, turn int) {
	app, err := a.p.Server.App(ctx, a.id)
	var all []client.Token
	if err == nil {
		all, err = a.p.Server.AppTokens(ctx, a.id)
	}
	task.Do(func() { a.show(turn, app, all, err) })
}

func (a *App) show(turn int, app client.App, all []client.Token, err error) {
	if a.turns.Stale(turn) {
		return
	}
	if err != nil {
		a.list.Fail(err, a.refresh)
		return
	}
	a.app = app
	a.showApp()
	a.list.Show(all)
	a.p.Updated(a.p.Now())
}

// showApp shows the application's own facts and whether a token can be issued
// for it, with the reason if not (requirements 20, 34).
func (a *App) showApp() {
	a.header.SetTitle(a.app.Name, i18n.T("app.subtitle"))
	a.facts.SetText(strings.Join([]string{
		i18n.T("app.policyIs", "Policy", policyText(a.app.Policy)),
		i18n.T("app.systemUserIs", "Name", systemUserText(a.app)),
		i18n.T("app.scopesAre", "Scopes", strings.Join(a.app.Scopes, ", ")),
	}, "   ·   "))
	a.note.RemoveAll()
	reason := whyNot(a.app)
	if reason == "" {
		a.button.Enable()
		return
	}
	a.button.Disable()
	a.note.Add(widgets.NewBanner(widgets.Warn, reason, "", nil))
}

// whyNot says why no service access token can be issued; empty if one can.
func whyNot(a client.App) string {
	switch {
	case !a.Enabled:
		return i18n.T("app.notEnabled")
	case a.Policy == client.PolicyNone:
		return i18n.T("app.policyNone")
	case a.SystemUser.ID == "" || !a.SystemUserAllowed:
		return i18n.T("app.noSystemUser")
	}
	return ""
}

func (a *App) create() {
	if whyNot(a.app) != "" {
		return
	}
	app := a.app
	a.actions.AskCreate(tokens.CreateParams{
		Title:    i18n.T("app.new"),
		Subtitle: i18n.T("app.newText", "Name", app.SystemUser.Name),
		App:      &app,
	})
}

func (a *App) change() {
	showChange(a.p, a.app, a.changed)
}

func (a *App) changed(app client.App) {
	a.app = app
	a.showApp()
	a.refresh()
}
