package tokens

import (
	"context"
	"slices"

	"keyfob/api"
	"keyfob/server/rules"
)

const appNameMax = 254

// ScopeIntrospect is what Introspect asks of a SAT.
const ScopeIntrospect = rules.ScopeIntrospect

// inOrder is names without repetition, in the catalogue's order. Names that
// the catalogue lacks are left out.
func (s *Service) inOrder(names []string) []string {
	return within(s.Rules.ScopeNames(), names)
}

// within is what of scopes is in bounds too.
func within(scopes, bounds []string) []string {
	out := []string{}
	for _, s := range scopes {
		if slices.Contains(bounds, s) {
			out = append(out, s)
		}
	}
	return out
}

// Me says who the caller is. An application is nobody: a SAT is denied.
func (s *Service) Me(_ context.Context, c Caller) (api.Me, error) {
	if c.App != nil || c.operator() || c.Token != nil && c.Token.Kind == api.KindSAT {
		return api.Me{}, refuse(api.CodeDenied, "Only a user has a profile; an application has none.")
	}
	return api.Me{
		ID: c.User.ID, Login: c.User.Login, Name: c.User.Name, Email: c.User.Email,
		IsAdmin: c.User.IsAdmin, IsActive: c.User.IsActive,
		PreferredLanguage: c.User.PreferredLanguage, PictureURL: s.ProfileURL + "/me/picture/128", Instance: s.Instance,
		Links: map[string]string{"profile": s.ProfileURL, "accessTokens": s.ProfileURL + "/tokens"},
	}, nil
}
