package manager

import (
	"context"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// userField chooses an application's System User: one of the active users, or
// none. Until they are loaded it cannot be used and keeps what is set.
type userField struct {
	field  *widgets.Field
	choice *widgets.Select
	set    client.UserRef
	users  []client.User // those offered, after none
}

func newUserField(set client.UserRef) *userField {
	f := &userField{set: set, choice: widgets.NewSelect(nil, nil)}
	f.field = widgets.NewField(i18n.T("apps.systemUser"), f.choice, i18n.T("apps.systemUserHint"))
	if set.ID == "" {
		f.offer(nil)
	} else {
		f.offer([]client.User{{ID: set.ID, Login: set.Login, Name: set.Name}})
	}
	f.choice.Disable()
	return f
}

// load asks for the users, which may block, and offers them.
func (f *userField) load(ctx context.Context, ask func(context.Context) ([]client.User, error)) {
	users, err := ask(ctx)
	task.Do(func() { f.loaded(users, err) })
}

func (f *userField) loaded(users []client.User, err error) {
	if err != nil {
		f.field.SetError(words.For(err).Text)
		return
	}
	f.offer(users)
	f.choice.Enable()
}

func (f *userField) offer(users []client.User) {
	f.users = nil
	texts, at := []string{i18n.T("apps.noSystemUser")}, 0
	for _, u := range users {
		if !u.IsActive && u.ID != f.set.ID {
			continue
		}
		f.users = append(f.users, u)
		texts = append(texts, u.Name+" ("+u.Login+")")
		if u.ID == f.set.ID {
			at = len(f.users)
		}
	}
	f.choice.SetOptions(texts)
	f.choice.SetSelectedIndex(at)
}

// chosen is the user's id; empty for none.
func (f *userField) chosen() string {
	if i := f.choice.SelectedIndex(); i > 0 {
		return f.users[i-1].ID
	}
	return ""
}
