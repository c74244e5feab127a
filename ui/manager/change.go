package manager

import (
	"context"
	"slices"

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

	form    words.Form
	policy  *widgets.Select
	user    *userField
	enabled *widgets.Check
}

func showChange(p Params, app client.App, done func(client.App)) *change {
	c := &change{p: p, app: app, done: done}
	c.policy = widgets.NewSelect(policyTexts(), nil)
	c.policy.SetSelectedIndex(max(slices.Index(client.Policies, app.Policy), 0))
	c.user = newUserField(app.SystemUser)
	c.enabled = widgets.NewCheck(i18n.T("apps.enabledCheck"), nil)
	c.enabled.Checked = app.Enabled
	fields := map[string]*widgets.Field{
		"policy":       widgets.NewField(i18n.T("apps.policy"), c.policy, i18n.T("apps.policyHint")),
		"systemUserId": c.user.field,
		"enabled":      widgets.NewField("", c.enabled, i18n.T("apps.enabledHint")),
	}
	content := container.NewVBox(fields["policy"], fields["systemUserId"], fields["enabled"])
	c.dialog = widgets.NewDialog(p.Window, i18n.T("app.changeTitle", "Name", app.Name), "", content)
	c.form = words.Form{Dialog: c.dialog, Fields: fields}
	c.dialog.SetSubmit(i18n.T("app.save"), widget.HighImportance, c.submit)
	c.dialog.SetEntered(func() bool { return c.wish() != client.AppChange{} })
	c.dialog.SetSize(fyne.NewSize(600, 0))
	c.dialog.Show()
	task.Go(func() { c.user.load(context.Background(), p.Server.Users) })
	return c
}

// wish has what was changed.
func (c *change) wish() client.AppChange {
	var wish client.AppChange
	if p := client.Policies[c.policy.SelectedIndex()]; p != c.app.Policy {
		wish.Policy = &p
	}
	if id := c.user.chosen(); id != c.app.SystemUser.ID {
		wish.SystemUserID = &id
	}
	if on := c.enabled.Checked; on != c.app.Enabled {
		wish.Enabled = &on
	}
	return wish
}

func (c *change) submit() {
	wish := c.wish()
	if wish == (client.AppChange{}) {
		c.dialog.Hide()
		return
	}
	c.form.Clear()
	c.dialog.SetBusy(true, i18n.T("app.saving"))
	task.Go(func() { c.save(context.Background(), wish) })
}

func (c *change) save(ctx context.Context, wish client.AppChange) {
	app, err := c.p.Server.ChangeApp(ctx, c.app.ID, wish)
	task.Do(func() { c.saved(app, err) })
}

func (c *change) saved(app client.App, err error) {
	c.dialog.SetBusy(false, "")
	if err != nil {
		c.form.Fail(err, c.submit)
		return
	}
	c.dialog.Hide()
	c.done(app)
}
