package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// What a token may do beside its scopes, where the rules want it said:
// permissions and tenants, of those that the user whom it acts as holds when it
// is issued. They are kept as granted and never rewritten. What they are worth
// is found at each use: the part of them that the user holds then
// (requirements 93 to 96).

// granted is the permissions and tenants that a token gets which is asked for
// and acts as holder. A holder without an id is unknown: what it holds is not
// checked. One thing that it does not hold refuses all (requirements 65, 66).
func (s *Service) granted(want api.NewToken, holder store.User) (permissions, tenants []string, fields []api.FieldError) {
	permissions, tenants = grants(want.Permissions), grants(want.Tenants)
	if s.Rules.PerTenant() && len(tenants) == 0 && len(holder.Tenants) == 1 {
		tenants = holder.Tenants
	}
	add := func(f api.FieldError, bad bool) {
		if bad {
			fields = append(fields, f)
		}
	}
	add(api.FieldError{Pointer: "/roles", Code: api.FieldRefused, Detail: "A token cannot be given roles. Choose what it may do."}, want.Roles != nil)
	add(s.checkPermissions(permissions, holder))
	add(s.checkTenants(tenants, holder))
	return permissions, tenants, fields
}

func (s *Service) checkPermissions(permissions []string, holder store.User) (f api.FieldError, bad bool) {
	foreign := func(p string) bool { return !covers(holder.Permissions, p) }
	f = api.FieldError{Pointer: "/permissions"}
	switch bad := checkPermissions(permissions); {
	case s.Rules.Grants != rules.GrantPermissions && len(permissions) > 0:
		f.Code, f.Detail = api.FieldRefused, "Tokens carry scopes here, not permissions."
	case s.Rules.Grants != rules.GrantPermissions:
	case len(permissions) == 0:
		f.Code, f.Detail = api.FieldRequired, "Choose at least one permission."
	case bad != nil:
		f = bad[0]
	case holder.ID != "" && slices.ContainsFunc(permissions, foreign):
		f.Code, f.Detail = api.FieldTooMuch, "The user whom the token acts as does not hold this permission now."
	}
	return f, f.Code != ""
}

func (s *Service) checkTenants(tenants []string, holder store.User) (f api.FieldError, bad bool) {
	f = api.FieldError{Pointer: "/tenants"}
	wanted := s.Rules.PerTenant() || s.Rules.Grants == rules.GrantPermissions
	switch bad := checkTenants(tenants); {
	case !wanted && len(tenants) > 0:
		f.Code, f.Detail = api.FieldRefused, "Tokens belong to no tenant here."
	case !wanted:
	case len(tenants) == 0 && holder.ID != "" && len(holder.Tenants) == 0:
		f.Code, f.Detail = api.FieldRequired, "The user whom the token acts as is assigned to no tenant."
	case len(tenants) == 0:
		f.Code, f.Detail = api.FieldRequired, "Choose a tenant."
	case bad != nil:
		f = bad[0]
	case s.Rules.PerTenant() && len(tenants) > 1:
		f.Code, f.Detail = api.FieldTooMuch, "A token belongs to one tenant. Choose one."
	case s.Rules.PerTenant() && strings.ContainsAny(tenants[0], ".:"):
		f.Code, f.Detail = api.FieldFormat, "The tenant's name is part of a secret here: it can have letters, digits and hyphens only."
	case holder.ID != "" && slices.ContainsFunc(tenants, outside(holder.Tenants)):
		f.Code, f.Detail = api.FieldTooMuch, "The user whom the token acts as is not assigned to this tenant now."
	}
	return f, f.Code != ""
}

// leftOf is what a token that replaces t can be granted: what holder holds of
// it now. It is a grant anew, and nobody grants what they do not hold; where
// nothing is left of what the rules demand, there is nothing to replace.
func (s *Service) leftOf(t store.Token, holder store.User) (permissions, tenants []string, err error) {
	permissions, tenants = effective(t, holder)
	if len(t.Permissions) > 0 && len(permissions) == 0 || len(t.Tenants) > 0 && len(tenants) == 0 {
		return nil, nil, refuse(api.CodeConflict, "The user whom this token acts as holds none of its permissions or tenants any more. Create a new token.")
	}
	return permissions, tenants, nil
}

// effective is what a token is worth that acts as holder now; nil for what it
// was never granted, empty for what is lost.
func effective(t store.Token, holder store.User) (permissions, tenants []string) {
	if t.Permissions != nil {
		permissions = meet(t.Permissions, holder.Permissions)
	}
	if t.Tenants != nil {
		tenants = within(t.Tenants, holder.Tenants)
	}
	return permissions, tenants
}

// covers reports whether one who holds these permissions has p, which may
// itself stand for several: policies.* has policies.list, *.* has both.
func covers(held []string, p string) bool {
	return slices.ContainsFunc(held, func(h string) bool { return h == p || h == everything || matchesAction(h, p) })
}

const everything = "*.*"

// matchesAction reports whether h is all actions with the resource of p.
func matchesAction(h, p string) bool {
	resource, all := strings.CutSuffix(h, ".*")
	return all && strings.HasPrefix(p, resource+".")
}

// meet is what two lists of permissions both cover, each as narrow as either
// has it: policies.* and policies.list meet in policies.list.
func meet(a, b []string) []string {
	out := []string{}
	for _, p := range a {
		if covers(b, p) {
			out = append(out, p)
		}
	}
	for _, p := range b {
		if covers(a, p) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// For is the caller as an API sees it that takes the tokens of these apps. A
// token of another one is worth nothing there. A sign-in has the scopes of
// those apps that are enabled, as a token of theirs could (requirement 23).
func (s *Service) For(ctx context.Context, c Caller, appIDs []string) (Caller, error) {
	if c.Token != nil {
		if !slices.Contains(appIDs, c.Token.AppID) {
			return Caller{}, unauthenticated()
		}
		return c, nil
	}
	var scopes []string
	enabled := false
	for _, id := range appIDs {
		app, err := s.Store.AppByID(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Caller{}, err
		}
		if err == nil && app.Enabled {
			enabled, scopes = true, append(scopes, app.Scopes...)
		}
	}
	if !enabled {
		return Caller{}, unauthenticated()
	}
	c.Scopes = s.inOrder(s.Rules.Holding(within(c.Scopes, scopes)))
	return c, nil
}

// Covers reports whether the caller may do what is named, each kind of thing
// for itself: any one of the scopes, any one of the permissions, the tenant.
// What is not named is not asked for (requirements 90 to 95).
func (c Caller) Covers(scopes, permissions []string, tenant string) bool {
	return (len(scopes) == 0 || slices.ContainsFunc(scopes, inside(c.Scopes))) &&
		(len(permissions) == 0 || slices.ContainsFunc(permissions, func(p string) bool { return covers(c.Permissions, p) })) &&
		(tenant == "" || slices.Contains(c.Tenants, tenant))
}

func inside(list []string) func(string) bool {
	return func(s string) bool { return slices.Contains(list, s) }
}

// tenantOf is the one tenant that t belongs to; empty where the rules know no
// such thing.
func (s *Service) tenantOf(t store.Token) string {
	if s.Rules.PerTenant() && len(t.Tenants) == 1 {
		return t.Tenants[0]
	}
	return ""
}
