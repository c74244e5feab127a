package signin

import (
	"context"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"keyfob/server/store"
)

// AuthRequestByCode finds the request of a code. The error is invalid_grant
// for every code that cannot be redeemed, whatever the reason; a code's second
// use ends what its first one began (RFC 6749, section 4.1.2).
func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	c, err := s.p.store.SignInCode(ctx, digest(code))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, oidc.ErrInvalidGrant()
	case err != nil:
		return nil, s.fail(ctx, err)
	case !c.ConsumedAt.IsZero():
		return nil, s.secondUse(ctx, &authRequest{code: c})
	case !s.p.now().Before(c.ExpiresAt):
		return nil, oidc.ErrInvalidGrant()
	}
	return &authRequest{code: c}, nil
}

func (s *storage) secondUse(ctx context.Context, a *authRequest) *oidc.Error {
	err := s.p.store.Write(ctx, func(tx *store.Tx) error { return s.endOfCode(ctx, tx, a) })
	if err != nil {
		return s.fail(ctx, err)
	}
	return oidc.ErrInvalidGrant()
}

// endOfCode ends the sign-in that a consumed code was redeemed for.
func (s *storage) endOfCode(ctx context.Context, tx *store.Tx, a *authRequest) error {
	c, err := a.again(ctx, tx)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.ConsumedAt.IsZero() {
		return nil
	}
	why := byCodeTwice
	if a.device {
		why = byDeviceTwice
	}
	s.p.log.WarnContext(ctx, "a code was used twice: its sign-in ends", "why", why, "user", c.UserID, "signIn", c.SignInID)
	return errors.Join(err, s.p.end(ctx, tx, c.SignInID, why))
}

// CreateAccessToken redeems a code of a client that wants no refresh token.
func (s *storage) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	a, ok := r.(*authRequest)
	if !ok {
		return "", time.Time{}, oidc.ErrUnsupportedGrantType()
	}
	access, _, expires, err := s.redeem(ctx, a, "")
	return access, expires, err
}

// CreateAccessAndRefreshTokens redeems a code, or goes on with a sign-in whose
// refresh token is current.
func (s *storage) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	switch r := r.(type) {
	case *authRequest:
		return s.redeem(ctx, r, random())
	case *refreshRequest:
		if r.token == current {
			return s.rotate(ctx, r)
		}
	}
	return "", "", time.Time{}, oidc.ErrUnsupportedGrantType()
}

// redeem turns a code into a sign-in: one transaction consumes the code and
// creates the tokens, so of any number of callers one gets them.
func (s *storage) redeem(ctx context.Context, r *authRequest, refresh string) (string, string, time.Time, error) {
	now := s.p.now()
	signIn := newSignIn(r.code.UserID, r.code.ClientID, r.code.Scopes, r.code.AuthenticatedAt, now)
	if refresh == "" {
		signIn.ExpiresAt = now.Add(accessLife)
	}
	access, expires := random(), now.Add(accessLife)
	redeemed := false
	err := s.p.store.Write(ctx, func(tx *store.Tx) error {
		redeemed = false // it may run again
		user, err := tx.UserByID(ctx, r.code.UserID)
		if err != nil || !user.IsActive {
			return err
		}
		redeemed, err = r.consume(ctx, tx, signIn.ID, now)
		if err != nil {
			return err
		}
		if !redeemed { // and the loser's use is the second one
			return s.endOfCode(ctx, tx, r)
		}
		err = errors.Join(
			tx.PurgeSignIns(ctx, now),
			tx.InsertSignIn(ctx, signIn),
			tx.InsertAccessToken(ctx, digest(access), signIn.ID, signIn.Scopes, expires))
		if refresh == "" || err != nil {
			return err
		}
		return tx.InsertRefreshToken(ctx, newRefreshToken(refresh, signIn, now))
	})
	switch {
	case err != nil:
		return "", "", time.Time{}, s.fail(ctx, err)
	case !redeemed:
		return "", "", time.Time{}, oidc.ErrInvalidGrant()
	}
	r.signIn = signIn.ID
	return access, refresh, s.wall(expires), nil
}

