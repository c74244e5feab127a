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
	AppTokens(ctx context.Context, appID string) ([]client.Token, error)
	CreateAppToken(context.Context, client.NewToken) (client.Token, client.Secret, error)
	RevokeAppToken(ctx context.Context, id string) error
	ChangeApp(ctx context.Context, id string, change client.AppChange) (client.App, error)
}

// App is one application opened: its policy and System User, and all its tokens.
type App struct {
	content fyne.CanvasObject

	p    Params
	app  client.App
	list *tokens.List

	button *widgets.Button
	facts  *widget.Label
	note   *fyne.Container // why no token can be issued
}

func newApp(p Params, app client.App, back func()) *App {
	a := &App{p: p, app: app, list: tokens.NewList(true, p.Now), note: container.NewVBox()}
	a.list.OnRevoke = a.revoke
	a.button = widgets.NewButton(i18n.T("app.create"), a.create)
	a.button.Importance = widget.HighImportance
	a.facts = widget.NewLabel("")
	a.facts.Truncation = fyne.TextTruncateEllipsis
	buttons := container.NewHBox(
		widgets.NewButton(i18n.T("app.back"), back),
		widgets.NewButton(i18n.T("app.change"), a.change))
	header := container.New(layout.NewCustomPaddedVBoxLayout(10),
		widgets.NewHeader(app.Name, i18n.T("app.subtitle"), a.button),
		container.NewBorder(nil, nil, buttons, nil, a.facts),
		a.note)
	a.content = container.NewBorder(
		container.New(layout.NewCustomPaddedLayout(18, 6, 22, 22), header), nil, nil, nil, a.list.Content)
	a.showApp()
	return a
}

func (a *App) refresh() { task.Go(func() { a.update(context.Background(), "") }) }

// update fetches the tokens and shows them; chosen, if not empty, is selected.
func (a *App) update(ctx context.Context, chosen string) {
	all, err := a.p.Server.AppTokens(ctx, a.app.ID)
	fyne.Do(func() { a.show(all, chosen, err) })
}

func (a *App) show(all []client.Token, chosen string, err error) {
	if err != nil {
		a.list.Fail(err, a.refresh)
		return
	}
	a.list.Show(all)
	if chosen != "" {
		a.list.Select(chosen)
	}
	a.p.Updated(a.p.Now())
}

// showApp shows the application's own facts and whether a token can be issued
// for it, with the reason if not (requirements 20, 34).
func (a *App) showApp() {
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
	tokens.ShowCreate(tokens.CreateParams{
		Window:   a.p.Window,
		Title:    i18n.T("app.new"),
		Subtitle: i18n.T("app.newText", "Name", a.app.SystemUser.Name),
		Rules:    a.p.Rules,
		App:      &a.app,
		Create:   a.p.Server.CreateAppToken,
		Created:  a.created,
		Now:      a.p.Now,
	})
}

func (a *App) created(t client.Token, s client.Secret) {
	a.p.Secret(t, s, func(ctx context.Context) error { return a.p.Server.RevokeAppToken(ctx, t.ID) })
	task.Go(func() { a.update(context.Background(), t.ID) })
}

func (a *App) revoke(chosen []client.Token) {
	tokens.ShowRevoke(tokens.RevokeParams{
		Window: a.p.Window,
		Tokens: chosen,
		Rules:  a.p.Rules.Revoke,
		Revoke: a.p.Server.RevokeAppToken,
		Done:   a.revoked,
		Now:    a.p.Now,
	})
}

func (a *App) revoked(int) {
	a.list.Uncheck()
	a.refresh()
}

func (a *App) change() {
	showChange(a.p, a.app, a.changed)
}

func (a *App) changed(app client.App) {
	a.app = app
	a.showApp()
	a.refresh()
}
