package tokens

import (
	"context"
	"slices"
	"time"

	"keyfob/api"
)

// Prefix begins every secret (requirement 1).
const Prefix = "enrt_"

const (
	descriptionMax = 128
	appNameMax     = 254
	defaultExpiry  = 365 * 24 * time.Hour
)

// ScopeIntrospect is what Introspect asks of a SAT.
const ScopeIntrospect = "introspect"

// catalogue is all scopes there are, the least first.
var catalogue = []api.Scope{
	{Name: "read", Label: "Read", Description: "Read data as the identity of the token."},
	{Name: "update", Label: "Update", Description: "Change data as the identity of the token."},
	{Name: ScopeTokens, Label: "Manage tokens", Description: "List, issue, rotate and revoke the personal access tokens of its owner, within its own scopes and time.", Broad: true},
	{Name: ScopeIntrospect, Label: "Introspect", Description: "Ask what other tokens of the application are worth.", Broad: true},
}

func scopeNames(scopes []api.Scope) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

// inOrder is names without repetition, in the catalogue's order. Names that
// the catalogue lacks are left out.
func inOrder(names []string) []string {
	return within(scopeNames(catalogue), names)
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

// Capabilities says what the rules are and what the caller can do.
func (s *Service) Capabilities(_ context.Context, c Caller) (api.Capabilities, error) {
	no := api.Ability{State: "no", Reason: "This server does not offer it."}
	admins := ability(administrator(c), "This needs an administrator who signed in.")
	keepers := ability(keeper(c), "This needs a user who signed in, or a personal access token with the scope tokens.")
	return api.Capabilities{
		Server: api.ServerInfo{Name: "Keyfob", Version: s.Version, Instance: s.Instance},
		Rules: api.Rules{
			Preset: "erp",
			Label:  api.LabelRule{MaxLength: descriptionMax},
			Expiry: api.ExpiryRule{NeverAllowed: true, DefaultSeconds: int64(defaultExpiry / time.Second)},
			Revoke: api.RevokeRule{Verb: "Revoke"},
			List:   "own",
			Prefix: Prefix,
		},
		Scopes:    slices.Clone(catalogue),
		Limits:    []api.Limit{},
		Abilities: map[string]api.Ability{"rotate": keepers, "bulkRevoke": admins, "find": admins, "exchange": no, "events": admins, "users": admins},
	}, nil
}

// ability is yes, unless the caller is refused.
func ability(refused error, reason string) api.Ability {
	if refused != nil {
		return api.Ability{State: "denied", Reason: reason}
	}
	return api.Ability{State: "yes"}
}

// Me says who the caller is. An application is nobody: a SAT is denied.
func (s *Service) Me(_ context.Context, c Caller) (api.Me, error) {
	if c.App != nil || c.operator() || c.Token != nil && c.Token.Kind == api.KindSAT {
		return api.Me{}, refuse(api.CodeDenied, "Only a user has a profile; an application has none.")
	}
	return api.Me{
		ID: c.User.ID, Login: c.User.Login, Name: c.User.Name, Email: c.User.Email,
		IsAdmin: c.User.IsAdmin, IsActive: c.User.IsActive,
		PreferredLanguage: c.User.PreferredLanguage, Instance: s.Instance,
		Links: map[string]string{"profile": s.ProfileURL, "accessTokens": s.ProfileURL + "/tokens"},
	}, nil
}
