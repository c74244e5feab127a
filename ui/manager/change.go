package manager

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// change is the dialog for an application's policy, System User and whether it
// is enabled. It sends only what was changed.
type change struct {
	p      Params
	app    client.App
	dialog *widgets.Dialog
	done   func(client.App)

	policy  *widgets.Select
	user    *userSelect
	field   *widgets.Field
	enabled *widgets.Check
	loaded  bool // the users are there: the chosen one can be compared
}

func showChange(p Params, app client.App, done func(client.App)) *change {
	c := &change{p: p, app: app, done: done}
	c.policy = widgets.NewSelect(policyTexts(), nil)
	c.policy.SetSelectedIndex(policyIndex(app.Policy))
	c.user = newUserSelect(nil)
	c.user.offer(only(app.SystemUser), app.SystemUser.ID)
	c.user.Disable() // until it is known who else there is
	c.field = widgets.NewField(i18n.T("apps.systemUser"), c.user.Select, i18n.T("apps.systemUserHint"))
	c.enabled = widgets.NewCheck(i18n.T("apps.enabledCheck"), nil)
	c.enabled.Checked = app.Enabled
	form := container.NewVBox(
		widgets.NewField(i18n.T("apps.policy"), c.policy, i18n.T("apps.policyHint")),
		c.field,
		widgets.NewField("", c.enabled, i18n.T("apps.enabledHint")))
	c.dialog = widgets.NewDialog(p.Window, i18n.T("app.changeTitle", "Name", app.Name), "", form)
	c.dialog.SetSubmit(i18n.T("app.save"), widget.HighImportance, c.submit)
	c.dialog.SetSize(fyne.NewSize(600, 0))
	c.dialog.Show()
	task.Go(func() { c.loadUsers(context.Background()) })
	return c
}

func (c *change) loadUsers(ctx context.Context) {
	users, err := c.p.Server.Users(ctx)
	fyne.Do(func() { c.usersLoaded(users, err) })
}

func (c *change) usersLoaded(users []client.User, err error) {
	if err != nil {
		c.field.SetError(words.For(err).Text)
		return
	}
	c.loaded = true
	c.user.offer(users, c.app.SystemUser.ID)
	c.user.Enable()
}

func (c *change) submit() {
	var wish client.AppChange
	if p := client.Policies[c.policy.SelectedIndex()]; p != c.app.Policy {
		wish.Policy = &p
	}
	if id := c.user.chosen(); c.loaded && id != c.app.SystemUser.ID {
		wish.SystemUserID = &id
	}
	if on := c.enabled.Checked; on != c.app.Enabled {
		wish.Enabled = &on
	}
	if wish == (client.AppChange{}) {
		c.dialog.Hide()
		return
	}
	c.dialog.SetError("", "", nil)
	c.dialog.SetBusy(true, i18n.T("app.saving"))
	task.Go(func() { c.save(context.Background(), wish) })
}

func (c *change) save(ctx context.Context, wish client.AppChange) {
	app, err := c.p.Server.ChangeApp(ctx, c.app.ID, wish)
	fyne.Do(func() { c.saved(app, err) })
}

func (c *change) saved(app client.App, err error) {
	c.dialog.SetBusy(false, "")
	if err != nil {
		c.dialog.SetError(words.For(err).Text, i18n.T("dialog.tryAgain"), c.submit)
		return
	}
	c.dialog.Hide()
	c.done(app)
}

func only(u client.UserRef) []client.User {
	if u.ID == "" {
		return nil
	}
	return []client.User{{ID: u.ID, Login: u.Login, Name: u.Name}}
}

func policyIndex(p client.Policy) int {
	for i, q := range client.Policies {
		if q == p {
			return i
		}
	}
	return 0
}