// TokenRequestByRefreshToken finds the sign-in of a refresh token, a used one
// too: whether it may be used is rotate's to say, inside its transaction.
func (s *storage) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	row, err := s.p.store.RefreshToken(ctx, digest(token))
	if err != nil {
		return nil, s.unknown(ctx, err)
	}
	signIn, err := s.p.store.SignIn(ctx, row.SignInID)
	if err != nil {
		return nil, s.unknown(ctx, err)
	}
	return &refreshRequest{token: token, signIn: signIn, scopes: signIn.Scopes}, nil
}

func (s *storage) unknown(ctx context.Context, err error) *oidc.Error {
	if errors.Is(err, store.ErrNotFound) {
		return oidc.ErrInvalidGrant()
	}
	return s.fail(ctx, err)
}

// rotate replaces a refresh token by the one that follows it.
func (s *storage) rotate(ctx context.Context, r *refreshRequest) (string, string, time.Time, error) {
	now := s.p.now()
	access, expires := random(), earlier(now.Add(accessLife), r.signIn.ExpiresAt)
	next, granted := s.p.keys.next(r.token), false
	err := s.p.store.Write(ctx, func(tx *store.Tx) (err error) {
		if granted, err = s.goOn(ctx, tx, r.token, next, now); err != nil || !granted {
			return err
		}
		return errors.Join(
			tx.PurgeSignIns(ctx, now),
			tx.InsertAccessToken(ctx, digest(access), r.signIn.ID, r.scopes, expires))
	})
	switch {
	case err != nil:
		return "", "", time.Time{}, s.fail(ctx, err)
	case !granted:
		return "", "", time.Time{}, oidc.ErrInvalidGrant()
	}
	return access, next, s.wall(expires), nil
}

// goOn decides about a presented refresh token. The current one is consumed
// and its successor created. The one just before, within 30 seconds and while
// its successor is unused, is a client whose reply was lost: it gets the same
// successor again, so that no second line of tokens begins. Any other use of
// a used token means that two hold it: the sign-in ends (RFC 9700, 4.14.2).
func (s *storage) goOn(ctx context.Context, tx *store.Tx, token, next string, now time.Time) (bool, error) {
	row, err := tx.RefreshToken(ctx, digest(token))
	if err != nil {
		return false, absent(err)
	}
	signIn, err := tx.SignIn(ctx, row.SignInID)
	if err != nil {
		return false, absent(err)
	}
	user, err := tx.UserByID(ctx, signIn.UserID)
	if err != nil || !user.IsActive || !signIn.Live(now) || !now.Before(row.ExpiresAt) {
		return false, absent(err)
	}
	won, err := tx.ConsumeRefreshToken(ctx, row.Hash, now)
	if err != nil {
		return false, err
	}
	if won {
		return true, tx.InsertRefreshToken(ctx, newRefreshToken(next, signIn, now))
	}
	again, err := graced(ctx, tx, row.Hash, digest(next), now)
	if err != nil || again {
		return again, err
	}
	s.p.log.WarnContext(ctx, "a refresh token was used twice: its sign-in ends", "user", user.ID, "signIn", signIn.ID)
	return false, s.p.end(ctx, tx, signIn.ID, byTokenTwice)
}

// graced reports whether a used token may still be answered with its successor.
func graced(ctx context.Context, tx *store.Tx, used, successor []byte, now time.Time) (bool, error) {
	before, err := tx.RefreshToken(ctx, used) // again: another caller has just consumed it
	if err != nil {
		return false, absent(err)
	}
	after, err := tx.RefreshToken(ctx, successor)
	if err != nil {
		return false, absent(err)
	}
	return after.ConsumedAt.IsZero() && now.Sub(before.ConsumedAt) <= graceLife, nil
}

// newRefreshToken is a refresh token's row. It never outlives its sign-in.
func newRefreshToken(token string, s store.SignIn, now time.Time) store.RefreshToken {
	return store.RefreshToken{Hash: digest(token), SignInID: s.ID, ExpiresAt: earlier(now.Add(refreshLife), s.ExpiresAt)}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// absent drops ErrNotFound: what is not there is refused, not a failure.
func absent(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
