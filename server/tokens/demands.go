package tokens

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"keyfob/api"
	"keyfob/server/store"
)

// demanded checks a new token against what only the database can tell: its
// expiry against the policy of the moment, its label against those that are
// taken, and whether there is room for it. A token that replaces another takes
// over its label and its slot.
func (s *Service) demanded(ctx context.Context, tx *store.Tx, t store.Token, now time.Time) error {
	longest, err := s.longest(ctx, tx.Queries)
	if err != nil {
		return err
	}
	fields := s.checkExpiry(t, longest, now)
	if len(fields) > 0 {
		return invalid(fields...)
	}
	if t.Replaces != "" {
		return s.alone(ctx, tx, t, now)
	}
	if err := s.untaken(ctx, tx, t, now); err != nil {
		return err
	}
	return s.room(ctx, tx, t, now)
}

// checkLabel applies the rule for labels to one that is trimmed (requirements
// 53 to 55).
func (s *Service) checkLabel(label string) []api.FieldError {
	rule, n := s.Rules.Label, utf8.RuneCountInString(label)
	refused := func(code, detail string) []api.FieldError {
		return []api.FieldError{{Pointer: "/description", Code: code, Detail: detail}}
	}
	switch {
	case n == 0 && rule.Required:
		return refused(api.FieldRequired, "Give the token a name.")
	case n > 0 && n < rule.MinLength:
		return refused(api.FieldTooShort, fmt.Sprintf("Use at least %d characters.", rule.MinLength))
	case n > rule.MaxLength:
		return refused(api.FieldTooLong, fmt.Sprintf("Use at most %d characters.", rule.MaxLength))
	case unseen(label) != "":
		return refused(api.FieldFormat, unseen(label))
	}
	return nil
}

// checkExpiry applies the rule for lifetimes; longest is as longest says.
func (s *Service) checkExpiry(t store.Token, longest time.Duration, now time.Time) []api.FieldError {
	refused := func(code, detail string) []api.FieldError {
		return []api.FieldError{{Pointer: "/expiresAt", Code: code, Detail: detail}}
	}
	switch {
	case t.ExpiresAt.IsZero() && (longest > 0 || !s.Rules.Expiry.Never):
		return refused(api.FieldRequired, "Choose when the token expires.")
	case longest > 0 && t.ExpiresAt.After(now.Add(longest)):
		return refused(api.FieldTooMuch, "Choose an earlier time: tokens live at most "+span(longest)+" here.")
	}
	return nil
}

// span is a lifetime for people.
func span(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}

// untaken checks that no other live token of the user has the label
// (requirement 71's system, whose tokens are named by it). It holds the user's
// tokens until the transaction ends.
func (s *Service) untaken(ctx context.Context, tx *store.Tx, t store.Token, now time.Time) error {
	if !s.Rules.Label.Unique || t.UserID == "" || t.Description == "" {
		return nil
	}
	if err := tx.Hold(ctx, tokensOf(t.UserID)); err != nil {
		return err
	}
	n, err := tx.LiveTokens(ctx, store.LiveFilter{UserID: t.UserID, Description: t.Description, Now: now})
	if err == nil && n > 0 {
		return invalid(api.FieldError{Pointer: "/description", Code: api.FieldTaken, Detail: "Another live token of this user has this name."})
	}
	return err
}

// room checks that there may be one token more (requirements 71 to 74). It
// holds what it counts until the transaction ends, so that of any number of
// racers, on any number of servers, none slips through.
func (s *Service) room(ctx context.Context, tx *store.Tx, t store.Token, now time.Time) error {
	if most := s.Rules.Limit.PerUser; most > 0 && t.UserID != "" {
		owner, err := tx.UserByID(ctx, t.UserID)
		if err != nil {
			return err
		}
		if err := s.below(ctx, tx, s.userLimit(owner), store.LiveFilter{UserID: t.UserID, Now: now}, "user"); err != nil {
			return err
		}
	}
	if most := s.Rules.Limit.PerTenant; most > 0 {
		return s.below(ctx, tx, most, store.LiveFilter{Tenant: tenantOf(t), Now: now}, "tenant")
	}
	return nil
}

func (s *Service) below(ctx context.Context, tx *store.Tx, most int, f store.LiveFilter, whose string) error {
	held := tokensOf(f.UserID)
	if f.UserID == "" {
		held = "tokens of tenant " + f.Tenant
	}
	if err := tx.Hold(ctx, held); err != nil {
		return err
	}
	n, err := tx.LiveTokens(ctx, f)
	if err == nil && n >= most {
		return refuse(api.CodeLimit, fmt.Sprintf("The %s has %d live tokens, and at most %d are allowed. Revoke one first.", whose, n, most))
	}
	return err
}

// alone refuses to rotate, where tokens are limited, while the one that was
// replaced before still lives: at most one beside each counted token does.
func (s *Service) alone(ctx context.Context, tx *store.Tx, t store.Token, now time.Time) error {
	if s.Rules.Limit.PerUser == 0 && s.Rules.Limit.PerTenant == 0 {
		return nil
	}
	old, err := tx.TokenByID(ctx, t.Replaces)
	if err != nil || old.Replaces == "" {
		return err
	}
	before, err := tx.TokenByID(ctx, old.Replaces)
	if err == nil && !before.Revoked(now) && !expired(before, now) {
		return refuse(api.CodeLimit, "The token that this one replaced still lives. Revoke it, or wait for the end of its overlap.")
	}
	return err
}

// userLimit is how many live PATs a user may have; 0: any number. It can be
// raised for one user as far as the rules say, and not beyond.
func (s *Service) userLimit(u store.User) int {
	l := s.Rules.Limit
	if l.PerUser == 0 || u.TokenLimit == 0 {
		return l.PerUser
	}
	return min(u.TokenLimit, max(l.PerUser, l.RaisedPerUser))
}

// checkRaise refuses a limit for one user beyond the most that the rules let
// it be raised to (requirement 72).
func (s *Service) checkRaise(u store.User) []api.FieldError {
	l := s.Rules.Limit
	if most := max(l.PerUser, l.RaisedPerUser); l.PerUser > 0 && u.TokenLimit > most {
		return []api.FieldError{{Pointer: "/tokenLimit", Code: api.FieldTooMuch, Detail: fmt.Sprintf("Choose at most %d: the rules allow no more.", most)}}
	}
	return nil
}

// tokensOf names what is held while a user's tokens are counted.
func tokensOf(userID string) string { return "tokens of user " + userID }

// tenantOf is the tenant that a token belongs to, where each has one.
func tenantOf(t store.Token) string {
	if len(t.Tenants) == 0 {
		return ""
	}
	return t.Tenants[0]
}
