package manager

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/tokens"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// add is the dialog that adds a trusted application.
type add struct {
	p      Params
	dialog *widgets.Dialog
	done   func(client.App)

	name   *widgets.Entry
	policy *widgets.Select
	scopes *tokens.ScopePicker
	user   *userField
	form   words.Form
}

func showAdd(p Params, done func(client.App)) *add {
	a := &add{p: p, done: done}
	a.name = widgets.NewEntry()
	a.name.OnChanged = func(string) { a.nameChanged() }
	a.policy = widgets.NewSelect(policyTexts(), nil)
	a.user = newUserField(client.UserRef{})
	a.scopes = tokens.NewScopePicker(a.changed)
	a.scopes.Offer(p.Rules.Scopes, false)
	fields := map[string]*widgets.Field{
		"name":         widgets.NewField(i18n.T("apps.name"), a.name, i18n.T("apps.nameHint")),
		"policy":       widgets.NewField(i18n.T("apps.policy"), a.policy, i18n.T("apps.policyHint")),
		"systemUserId": a.user.field,
		"scopes":       widgets.NewField(i18n.T("apps.scopes"), a.scopes.Content, i18n.T("apps.scopesHint")),
	}
	content := container.NewVBox(fields["name"], fields["policy"], fields["scopes"], fields["systemUserId"])
	a.dialog = widgets.NewDialog(p.Window, i18n.T("apps.new"), i18n.T("apps.newText"), content)
	a.form = words.Form{Dialog: a.dialog, Fields: fields}
	a.dialog.SetSubmit(i18n.T("apps.add"), widget.HighImportance, a.submit)
	a.dialog.SetSize(fyne.NewSize(600, 0))
	a.dialog.SetEntered(a.entered)
	a.policy.SetSelectedIndex(0)
	a.changed()
	a.dialog.Show()
	a.dialog.Fit() // texts that wrap know their height only now
	task.Go(func() { a.user.load(context.Background(), p.Server.Users) })
	return a
}

// nameChanged says at the field what cannot be in a name.
func (a *add) nameChanged() {
	a.form.Fields["name"].SetError(words.Unseen(a.name.Text))
	a.changed()
}

func (a *add) changed() {
	if a.dialog != nil {
		named := strings.TrimSpace(a.name.Text) != "" && words.Unseen(a.name.Text) == ""
		a.dialog.SetSubmitEnabled(named && len(a.scopes.Chosen()) > 0)
	}
}

func (a *add) entered() bool {
	return a.name.Text != "" || a.policy.SelectedIndex() > 0 || len(a.scopes.Chosen()) > 0 || a.user.chosen() != ""
}

func (a *add) submit() {
	a.form.Clear()
	a.dialog.SetBusy(true, i18n.T("apps.adding"))
	wish := client.NewApp{
		Name:         strings.TrimSpace(a.name.Text),
		Policy:       client.Policies[a.policy.SelectedIndex()],
		Scopes:       a.scopes.Chosen(),
		SystemUserID: a.user.chosen(),
	}
	task.Go(func() { a.create(context.Background(), wish) })
}

func (a *add) create(ctx context.Context, wish client.NewApp) {
	app, err := a.p.Server.AddApp(ctx, wish)
	task.Do(func() { a.created(app, err) })
}

func (a *add) created(app client.App, err error) {
	a.dialog.SetBusy(false, "")
	if err != nil {
		a.form.Fail(err, a.submit)
		return
	}
	a.dialog.Hide()
	a.done(app)
}

func policyTexts() []string {
	out := make([]string, len(client.Policies))
	for i, p := range client.Policies {
		out[i] = policyText(p)
	}
	return out
}
