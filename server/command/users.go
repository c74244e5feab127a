package command

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/password"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

type userAddCmd struct {
	Login         string `arg:"" help:"What the user signs in with."`
	Name          string `help:"Name as shown."`
	Email         string `help:"E-mail address."`
	Admin         bool   `help:"May use the Instance Manager."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from standard input. Without one, the user cannot sign in."`

	Permission []string `help:"What the user holds, such as policies.list, policies.* or *.*; may be given several times."`
	Tenant     []string `help:"A tenant that the user is assigned to; may be given several times."`
	TokenLimit int      `name:"token-limit" help:"Live tokens that the user may have, where the rules have a limit for each user; 0: as they say." placeholder:"N"`
}

const (
	passwordMin = 8
	passwordMax = 1024 // bytes; far beyond what anybody types
)

// Run adds the user.
func (c *userAddCmd) Run(e *env) error {
	u := store.User{
		Login: c.Login, Name: c.Name, Email: c.Email, IsAdmin: c.Admin, IsActive: true,
		Permissions: words(c.Permission), Tenants: words(c.Tenant), TokenLimit: c.TokenLimit,
	}
	if c.PasswordStdin {
		word, err := readPassword(e.stdin)
		if err != nil {
			return err
		}
		if u.PasswordHash, err = password.Hash(e.ctx, word); err != nil {
			return err
		}
	}
	return e.newRecords(func(r *instance.Records) error {
		added, err := r.Tokens.AddUser(e.ctx, tokens.Operator(), u)
		if err != nil {
			return err
		}
		return e.print("Added the user "+added.Login+".", added)
	})
}

// readPassword takes the first line, so that echo and a here-document work.
func readPassword(r io.Reader) (string, error) {
	all, err := io.ReadAll(io.LimitReader(r, passwordMax+2))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	line, _, _ := strings.Cut(string(all), "\n")
	line = strings.TrimSuffix(line, "\r")
	switch {
	case utf8.RuneCountInString(line) < passwordMin:
		return "", usageError{"The password must have at least 8 characters."}
	case len(line) > passwordMax:
		return "", usageError{"The password is too long."}
	}
	return line, nil
}

type appAddCmd struct {
	Name       string   `arg:"" help:"Name of the application."`
	Policy     string   `help:"Who may issue tokens for it: ${enum}." enum:"None,AuthenticatedUsers,AdministratorsOnly" default:"None"`
	Scopes     []string `help:"The most that its tokens may carry." default:"read"`
	SystemUser string   `name:"system-user" help:"Login of the user that its service tokens act as." placeholder:"LOGIN"`
}

// Run adds the application.
func (c *appAddCmd) Run(e *env) error {
	return e.newRecords(func(r *instance.Records) error {
		want := api.NewApp{Name: c.Name, Policy: c.Policy, Scopes: words(c.Scopes)}
		if c.SystemUser != "" {
			u, err := userByLogin(e, r, c.SystemUser)
			if err != nil {
				return err
			}
			want.SystemUserID, want.SystemUserAllowed = u.ID, true
		}
		added, err := r.Tokens.AddApp(e.ctx, tokens.Operator(), want)
		if err != nil {
			return err
		}
		return e.print("Added the application "+added.Name+" ("+added.ID+").", added)
	})
}

type appSecretCmd struct {
	Name string `arg:"" help:"Name of the application."`
}

// Run gives the application a new client secret and ends the one before.
func (c *appSecretCmd) Run(e *env) error {
	return e.records(func(r *instance.Records) error {
		app, err := appByName(e, r, c.Name)
		if err != nil {
			return err
		}
		value, err := r.Tokens.NewAppSecret(e.ctx, tokens.Operator(), app.ID)
		if err != nil {
			return err
		}
		return e.print(value.Reveal(), map[string]string{"clientId": app.ID, "clientSecret": value.Reveal()})
	})
}

func userByLogin(e *env, r *instance.Records, login string) (store.User, error) {
	u, err := r.Store.UserByLogin(e.ctx, strings.ToLower(login))
	if errors.Is(err, store.ErrNotFound) {
		return u, failure{"There is no user " + strconv.Quote(login) + ". Add one with keyfobd user add."}
	}
	return u, err
}

func appByName(e *env, r *instance.Records, name string) (api.App, error) {
	for at := (tokens.PageRequest{Limit: 200}); ; {
		page, err := r.Tokens.Apps(e.ctx, tokens.Operator(), at)
		if err != nil {
			return api.App{}, err
		}
		for _, app := range page.Items {
			if strings.EqualFold(app.Name, name) || app.ID == name {
				return app, nil
			}
		}
		if at.Cursor = page.NextCursor; at.Cursor == "" {
			return api.App{}, failure{"There is no application " + strconv.Quote(name) + ". Add one with keyfobd app add."}
		}
	}
}

// words takes scopes as repeated flags, with commas or with spaces.
func words(list []string) []string { return strings.Fields(strings.Join(list, " ")) }
