package manager

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// AppsServer is what the list of applications asks.
type AppsServer interface {
	Apps(context.Context) ([]client.App, error)
	AddApp(context.Context, client.NewApp) (client.App, error)
	Users(context.Context) ([]client.User, error)
}

// Apps is the list of trusted applications.
type Apps struct {
	content fyne.CanvasObject

	p     Params
	open  func(client.App)
	all   []client.App
	ever  bool
	turns task.Turns // of fetching them
	next  string     // to be selected when shown; empty: none
	table *widgets.Table
	note  *fyne.Container
	body  *fyne.Container
}

func newApps(p Params, open func(client.App)) *Apps {
	a := &Apps{p: p, open: open, note: container.NewVBox()}
	a.table = widgets.NewTable([]widgets.Column{
		{Title: i18n.T("apps.column.name")},
		{Title: i18n.T("apps.column.policy"), Width: 170},
		{Title: i18n.T("apps.column.systemUser"), Width: 170, Min: 620},
		{Title: i18n.T("apps.column.tokens"), Width: 120, Min: 480},
		{Title: i18n.T("apps.column.status"), Width: 110},
	})
	a.table.OnOpen = a.opened
	add := widgets.NewButton(i18n.T("apps.add"), a.add)
	add.Importance = widget.HighImportance
	header := widgets.NewHeader(i18n.T("apps.title"), i18n.T("apps.subtitle"), add)
	top := container.NewVBox(container.New(layout.NewCustomPaddedLayout(18, 12, 22, 22), header), a.note)
	a.body = container.NewStack(widgets.NewLoading(i18n.T("apps.loading")))
	a.content = container.NewBorder(top, nil, nil, nil, a.body)
	return a
}

func (a *Apps) refresh() {
	turn := a.turns.Next()
	task.Go(func() { a.update(context.Background(), turn) })
}

func (a *Apps) focus() { widgets.Focus(a.table) }

// update fetches the applications and shows them.
func (a *Apps) update(ctx context.Context, turn int) {
	all, err := a.p.Server.Apps(ctx)
	task.Do(func() { a.show(turn, all, err) })
}

func (a *Apps) show(turn int, all []client.App, err error) {
	if a.turns.Stale(turn) {
		return
	}
	a.note.RemoveAll()
	if err != nil {
		a.fail(words.For(err))
		return
	}
	a.all, a.ever = all, true
	rows := make([]widgets.Row, len(all))
	for i, app := range all {
		rows[i] = appRow(app)
	}
	a.table.SetRows(rows)
	if a.next != "" {
		a.table.Select(a.next)
		a.next = ""
	}
	a.showInstead(a.bodyFor())
	widgets.TakeFocus(a.table)
	a.p.Updated(a.p.Now())
}

// bodyFor is the table, or what stands in for an empty one.
func (a *Apps) bodyFor() fyne.CanvasObject {
	if len(a.all) == 0 {
		return widgets.NewEmpty(i18n.T("apps.empty.title"), i18n.T("apps.empty.text"), i18n.T("apps.add"), a.add)
	}
	return a.table
}

func (a *Apps) fail(s words.Sentence) {
	if !a.ever {
		a.showInstead(widgets.NewEmpty(i18n.T("apps.failed"), s.Text, s.Action, a.refresh))
		return
	}
	a.note.Add(widgets.NewBanner(widgets.Bad, s.Text, s.Action, a.refresh))
}

func (a *Apps) showInstead(o fyne.CanvasObject) {
	a.body.Objects = []fyne.CanvasObject{o}
	a.body.Refresh()
}

func (a *Apps) opened(id string) {
	for _, app := range a.all {
		if app.ID == id {
			a.open(app)
			return
		}
	}
}

func (a *Apps) add() {
	showAdd(a.p, a.added)
}

func (a *Apps) added(app client.App) {
	a.next = app.ID
	a.refresh()
}

func appRow(a client.App) widgets.Row {
	status := widgets.BadgeSpec{Kind: widgets.Good, Text: i18n.T("apps.enabled")}
	if !a.Enabled {
		status = widgets.BadgeSpec{Kind: widgets.Neutral, Text: i18n.T("apps.disabled")}
	}
	return widgets.Row{ID: a.ID, Cells: []widgets.Cell{
		{Text: a.Name, Sub: strings.Join(a.Scopes, ", "), Strong: true},
		{Text: policyText(a.Policy)},
		{Text: systemUserText(a), Muted: a.SystemUser.ID == ""},
		{Text: fmt.Sprintf("%d PAT · %d SAT", a.PATs, a.SATs), Muted: true},
		{Badge: &status},
	}}
}

func systemUserText(a client.App) string {
	if a.SystemUser.ID == "" {
		return i18n.T("apps.noSystemUser")
	}
	return a.SystemUser.Name
}

func policyText(p client.Policy) string {
	switch p {
	case client.PolicyAuthenticatedUsers:
		return i18n.T("apps.policy.authenticatedUsers")
	case client.PolicyAdministratorsOnly:
		return i18n.T("apps.policy.administratorsOnly")
	}
	return i18n.T("apps.policy.none")
}
