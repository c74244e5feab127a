package tokens

import (
	"context"
	"errors"
	"strings"

	"keyfob/api"
	"keyfob/server/store"
)

// DeleteApp hides an app for good and ends its client secret; its name is free
// again. One with live tokens is CodeAppInUse: revoke them first. What happened
// with its tokens stays readable. Deleting it again changes nothing.
func (s *Service) DeleteApp(ctx context.Context, c Caller, id string) error {
	if err := administrator(c); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		if gone, err := held(ctx, tx, id); err != nil || gone {
			return err
		}
		app, err := s.app(ctx, tx.Queries, id)
		if err != nil {
			return err
		}
		if app.Tokens != (api.TokenCounts{}) {
			return refuse(api.CodeAppInUse, "The application has live tokens. Revoke them first.")
		}
		if err := tx.DeleteApp(ctx, id); err != nil {
			return err
		}
		return record(ctx, tx, s.now(), c.User.ID, "app.deleted", id, map[string]any{"name": app.Name})
	})
}

// held holds the app, so that none of its tokens is issued meanwhile, or says
// that it is gone already.
func held(ctx context.Context, tx *store.Tx, id string) (gone bool, err error) {
	_, err = tx.AppByID(ctx, id)
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	gone, err = tx.AppDeleted(ctx, id)
	if err == nil && !gone {
		err = notFound()
	}
	return gone, err
}

// knownApp is CodeNotFound for an app that never was.
func (s *Service) knownApp(ctx context.Context, id string) error {
	_, err := s.Store.AppByID(ctx, id)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	deleted, err := s.Store.AppDeleted(ctx, id)
	if err == nil && !deleted {
		return notFound()
	}
	return err
}

// ChangeUser changes what want names. Its password is not looked at: the hash
// of it is the caller's business (package server/password), and empty if the
// password stays. Who is made inactive, or gets another password, is signed
// out everywhere; tokens that act as an inactive user are worth nothing while
// it lasts. The last active administrator stays one (CodeLastAdmin).
func (s *Service) ChangeUser(ctx context.Context, c Caller, id string, want api.UserChange, passwordHash string) (api.User, error) {
	if err := administrator(c); err != nil {
		return api.User{}, err
	}
	var out api.User
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Hold(ctx, "user "+id); err != nil { // a shared lock could not be widened by two
			return err
		}
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		old, err := tx.UserByID(ctx, id)
		if err != nil {
			return orNotFound(err)
		}
		u := changedUser(old, want)
		if passwordHash != "" {
			u.PasswordHash = passwordHash
		}
		out = userOf(u)
		return s.saveUser(ctx, tx, c, old, u)
	})
	if err != nil {
		return api.User{}, err
	}
	return out, nil
}

// SetUserActive lets a user in or keeps one out, together with all tokens that
// act as that user.
func (s *Service) SetUserActive(ctx context.Context, c Caller, id string, active bool) error {
	_, err := s.ChangeUser(ctx, c, id, api.UserChange{IsActive: &active}, "")
	return err
}

func (s *Service) saveUser(ctx context.Context, tx *store.Tx, c Caller, old, u store.User) error {
	if fields := append(checkUser(old, u), s.checkRaise(u)...); len(fields) > 0 {
		return invalid(fields...)
	}
	detail := difference(userDetail(old), userDetail(u))
	renewed := u.PasswordHash != old.PasswordHash
	if renewed {
		detail["password"] = "changed"
	}
	if len(detail) == 0 {
		return nil
	}
	if err := staysAdministered(ctx, tx, old, u); err != nil {
		return err
	}
	if err := tx.UpdateUser(ctx, u); err != nil {
		return err
	}
	now := s.now()
	if renewed || !u.IsActive {
		if err := tx.EndSignIns(ctx, u.ID, now); err != nil {
			return err
		}
	}
	return record(ctx, tx, now, c.User.ID, "user.changed", u.ID, detail)
}

// staysAdministered refuses to take away the last active administrator.
func staysAdministered(ctx context.Context, tx *store.Tx, old, u store.User) error {
	if !old.IsAdmin || !old.IsActive || u.IsAdmin && u.IsActive {
		return nil
	}
	if err := tx.Hold(ctx, "administrators"); err != nil { // two could each count on the other
		return err
	}
	left, err := tx.OtherAdmin(ctx, u.ID)
	if err == nil && !left {
		return refuse(api.CodeLastAdmin, "This is the last active administrator. Make another one first.")
	}
	return err
}

// changedUser is u after want.
func changedUser(u store.User, want api.UserChange) store.User {
	if want.Name != nil {
		u.Name = strings.TrimSpace(*want.Name)
	}
	if u.Name == "" {
		u.Name = u.Login
	}
	if want.Email != nil {
		u.Email = strings.TrimSpace(*want.Email)
	}
	if want.IsAdmin != nil {
		u.IsAdmin = *want.IsAdmin
	}
	if want.IsActive != nil {
		u.IsActive = *want.IsActive
	}
	if want.Permissions != nil {
		u.Permissions = grants(*want.Permissions)
	}
	if want.Tenants != nil {
		u.Tenants = grants(*want.Tenants)
	}
	if want.TokenLimit != nil {
		u.TokenLimit = *want.TokenLimit
	}
	return u
}

// userDetail is a user as the change log has it.
func userDetail(u store.User) map[string]any {
	return map[string]any{
		"name": u.Name, "email": u.Email, "isAdmin": u.IsAdmin, "isActive": u.IsActive,
		"permissions": strings.Join(u.Permissions, " "), "tenants": strings.Join(u.Tenants, " "), "tokenLimit": u.TokenLimit,
	}
}
