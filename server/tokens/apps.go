package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// AppsForPAT lists the apps for which the caller may issue a PAT, without what
// only administrators may know of them.
func (s *Service) AppsForPAT(ctx context.Context, c Caller, p PageRequest) (api.Page[api.App], error) {
	if err := keeper(c); err != nil {
		return api.Page[api.App]{}, err
	}
	f := store.AppFilter{Enabled: true, Policies: []string{api.PolicyAuthenticatedUsers}}
	if c.User.IsAdmin {
		f.Policies = append(f.Policies, api.PolicyAdministratorsOnly)
	}
	page, err := s.apps(ctx, f, p)
	for i := range page.Items {
		if !c.User.IsAdmin {
			page.Items[i].Tokens, page.Items[i].SystemUser = api.TokenCounts{}, nil
		}
	}
	return page, err
}

// Apps lists all apps to administrators.
func (s *Service) Apps(ctx context.Context, c Caller, p PageRequest) (api.Page[api.App], error) {
	if err := administrator(c); err != nil {
		return api.Page[api.App]{}, err
	}
	return s.apps(ctx, store.AppFilter{}, p)
}

// App is one app, for administrators.
func (s *Service) App(ctx context.Context, c Caller, id string) (api.App, error) {
	if err := administrator(c); err != nil {
		return api.App{}, err
	}
	return s.app(ctx, s.Store.Queries, id)
}

// AddApp adds a trusted application, enabled, with the policy None unless
// another is asked for. A System User given with it may be used.
func (s *Service) AddApp(ctx context.Context, c Caller, want api.NewApp) (api.App, error) {
	if err := administrator(c); err != nil {
		return api.App{}, err
	}
	a := store.App{
		ID: newID(), Name: strings.TrimSpace(want.Name), Policy: want.Policy, Enabled: true, Scopes: s.inOrder(want.Scopes),
		SystemUserAllowed: want.SystemUserAllowed || want.SystemUserID != "", SystemUserID: want.SystemUserID, CreatedAt: s.now(),
	}
	if a.Policy == "" {
		a.Policy = api.PolicyNone
	}
	return s.saveApp(ctx, c, func(tx *store.Tx) (string, error) {
		if err := s.checkApp(ctx, tx, store.App{}, a, want.Scopes); err != nil {
			return "", err
		}
		if err := tx.InsertApp(ctx, a); err != nil {
			return "", err
		}
		return a.ID, record(ctx, tx, a.CreatedAt, c.User.ID, "app.created", a.ID, appDetail(a))
	})
}

// ChangeApp changes what want names. Giving a System User also allows it,
// unless want says otherwise; what changes works on existing tokens at once.
func (s *Service) ChangeApp(ctx context.Context, c Caller, id string, want api.AppChange) (api.App, error) {
	if err := administrator(c); err != nil {
		return api.App{}, err
	}
	return s.saveApp(ctx, c, func(tx *store.Tx) (string, error) {
		old, err := tx.AppByID(ctx, id)
		if err != nil {
			return "", err
		}
		a, scopes := s.changed(old, want)
		if err := s.checkApp(ctx, tx, old, a, scopes); err != nil {
			return "", err
		}
		detail := difference(appDetail(old), appDetail(a))
		if len(detail) == 0 {
			return id, nil
		}
		if err := tx.UpdateApp(ctx, a); err != nil {
			return "", err
		}
		return id, record(ctx, tx, s.now(), c.User.ID, "app.changed", id, detail)
	})
}

// NewAppSecret gives an app a client secret, with which it may introspect its
// tokens. An earlier one ends.
func (s *Service) NewAppSecret(ctx context.Context, c Caller, id string) (secret.Value, error) {
	if err := administrator(c); err != nil {
		return secret.Value{}, err
	}
	value := secret.New(s.Rules.SecretPrefix(""), secret.App)
	_, err := s.saveApp(ctx, c, func(tx *store.Tx) (string, error) {
		a, err := tx.AppByID(ctx, id)
		if err != nil {
			return "", err
		}
		under := s.peppers.Load().current
		a.SecretMAC, a.SecretPepperID = under.MAC(value.Reveal()), under.id
		if err := tx.UnderPepper(ctx, under.id); err != nil {
			return "", err
		}
		if err := tx.UpdateApp(ctx, a); err != nil {
			return "", err
		}
		return id, record(ctx, tx, s.now(), c.User.ID, "app.secret_changed", id, nil)
	})
	if err != nil {
		return secret.Value{}, err
	}
	return value, nil
}

// saveApp runs an administrator's change of an app and reads the app back.
func (s *Service) saveApp(ctx context.Context, c Caller, change func(*store.Tx) (id string, err error)) (api.App, error) {
	var out api.App
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		id, err := change(tx)
		if err != nil {
			return err
		}
		out, err = s.app(ctx, tx.Queries, id)
		return err
	})
	switch {
	case errors.Is(err, store.ErrTaken):
		return api.App{}, &Error{Code: api.CodeConflict, Detail: "This name is taken.", Fields: []api.FieldError{
			{Pointer: "/name", Code: api.FieldTaken, Detail: "Another application has this name."},
		}}
	case errors.Is(err, store.ErrNotFound):
		return api.App{}, notFound()
	}
	return out, err
}

