package tokens

import (
	"context"
	"errors"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

// overlapMax is how long a token that was rotated may live on, at most.
const overlapMax = 7 * 24 * time.Hour

// RotateOwn replaces a PAT of the caller by a new one, with the same
// description, app and scopes, as far as the app allows
// them now, and permissions and tenants, as far as its user holds them. The old one
// ends after the overlap, by the clock alone. Both records and their rows in
// the change log are written in one transaction. The key is as for CreatePAT.
// Anybody else's token is CodeNotFound.
func (s *Service) RotateOwn(ctx context.Context, c Caller, id string, want api.Rotation, idempotencyKey string) (api.Issued, error) {
	if err := keeper(c); err != nil {
		return api.Issued{}, err
	}
	return s.rotate(ctx, c, id, want, idempotencyKey, func(c Caller, t store.Token) error {
		if t.Kind != api.KindPAT || t.UserID != c.User.ID {
			return notFound()
		}
		return nil
	})
}

// RotateAny replaces any token; it needs an administrator. A PAT stays its
// owner's, who must be allowed to have it now.
func (s *Service) RotateAny(ctx context.Context, c Caller, id string, want api.Rotation, idempotencyKey string) (api.Issued, error) {
	if err := administrator(c); err != nil {
		return api.Issued{}, err
	}
	return s.rotate(ctx, c, id, want, idempotencyKey, func(c Caller, _ store.Token) error { return administrator(c) })
}

func (s *Service) rotate(ctx context.Context, c Caller, id string, want api.Rotation, key string, may func(Caller, store.Token) error) (api.Issued, error) {
	overlap := time.Duration(want.OverlapSeconds) * time.Second
	if want.OverlapSeconds < 0 || want.OverlapSeconds > int(overlapMax/time.Second) {
		return api.Issued{}, invalid(api.FieldError{Pointer: "/overlapSeconds", Code: api.FieldFormat, Detail: "Choose 0 seconds to 7 days."})
	}
	a, err := s.newAttempt(c, key, c.by("rotate\x00"+id), want)
	if err != nil {
		return api.Issued{}, err
	}
	now := s.now()
	var old store.Token
	decide := func(tx *store.Tx, c Caller) (allowed, error) {
		if old, err = tx.TokenByID(ctx, id); err != nil {
			return allowed{}, orNotFound(err)
		}
		if err := may(c, old); err != nil {
			return allowed{}, err
		}
		if err := rotatable(old, now); err != nil {
			return allowed{}, err
		}
		return s.successor(ctx, tx, c, old, want.ExpiresAt, now)
	}
	return s.issue(ctx, c, a, decide, func(tx *store.Tx, made store.Token) error {
		return s.replace(ctx, tx, c, old, made, overlap, now)
	})
}

// rotatable refuses what has ended: it cannot be brought back to life.
func rotatable(t store.Token, now time.Time) error {
	switch {
	case t.ReplacedBy != "":
		return refuse(api.CodeTokenReplaced, "This token was rotated before. Rotate the one that replaced it.")
	case !t.RevokedAt.IsZero():
		return refuse(api.CodeTokenRevoked, "This token is revoked. Create a new one.")
	case expired(t, now):
		return refuse(api.CodeTokenExpired, "This token has expired. Create a new one.")
	}
	return nil
}

// successor is the token that replaces old, checked as for a create.
func (s *Service) successor(ctx context.Context, tx *store.Tx, c Caller, old store.Token, expires *time.Time, now time.Time) (allowed, error) {
	app, err := tx.AppByID(ctx, old.AppID)
	if err != nil {
		return allowed{}, orNotFound(err)
	}
	holder, err := mayHave(ctx, tx, c, old, app)
	if err != nil {
		return allowed{}, err
	}
	want := api.NewToken{Description: old.Description, AppID: old.AppID, Scopes: within(old.Scopes, app.Scopes), ExpiresAt: expires}
	if len(old.Scopes) > 0 && len(want.Scopes) == 0 {
		return allowed{}, refuse(api.CodeConflict, "The application allows none of this token's scopes any more. Create a new token.")
	}
	if expires == nil {
		longest, err := s.longest(ctx, tx.Queries)
		if err != nil {
			return allowed{}, err
		}
		want.ExpiresAt = sameTimeAgain(c, old, longest, now)
	}
	t, fields := s.wished(want, app)
	if t.Permissions, t.Tenants, err = s.leftOf(old, holder); err != nil {
		return allowed{}, err
	}
	if fields = append(fields, bounded(c, t)...); len(fields) > 0 {
		return allowed{}, invalid(fields...)
	}
	t.Kind, t.AppID, t.UserID, t.Replaces = old.Kind, old.AppID, old.UserID, old.ID
	return allowed{t, app, holder}, nil
}

// mayHave checks the policy, and for a SAT the System User, as for a create. It
// answers whom the token acts as.
func mayHave(ctx context.Context, tx *store.Tx, c Caller, old store.Token, app store.App) (store.User, error) {
	if old.Kind == api.KindSAT {
		if err := permits(app, c.User); err != nil {
			return store.User{}, err
		}
		return systemUser(ctx, tx, app)
	}
	owner, err := tx.UserByID(ctx, old.UserID)
	if err != nil {
		return owner, err
	}
	if !owner.IsActive {
		return owner, refuse(api.CodeConflict, "The owner of this token is not active.")
	}
	return owner, permits(app, owner)
}

// sameTimeAgain is the expiry of a token that is to live as long as old was,
// or as long as tokens and the one that asks may, if that is less; nil: for
// ever.
func sameTimeAgain(c Caller, old store.Token, longest time.Duration, now time.Time) *time.Time {
	var at time.Time
	if !old.ExpiresAt.IsZero() {
		at = now.Add(old.ExpiresAt.Sub(old.CreatedAt))
	}
	if longest > 0 && (at.IsZero() || at.After(now.Add(longest))) {
		at = now.Add(longest)
	}
	if end := c.end(); !end.IsZero() && (at.IsZero() || at.After(end)) {
		at = end
	}
	return orNil(at)
}

// replace ends the old token after the overlap, and never beyond its expiry.
func (s *Service) replace(ctx context.Context, tx *store.Tx, c Caller, old, made store.Token, overlap time.Duration, now time.Time) error {
	var until time.Time
	if overlap > 0 {
		until = now.Add(overlap)
		if !old.ExpiresAt.IsZero() && old.ExpiresAt.Before(until) {
			until = old.ExpiresAt
		}
	}
	done, err := tx.ReplaceToken(ctx, old.ID, made.ID, c.User.ID, now, until)
	if err != nil {
		return err
	}
	if !done { // somebody else was faster, elsewhere
		return refuse(api.CodeTokenReplaced, "This token was rotated or revoked in the meantime.")
	}
	ends := until
	if until.IsZero() {
		ends = now
	}
	return record(ctx, tx, now, c.User.ID, "token.rotated", old.ID, c.via(map[string]any{"replacedBy": made.ID, "revokedAt": ends}))
}

// orNotFound is CodeNotFound for what the store does not have.
func orNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound()
	}
	return err
}
