package manager

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
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
	scopes []*widgets.Check
	user   *userSelect
	fields map[string]*widgets.Field
}

func showAdd(p Params, done func(client.App)) *add {
	a := &add{p: p, done: done}
	a.name = widgets.NewEntry()
	a.name.OnChanged = func(string) { a.changed() }
	a.policy = widgets.NewSelect(policyTexts(), nil)
	a.user = newUserSelect(nil)
	scopes := container.NewVBox()
	for _, s := range p.Rules.Scopes {
		check := widgets.NewCheck(s.Name+"  ·  "+s.Description, func(bool) { a.changed() })
		a.scopes = append(a.scopes, check)
		scopes.Add(check)
	}
	a.fields = map[string]*widgets.Field{
		"name":         widgets.NewField(i18n.T("apps.name"), a.name, i18n.T("apps.nameHint")),
		"policy":       widgets.NewField(i18n.T("apps.policy"), a.policy, i18n.T("apps.policyHint")),
		"systemUserId": widgets.NewField(i18n.T("apps.systemUser"), a.user.Select, i18n.T("apps.systemUserHint")),
		"scopes":       widgets.NewField(i18n.T("apps.scopes"), scopes, i18n.T("apps.scopesHint")),
	}
	form := container.NewVBox(a.fields["name"], a.fields["policy"], a.fields["scopes"], a.fields["systemUserId"])
	a.dialog = widgets.NewDialog(p.Window, i18n.T("apps.new"), i18n.T("apps.newText"), form)
	a.dialog.SetSubmit(i18n.T("apps.add"), widget.HighImportance, a.submit)
	a.dialog.SetSize(fyne.NewSize(600, 0))
	a.policy.SetSelectedIndex(0)
	a.changed()
	a.dialog.Show()
	task.Go(func() { a.loadUsers(context.Background()) })
	return a
}

func (a *add) loadUsers(ctx context.Context) {
	users, err := a.p.Server.Users(ctx)
	fyne.Do(func() { a.usersLoaded(users, err) })
}

func (a *add) usersLoaded(users []client.User, err error) {
	if err != nil {
		a.fields["systemUserId"].SetError(words.For(err).Text)
		return
	}
	a.user.offer(users, "")
}

func (a *add) changed() {
	if a.dialog != nil {
		a.dialog.SetSubmitEnabled(strings.TrimSpace(a.name.Text) != "" && len(a.chosen()) > 0)
	}
}

func (a *add) chosen() []string {
	var out []string
	for i, c := range a.scopes {
		if c.Checked {
			out = append(out, a.p.Rules.Scopes[i].Name)
		}
	}
	return out
}

func (a *add) submit() {
	for _, f := range a.fields {
		f.SetError("")
	}
	a.dialog.SetError("", "", nil)
	a.dialog.SetBusy(true, i18n.T("apps.adding"))
	wish := client.NewApp{
		Name:         strings.TrimSpace(a.name.Text),
		Policy:       client.Policies[a.policy.SelectedIndex()],
		Scopes:       a.chosen(),
		SystemUserID: a.user.chosen(),
	}
	task.Go(func() { a.create(context.Background(), wish) })
}

func (a *add) create(ctx context.Context, wish client.NewApp) {
	app, err := a.p.Server.AddApp(ctx, wish)
	fyne.Do(func() { a.created(app, err) })
}

func (a *add) created(app client.App, err error) {
	a.dialog.SetBusy(false, "")
	if err != nil {
		a.fail(err)
		return
	}
	a.dialog.Hide()
	a.done(app)
}

func (a *add) fail(err error) {
	shown := false
	if p, ok := errors.AsType[*client.Problem](err); ok {
		for _, f := range p.Fields {
			if field := a.fields[f.Field]; field != nil {
				field.SetError(words.Field(f))
				shown = true
			}
		}
	}
	if !shown {
		a.dialog.SetError(words.For(err).Text, i18n.T("dialog.tryAgain"), a.submit)
	}
}

func policyTexts() []string {
	out := make([]string, len(client.Policies))
	for i, p := range client.Policies {
		out[i] = policyText(p)
	}
	return out
}

// userSelect offers the active users, and none.
type userSelect struct {
	*widgets.Select
	users []client.User
}

func newUserSelect(changed func()) *userSelect {
	s := &userSelect{}
	s.Select = widgets.NewSelect([]string{i18n.T("apps.noSystemUser")}, func(string) {
		if changed != nil {
			changed()
		}
	})
	s.SetSelectedIndex(0)
	return s
}

// offer sets the choice; id is chosen.
func (s *userSelect) offer(users []client.User, id string) {
	s.users = nil
	texts, at := []string{i18n.T("apps.noSystemUser")}, 0
	for _, u := range users {
		if !u.IsActive && u.ID != id {
			continue
		}
		s.users = append(s.users, u)
		texts = append(texts, u.Name+" ("+u.Login+")")
		if u.ID == id {
			at = len(s.users)
		}
	}
	s.SetOptions(texts)
	s.SetSelectedIndex(at)
}

// chosen is the user's id; empty for none.
func (s *userSelect) chosen() string {
	if i := s.SelectedIndex(); i > 0 && i <= len(s.users) {
		return s.users[i-1].ID
	}
	return ""
}
