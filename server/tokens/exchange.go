package tokens

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/store"
)

const (
	exchangeLife = 15 * time.Minute
	exchangeMax  = 100 // of one parent within exchangeLife, ended or not: what one token can make the server keep
)

// Refusals of Exchange, beside those of the subject token (CodeUnauthenticated)
// and of its scopes (CodeScope).
var (
	ErrTarget = errors.New("tokens: the exchanged token is wanted for somebody else")
	ErrClient = errors.New("tokens: the client is not the token's application")
)

// BusyError says that a token was exchanged too often, and for how long.
type BusyError struct{ Wait time.Duration }

func (e *BusyError) Error() string {
	return "tokens: exchanged too often, wait " + strconv.Itoa(int(e.Wait/time.Second)) + " s"
}

// Exchange is the wish for a short-lived token in place of a PAT or SAT
// (RFC 8693, section 2.1).
type Exchange struct {
	Subject  string   // the secret of the PAT or SAT
	Scopes   []string // nil: all that may be had
	Audience []string // each the id of the subject's app
	Client   *Caller  // as CheckApp made it; nil: whoever holds the subject
	From     string
}

// ExchangedToken is the answer to it. Lives is in whole seconds, at least one.
type ExchangedToken struct {
	Secret secret.Value
	Scopes []string
	Lives  time.Duration
}

// Exchanges reports whether the rules allow Exchange.
func (s *Service) Exchanges() bool { return s.Rules.Exchange }

// Exchange gives a token that acts as a PAT or SAT does, for 15 minutes and
// never beyond it, with scopes of its (requirements 101 to 103). It never has
// the scope tokens: a short-lived token that leaks from where it is used must
// not lead to one that lasts. For the same reason it cannot be exchanged again:
// a chain of exchanges would make 15 minutes endless.
//
// Only its own end and scopes are kept; all else is read from its parent at
// each check, so it ends with that, by whatever ends it. The change log gets
// its row in the same transaction.
func (s *Service) Exchange(ctx context.Context, want Exchange) (ExchangedToken, error) {
	if !s.Exchanges() {
		return ExchangedToken{}, refuse(api.CodeDenied, "The rules of this server allow no token exchange.")
	}
	p, err := s.lookUp(ctx, want.Subject)
	if err != nil {
		return ExchangedToken{}, err
	}
	now := s.now()
	if p.Exchanged != nil || !s.worth(&p.Presented, now) {
		return ExchangedToken{}, unauthenticated()
	}
	if want.Client != nil && want.Client.App.ID != p.App.ID {
		return ExchangedToken{}, ErrClient
	}
	if slices.ContainsFunc(want.Audience, func(a string) bool { return a != p.App.ID }) {
		return ExchangedToken{}, ErrTarget
	}
	scopes, err := s.exchanged(&p.Presented, want.Scopes)
	if err != nil {
		return ExchangedToken{}, err
	}
	x := store.Exchanged{
		ID: newID(), ParentID: p.Token.ID, Scopes: scopes,
		CreatedAt: now, ExpiresAt: exchangeEnd(p.Token, now),
	}
	if !x.ExpiresAt.After(now) {
		return ExchangedToken{}, unauthenticated()
	}
	value := secret.New(s.Rules.SecretPrefix(""), secret.Exchanged)
	under := s.peppers.Load().current
	x.MAC, x.PepperID = under.MAC(value.Reveal()), under.id
	if err := s.keepExchanged(ctx, x, p.User.ID, want.From); err != nil {
		return ExchangedToken{}, err
	}
	s.used.note(p.Token.ID, now, want.From)
	return ExchangedToken{Secret: value, Scopes: scopes, Lives: x.ExpiresAt.Sub(now)}, nil
}

// keepExchanged writes x, unless its parent was exchanged too often or has
// ended meanwhile. What else could end it meanwhile ends x at its first use.
func (s *Service) keepExchanged(ctx context.Context, x store.Exchanged, actor, from string) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		parent, err := tx.TokenByID(ctx, x.ParentID) // which holds it: the count stays true
		if err != nil {
			return orNotFound(err)
		}
		if parent.Revoked(x.CreatedAt) {
			return unauthenticated()
		}
		count, ends, err := tx.ExchangesOf(ctx, x.ParentID, x.CreatedAt)
		if err != nil {
			return err
		}
		if count >= exchangeMax {
			return &BusyError{Wait: ends.Sub(x.CreatedAt)}
		}
		if err := tx.UnderPepper(ctx, x.PepperID); err != nil {
			return err
		}
		if err := tx.InsertExchanged(ctx, x); err != nil {
			return err
		}
		detail := map[string]any{"exchangedId": x.ID, "scopes": x.Scopes, "expiresAt": orNil(x.ExpiresAt), "from": from}
		return record(ctx, tx, x.CreatedAt, actor, "token.exchanged", x.ParentID, detail)
	})
}

// exchanged is the scopes that an exchanged token gets of its parent's.
func (s *Service) exchanged(p *store.Presented, wanted []string) ([]string, error) {
	may := passing(s.held(p))
	if wanted == nil {
		wanted = may
	}
	none := len(wanted) == 0 && s.Rules.Grants == rules.GrantScopes
	if none || slices.ContainsFunc(wanted, outside(may)) {
		return nil, refuse(api.CodeScope, "The subject token has no such scope to give.")
	}
	return within(may, wanted), nil
}

// passing is what of scopes an exchanged token may have.
func passing(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == ScopeTokens })
}

// exchangeEnd is 15 minutes from now, or whole seconds before the parent ends.
func exchangeEnd(parent store.Token, now time.Time) time.Time {
	life := exchangeLife
	for _, end := range []time.Time{parent.ExpiresAt, parent.OverlapEndsAt} {
		if left := end.Sub(now); !end.IsZero() && left < life {
			life = left.Truncate(time.Second)
		}
	}
	return now.Add(life)
}

// revokeExchanged ends an exchanged token; its parent lives on.
func (s *Service) revokeExchanged(ctx context.Context, p *store.Presented, actor string, detail map[string]any) error {
	now := s.now()
	detail["exchangedId"] = p.Exchanged.ID
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		ended, err := tx.RevokeExchanged(ctx, p.Exchanged.ID, now)
		if err != nil || !ended {
			return err
		}
		return record(ctx, tx, now, actor, "token.exchange.revoked", p.Token.ID, detail)
	})
}

// purgeExchanged drops exchanged tokens whose time is over, if there are any.
func (s *Service) purgeExchanged(ctx context.Context) error {
	now := s.now()
	due, err := s.Store.ExchangesDue(ctx, now)
	if err != nil || !due {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.PurgeExchanges(ctx, now) })
}
