package tokens

import (
	"context"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// Capabilities says what is demanded of tokens and what the caller can do: all
// that a client needs to draw its forms.
func (s *Service) Capabilities(ctx context.Context, c Caller) (api.Capabilities, error) {
	longest, err := s.longest(ctx, s.Store.Queries)
	if err != nil {
		return api.Capabilities{}, err
	}
	limits, err := s.limits(ctx, c)
	if err != nil {
		return api.Capabilities{}, err
	}
	return api.Capabilities{
		Server: api.ServerInfo{Name: "Keyfob", Version: s.Version, Instance: s.Instance},
		Rules:  s.published(longest),
		Scopes: s.Rules.Catalogue(),
		Grants: api.Grants{
			Model: s.Rules.Grants, PerTenant: s.Rules.PerTenant(),
			Permissions: listed(c.User.Permissions), Tenants: listed(c.User.Tenants),
		},
		Limits:    limits,
		Abilities: s.abilities(c),
	}, nil
}

// published is the rules on the wire, with the longest lifetime of the moment.
func (s *Service) published(longest time.Duration) api.Rules {
	r := s.Rules
	proposed := r.Expiry.Default.Duration
	if longest > 0 {
		proposed = min(proposed, longest)
	}
	return api.Rules{
		Preset: r.Preset,
		Label:  api.LabelRule(r.Label),
		Expiry: api.ExpiryRule{
			NeverAllowed: r.Expiry.Never && longest == 0, DefaultSeconds: int64(proposed / time.Second),
			MaxSeconds: int64(longest / time.Second), Recommended: r.Expiry.Recommended,
		},
		Revoke: api.RevokeRule{Verb: r.Revoke.Verb, PromiseSeconds: int(seconds(r.Revoke.Promise)), StaysListed: r.Revoke.StaysListed},
		List:   r.List, Prefix: r.Prefix, Exchange: r.Exchange, ReadScope: r.ReadScope, ActivationSeconds: int(seconds(r.Activation)),
	}
}

// limits are those that hold for the caller, with what is used of them.
func (s *Service) limits(ctx context.Context, c Caller) ([]api.Limit, error) {
	var (
		out = []api.Limit{}
		now = s.now()
		err error
	)
	add := func(l api.Limit, f store.LiveFilter) {
		if err != nil {
			return
		}
		l.Used, err = s.Store.LiveTokens(ctx, f)
		out = append(out, l)
	}
	if most := s.userLimit(c.User); most > 0 && c.User.ID != "" {
		add(api.Limit{Per: "user", Max: most}, store.LiveFilter{UserID: c.User.ID, Now: now})
	}
	if most := s.Rules.Limit.PerTenant; most > 0 {
		for _, tenant := range tenantsOf(c) {
			add(api.Limit{Per: "tenant", Max: most, Tenant: tenant}, store.LiveFilter{Tenant: tenant, Now: now})
		}
	}
	return out, err
}

// tenantsOf are the tenants that the caller speaks for: the user's, and of
// those only the token's, if one was presented.
func tenantsOf(c Caller) []string {
	if c.Token == nil {
		return c.User.Tenants
	}
	return within(c.Token.Tenants, c.User.Tenants)
}

// abilities says of each optional ability whether the caller has it.
func (s *Service) abilities(c Caller) map[string]api.Ability {
	admins := ability(administrator(c), "This needs an administrator who signed in.")
	keepers := ability(keeper(c), "This needs a user who signed in, or a personal access token with the scope tokens.")
	exchange := api.Ability{State: "no", Reason: "The rules of this server do not allow it."}
	if s.Exchanges() {
		exchange = api.Ability{State: "yes"}
	}
	return map[string]api.Ability{
		"createPat": keepers, "createSat": admins, "rotate": keepers, "bulkRevoke": admins, "find": admins,
		"exchange": exchange, "events": admins, "users": admins, "policy": admins, "deviceFlow": {State: "yes"},
	}
}

func seconds(d rules.Duration) int64 { return int64(d.Duration / time.Second) }

// ability is yes, unless the caller is refused.
func ability(refused error, reason string) api.Ability {
	if refused != nil {
		return api.Ability{State: "denied", Reason: reason}
	}
	return api.Ability{State: "yes"}
}
