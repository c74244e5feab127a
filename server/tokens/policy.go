package tokens

import (
	"context"
	"strconv"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

// policyMax is the longest lifetime that a policy can name: 100 years.
const policyMax = 100 * 365 * 24 * time.Hour

// Policy is what administrators demand beyond the rules (requirement 61).
func (s *Service) Policy(ctx context.Context, c Caller) (api.Policy, error) {
	if err := administrator(c); err != nil {
		return api.Policy{}, err
	}
	return s.policy(ctx, s.Store.Queries)
}

// SetPolicy changes it, for tokens that are issued or rotated from now on, at
// all servers of the database.
func (s *Service) SetPolicy(ctx context.Context, c Caller, want api.PolicyChange) (api.Policy, error) {
	if err := administrator(c); err != nil {
		return api.Policy{}, err
	}
	value := ""
	if want.MaxExpirySeconds != nil {
		if n := *want.MaxExpirySeconds; n < 1 || n > int64(policyMax/time.Second) {
			return api.Policy{}, invalid(api.FieldError{Pointer: "/maxExpirySeconds", Code: api.FieldFormat, Detail: "Choose 1 second to 100 years, or null for no maximum."})
		}
		value = strconv.FormatInt(*want.MaxExpirySeconds, 10)
	}
	var out api.Policy
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		old, err := tx.SetSetting(ctx, store.SettingMaxExpiry, value)
		if err != nil {
			return err
		}
		if out, err = s.policy(ctx, tx.Queries); err != nil || old == value {
			return err
		}
		return record(ctx, tx, s.now(), c.User.ID, "policy.changed", "policy", map[string]any{
			"maxExpirySeconds": map[string]any{"old": old, "new": value},
		})
	})
	if err != nil {
		return api.Policy{}, err
	}
	return out, nil
}

func (s *Service) policy(ctx context.Context, q store.Queries) (api.Policy, error) {
	most, err := policyOf(ctx, q)
	if err != nil {
		return api.Policy{}, err
	}
	return api.Policy{
		MaxExpirySeconds: orNil(int64(most / time.Second)), RulesMaxSeconds: seconds(s.Rules.Expiry.Max),
		EffectiveMaxSeconds: int64(stricter(most, s.Rules.Expiry.Max.Duration) / time.Second),
	}, nil
}

// longest is how long a token may live: the stricter of rules and policy; 0:
// for ever, if the rules say so.
func (s *Service) longest(ctx context.Context, q store.Queries) (time.Duration, error) {
	most, err := policyOf(ctx, q)
	return stricter(most, s.Rules.Expiry.Max.Duration), err
}

// policyOf is the policy's maximum; 0: none.
func policyOf(ctx context.Context, q store.Queries) (time.Duration, error) {
	value, err := q.Setting(ctx, store.SettingMaxExpiry)
	if err != nil || value == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(value, 10, 64)
	return time.Duration(n) * time.Second, err
}

// stricter is the smaller of two maxima, where 0 is none.
func stricter(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
