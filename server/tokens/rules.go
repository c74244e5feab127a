package tokens

import (
	"context"
	"slices"
	"time"

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

// Capabilities says what the rules are and what the caller can do.
func (s *Service) Capabilities(_ context.Context, c Caller) (api.Capabilities, error) {
	r := s.Rules
	no := api.Ability{State: "no", Reason: "This server does not offer it."}
	admins := ability(administrator(c), "This needs an administrator who signed in.")
	exchange := no
	if s.Exchanges() {
		exchange = api.Ability{State: "yes"}
	}
	keepers := ability(keeper(c), "This needs a user who signed in, or a personal access token with the scope tokens.")
	return api.Capabilities{
		Server: api.ServerInfo{Name: "Keyfob", Version: s.Version, Instance: s.Instance},
		Rules: api.Rules{
			Preset: r.Preset,
			Label:  api.LabelRule(r.Label),
			Expiry: api.ExpiryRule{NeverAllowed: r.Expiry.Never, DefaultSeconds: seconds(r.Expiry.Default), MaxSeconds: seconds(r.Expiry.Max)},
			Revoke: api.RevokeRule{Verb: r.Revoke.Verb, PromiseSeconds: int(seconds(r.Revoke.Promise)), StaysListed: r.Revoke.StaysListed},
			List:   r.List,
			Prefix: r.SecretPrefix(""),
		},
		Scopes:    r.Catalogue(),
		Limits:    []api.Limit{},
		Abilities: map[string]api.Ability{"rotate": keepers, "bulkRevoke": admins, "find": admins, "exchange": exchange, "events": admins, "users": admins},
	}, nil
}

func seconds(d rules.Duration) int64 { return int64(time.Duration(d) / time.Second) }

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
