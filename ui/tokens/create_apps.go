package tokens

import (
	"context"

	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// appField is the fixed application, or the choice of one with help for a
// missing one (requirements 30, 31, 33, 52).
func (c *Create) appField() *widgets.Field {
	if c.p.App != nil {
		c.scopes.Offer(c.p.Rules.ScopesOf(c.p.App.Scopes), true)
		return widgets.NewField(i18n.T("create.app"), widget.NewLabel(c.p.App.Name), i18n.T("create.appFixed", "Name", c.p.App.SystemUser.Name))
	}
	c.appSelect = widgets.NewSelect(nil, func(string) { c.appChosen() })
	return widgets.NewField(i18n.T("create.app"), c.appSelect, i18n.T("create.appMissing"))
}

func (c *Create) askApps() {
	c.loading = true
	c.sayOfApps("create.appsLoading")
	task.Go(func() { c.loadApps(context.Background()) })
}

// sayOfApps stands where there is no application to choose.
func (c *Create) sayOfApps(key string) {
	c.appSelect.PlaceHolder = i18n.T(key)
	c.appSelect.Refresh()
}

// loadApps fetches the applications that may be chosen and publishes them at once.
func (c *Create) loadApps(ctx context.Context) {
	apps, err := c.p.Apps(ctx)
	task.Do(func() { c.appsLoaded(apps, err) })
}

func (c *Create) appsLoaded(apps []client.App, err error) {
	c.loading = false
	c.app.SetError("")
	if err != nil {
		c.sayOfApps("create.appsFailed")
		c.form.Fail(err, c.askApps)
		return
	}
	c.apps = apps
	names := make([]string, len(apps))
	for i, a := range apps {
		names[i] = a.Name
	}
	c.dialog.SetError("", "", nil)
	c.appSelect.PlaceHolder = i18n.T("create.appPlaceholder")
	c.appSelect.SetOptions(names)
	if len(apps) == 0 {
		c.sayOfApps("create.appsNone")
		return
	}
	c.appSelect.SetSelectedIndex(0)
}

func (c *Create) appChosen() {
	if a := c.chosenApp(); a != nil {
		c.scopes.Offer(c.p.Rules.ScopesOf(a.Scopes), true)
	}
	c.changed()
}

func (c *Create) chosenApp() *client.App {
	if c.p.App != nil {
		return c.p.App
	}
	if i := c.appSelect.SelectedIndex(); i >= 0 && i < len(c.apps) {
		return &c.apps[i]
	}
	return nil
}
