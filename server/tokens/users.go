package tokens

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"keyfob/api"
	"keyfob/server/store"
)

const (
	loginMax = 128
	nameMax  = 254
)

// Users lists all users to administrators.
func (s *Service) Users(ctx context.Context, c Caller, p PageRequest) (api.Page[api.User], error) {
	if err := administrator(c); err != nil {
		return api.Page[api.User]{}, err
	}
	o, err := p.order(store.UserSorts, "login")
	if err != nil {
		return api.Page[api.User]{}, err
	}
	l, err := s.Store.Users(ctx, o)
	if err != nil {
		return api.Page[api.User]{}, err
	}
	return pageOf(l, o, userOf), nil
}

// AddUser adds u as it is given, with a login in lower case, the login for a
// name if it has none, and an id and a time of its own. The password hash is
// the caller's business (package server/password).
func (s *Service) AddUser(ctx context.Context, c Caller, u store.User) (api.User, error) {
	if err := administrator(c); err != nil {
		return api.User{}, err
	}
	u.ID, u.CreatedAt = newID(), s.now()
	u.Permissions, u.Tenants = grants(u.Permissions), grants(u.Tenants)
	u.Login, u.Name, u.Email = strings.ToLower(strings.TrimSpace(u.Login)), strings.TrimSpace(u.Name), strings.TrimSpace(u.Email)
	if u.Name == "" {
		u.Name = u.Login
	}
	if fields := append(checkUser(store.User{}, u), s.checkRaise(u)...); len(fields) > 0 {
		return api.User{}, invalid(fields...)
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		return record(ctx, tx, u.CreatedAt, c.User.ID, "user.created", u.ID, map[string]any{"login": u.Login, "isAdmin": u.IsAdmin, "isActive": u.IsActive, "permissions": u.Permissions, "tenants": u.Tenants, "tokenLimit": u.TokenLimit})
	})
	if errors.Is(err, store.ErrTaken) {
		return api.User{}, &Error{Code: api.CodeConflict, Detail: "This login is taken.", Fields: []api.FieldError{
			{Pointer: "/login", Code: api.FieldTaken, Detail: "Another user has this login."},
		}}
	}
	if err != nil {
		return api.User{}, err
	}
	return userOf(u), nil
}

// checkUser checks a user that is to be saved in the place of old. What stays as it is was right once: a name of earlier
// days keeps nobody from being shut out.
func checkUser(old, u store.User) []api.FieldError {
	var fields []api.FieldError
	bad := func(pointer, code, detail string) {
		if detail != "" {
			fields = append(fields, api.FieldError{Pointer: pointer, Code: code, Detail: detail})
		}
	}
	switch {
	case u.Login == "":
		bad("/login", api.FieldRequired, "Give the user a login.")
	case u.Login != old.Login:
		bad("/login", api.FieldFormat, loginProblem(u.Login))
	}
	if u.Name != old.Name {
		bad("/name", api.FieldFormat, lineProblem(u.Name))
	}
	if u.Email != old.Email {
		bad("/email", api.FieldFormat, lineProblem(u.Email))
	}
	return append(fields, checkHeld(u)...)
}

// loginProblem says what is wrong with a login, if something is.
func loginProblem(login string) string {
	if utf8.RuneCountInString(login) > loginMax || strings.ContainsFunc(login, unicode.IsSpace) {
		return fmt.Sprintf("Use at most %d characters, and no spaces.", loginMax)
	}
	return unseen(login)
}

// lineProblem says what is wrong with a line of text, if something is.
func lineProblem(line string) string {
	if utf8.RuneCountInString(line) > nameMax {
		return fmt.Sprintf("Use one line of at most %d characters.", nameMax)
	}
	return unseen(line)
}

// userOf is a user on the wire.
func userOf(u store.User) api.User {
	return api.User{
		ID: u.ID, Login: u.Login, Name: u.Name, Email: u.Email, IsAdmin: u.IsAdmin, IsActive: u.IsActive, CreatedAt: u.CreatedAt,
		Permissions: listed(u.Permissions), Tenants: listed(u.Tenants), TokenLimit: u.TokenLimit,
	}
}
