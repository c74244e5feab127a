package tokens

import (
	"context"
	"slices"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// ScopeTokens lets a PAT manage the PATs of its owner, within its own bounds.
const ScopeTokens = rules.ScopeTokens

// Keeper reports whether the caller may manage their own tokens: a person who
// signed in, or a PAT with the scope tokens.
func (c Caller) Keeper() bool {
	return c.Interactive() || c.Token != nil && c.Token.Kind == api.KindPAT && slices.Contains(c.Scopes, ScopeTokens)
}

func keeper(c Caller) error {
	if !c.Keeper() {
		return refuse(api.CodeInteractive, "This needs an interactive sign-in, or a personal access token with the scope tokens.")
	}
	return nil
}

// again is a caller as they and their token or sign-in are now. Each may have changed
// since the call's beginning, at another server too; from here on they are held
// until what they do is kept.
func (s *Service) again(ctx context.Context, tx *store.Tx, c Caller) (Caller, error) {
	switch {
	case c.operator():
		return c, nil
	case c.Token == nil:
		u, err := tx.UserByID(ctx, c.User.ID)
		if err != nil || !u.IsActive {
			return c, orUnauthenticated(err)
		}
		if in, err := tx.SignedIn(ctx, c.SignInID, s.now()); err != nil || !in {
			return c, orUnauthenticated(err)
		}
		c.User, c.Permissions, c.Tenants = u, u.Permissions, u.Tenants
		return c, nil
	}
	t, err := tx.TokenByID(ctx, c.Token.ID)
	if err != nil {
		return c, orUnauthenticated(err)
	}
	a, err := tx.AppByID(ctx, t.AppID)
	if err != nil {
		return c, orUnauthenticated(err)
	}
	u, err := tx.UserByID(ctx, t.UserID)
	if err != nil {
		return c, orUnauthenticated(err)
	}
	p := store.Presented{Token: t, App: &a, User: &u}
	if !s.worth(&p, s.now()) {
		return c, unauthenticated()
	}
	c.User, c.Token, c.Scopes = u, &t, s.held(&p)
	c.Permissions, c.Tenants = effective(t, u)
	return c, keeper(c)
}

// stillAdministers refuses who is an administrator no more. Each change that
// needs one asks it, however early in the call it asked before.
func (s *Service) stillAdministers(ctx context.Context, tx *store.Tx, c Caller) error {
	c, err := s.again(ctx, tx, c)
	if err != nil {
		return err
	}
	return administrator(c)
}

// end is when the caller's own token ends by the clock; zero: never, or no
// token.
func (c Caller) end() time.Time {
	if c.Token == nil {
		return time.Time{}
	}
	if !c.Token.OverlapEndsAt.IsZero() {
		return c.Token.OverlapEndsAt // never beyond the expiry
	}
	return c.Token.ExpiresAt
}

// bounded keeps what a token issues within the token itself: no scope,
// permission or tenant that it lacks, no expiry beyond its own.
func bounded(c Caller, t store.Token) []api.FieldError {
	if c.Token == nil {
		return nil
	}
	var fields []api.FieldError
	if slices.ContainsFunc(t.Scopes, outside(c.Scopes)) {
		fields = append(fields, api.FieldError{Pointer: "/scopes", Code: api.FieldTooMuch, Detail: "The token that asks lacks this scope."})
	}
	if slices.ContainsFunc(t.Permissions, func(p string) bool { return !covers(c.Permissions, p) }) {
		fields = append(fields, api.FieldError{Pointer: "/permissions", Code: api.FieldTooMuch, Detail: "The token that asks lacks this permission."})
	}
	if slices.ContainsFunc(t.Tenants, outside(c.Tenants)) {
		fields = append(fields, api.FieldError{Pointer: "/tenants", Code: api.FieldTooMuch, Detail: "The token that asks lacks this tenant."})
	}
	if end := c.end(); !end.IsZero() && (t.ExpiresAt.IsZero() || t.ExpiresAt.After(end)) {
		fields = append(fields, api.FieldError{Pointer: "/expiresAt", Code: api.FieldTooMuch, Detail: "Choose a time no later than the end of the token that asks."})
	}
	return fields
}

// via tells in the change log which token the caller used, if any; detail may
// be nil.
func (c Caller) via(detail map[string]any) map[string]any {
	if c.Token == nil {
		return detail
	}
	if detail == nil {
		detail = map[string]any{}
	}
	detail["via"] = c.Token.ID
	return detail
}

// by is what an attempt is for, apart for each token that makes it: a kept
// reply is repeated only to whom it was given.
func (c Caller) by(what string) string {
	if c.Token == nil {
		return what
	}
	return what + "\x00" + c.Token.ID
}