// changed is a after want, and the scopes that are asked for.
func (s *Service) changed(a store.App, want api.AppChange) (store.App, []string) {
	scopes := a.Scopes
	if want.Name != nil {
		a.Name = strings.TrimSpace(*want.Name)
	}
	if want.Policy != nil {
		a.Policy = *want.Policy
	}
	if want.Enabled != nil {
		a.Enabled = *want.Enabled
	}
	if want.Scopes != nil {
		scopes = *want.Scopes
		a.Scopes = s.inOrder(scopes)
	}
	if want.SystemUserID != nil {
		a.SystemUserID = *want.SystemUserID
		a.SystemUserAllowed = a.SystemUserAllowed || a.SystemUserID != ""
	}
	if want.SystemUserAllowed != nil {
		a.SystemUserAllowed = *want.SystemUserAllowed
	}
	return a, scopes
}

// checkApp checks all fields of an app that is to be saved with scopes in the place of old. A name of earlier days that
// stays keeps it from nothing.
func (s *Service) checkApp(ctx context.Context, tx *store.Tx, old, a store.App, scopes []string) error {
	var fields []api.FieldError
	bad := func(pointer, code, detail string) {
		fields = append(fields, api.FieldError{Pointer: pointer, Code: code, Detail: detail})
	}
	switch {
	case a.Name == "":
		bad("/name", api.FieldRequired, "Give the application a name.")
	case utf8.RuneCountInString(a.Name) > appNameMax:
		bad("/name", api.FieldTooLong, "Use at most 254 characters.")
	case a.Name != old.Name && unseen(a.Name) != "":
		bad("/name", api.FieldFormat, unseen(a.Name))
	}
	if !slices.Contains([]string{api.PolicyNone, api.PolicyAuthenticatedUsers, api.PolicyAdministratorsOnly}, a.Policy) {
		bad("/policy", api.FieldUnknown, "Use None, AuthenticatedUsers or AdministratorsOnly.")
	}
	switch {
	case len(scopes) == 0 && s.Rules.Grants == rules.GrantPermissions:
	case len(scopes) == 0:
		bad("/scopes", api.FieldRequired, "Choose at least one scope.")
	case slices.ContainsFunc(scopes, outside(s.Rules.ScopeNames())):
		bad("/scopes", api.FieldUnknown, "There is no such scope.")
	}
	if a.SystemUserID != "" {
		u, err := tx.UserByID(ctx, a.SystemUserID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || !u.IsActive {
			bad("/systemUserId", api.FieldUnknown, "There is no such active user.")
		}
	}
	if len(fields) > 0 {
		return invalid(fields...)
	}
	return nil
}

func (s *Service) apps(ctx context.Context, f store.AppFilter, p PageRequest) (api.Page[api.App], error) {
	o, err := p.order(store.AppSorts, "name")
	if err != nil {
		return api.Page[api.App]{}, err
	}
	l, err := s.Store.Apps(ctx, f, s.now(), o)
	if err != nil {
		return api.Page[api.App]{}, err
	}
	return pageOf(l, o, appOf), nil
}

func (s *Service) app(ctx context.Context, q store.Queries, id string) (api.App, error) {
	if id == "" {
		return api.App{}, notFound()
	}
	l, err := q.Apps(ctx, store.AppFilter{ID: id}, s.now(), store.Order{By: "name", Limit: 1})
	if err != nil {
		return api.App{}, err
	}
	if len(l.Items) == 0 {
		return api.App{}, notFound()
	}
	return appOf(l.Items[0]), nil
}

// appOf is a record on the wire.
func appOf(r store.AppRecord) api.App {
	return api.App{
		ID: r.ID, Name: r.Name, Policy: r.Policy, Enabled: r.Enabled, Scopes: r.Scopes, SystemUserAllowed: r.SystemUserAllowed,
		SystemUser: userRef(r.SystemUser), CreatedAt: r.CreatedAt, Tokens: api.TokenCounts{PAT: r.PATs, SAT: r.SATs, AtLeast: r.AtLeast},
	}
}

// appDetail is an app as the change log has it.
func appDetail(a store.App) map[string]any {
	return map[string]any{
		"name": a.Name, "policy": a.Policy, "enabled": a.Enabled, "scopes": strings.Join(a.Scopes, " "),
		"systemUserAllowed": a.SystemUserAllowed, "systemUserId": a.SystemUserID,
	}
}

// difference is what differs, as old and new by field.
func difference(before, after map[string]any) map[string]any {
	out := map[string]any{}
	for field, value := range after {
		if before[field] != value {
			out[field] = map[string]any{"old": before[field], "new": value}
		}
	}
	return out
}
