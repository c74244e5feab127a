package builtin

import (
	"context"
	"errors"
	"strings"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// seed puts in what makes the main job need no preparation: the person as
// administrator, and one application. Done again after a crash half-way, it
// finds what is already there.
func seed(ctx context.Context, in *instance.Instance, who User) (userID string, err error) {
	login := loginOf(who.Login)
	if u, err := in.Store.UserByLogin(ctx, login); !errors.Is(err, store.ErrNotFound) {
		return u.ID, err
	}
	_, err = in.Tokens.AddApp(ctx, tokens.Operator(), api.NewApp{
		Name: "Local scripts", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read", "update"},
	})
	if taken, ok := errors.AsType[*tokens.Error](err); err != nil && (!ok || taken.Code != api.CodeConflict) {
		return "", err
	}
	u, err := in.Tokens.AddUser(ctx, tokens.Operator(), store.User{
		Login: login, Name: nameOf(who, login), IsAdmin: true, IsActive: true,
	})
	return u.ID, err
}

// loginOf makes a login of what the operating system calls the person:
// DOMAIN\Ada becomes ada.
func loginOf(s string) string {
	s = s[strings.LastIndexByte(s, '\\')+1:]
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return -1
	}
	if s = strings.Map(keep, strings.ToLower(s)); s != "" {
		return s
	}
	return "admin"
}

func nameOf(who User, login string) string {
	if name := strings.TrimSpace(who.Name); name != "" {
		return name
	}
	return login
}
