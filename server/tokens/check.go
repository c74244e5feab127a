package tokens

import (
	"context"
	"errors"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// CheckToken says who presents a token's secret, and notes the use. Whatever
// the reason, one that is worth nothing gets the same CodeUnauthenticated
// (requirement 99). A wrong checksum costs no read.
func (s *Service) CheckToken(ctx context.Context, presented, from string) (Caller, error) {
	now := s.now()
	p, err := s.lookUp(ctx, presented)
	if err != nil {
		return Caller{}, err
	}
	if !s.worth(&p.Presented, now) {
		return Caller{}, unauthenticated()
	}
	s.used.note(p.Token.ID, now, from)
	c := Caller{User: *p.User, Token: &p.Token, Scopes: s.held(&p.Presented), From: from}
	c.Permissions, c.Tenants = effective(p.Token, *p.User)
	return c, nil
}

// SignedIn makes the Caller of an interactive sign-in that was checked, and
// whose user is active.
func (s *Service) SignedIn(u store.User, signInID, from string) Caller {
	return Caller{User: u, SignInID: signInID, Scopes: s.Rules.ScopeNames(), Permissions: u.Permissions, Tenants: u.Tenants, From: from}
}

// Shaped reports whether presented has the shape of a token's secret, its
// checksum included. All else is the sign-in's.
func Shaped(presented string) bool {
	_, _, ok := secret.Parse(presented)
	return ok
}

// lookUp finds what was presented, or answers CodeUnauthenticated.
// It may be remembered, and must not be changed.
func (s *Service) lookUp(ctx context.Context, presented string) (*found, error) {
	_, kind, ok := secret.Parse(presented)
	if !ok || kind == secret.App {
		return nil, unauthenticated()
	}
	at := s.peppers.Load()
	macs := at.macs(presented)
	p, err := s.presented(ctx, kind, macs)
	if errors.Is(err, store.ErrNotFound) || err == nil && !at.among(macs, p.PepperID(), p.MAC()) {
		if s.peppers.Load() != at { // they were exchanged meanwhile
			return s.lookUp(ctx, presented)
		}
		return nil, at.refused()
	}
	if err == nil && p.Exchanged == nil { // which ends sooner than anybody waits for
		s.toMove(&s.moved, at, p.Token.ID, presented, p.Token.PepperID, p.Token.MAC)
	}
	return p, err
}

// held is the scopes that what was presented carries now, with what they imply.
func (s *Service) held(p *store.Presented) []string {
	scopes := s.Rules.Holding(within(p.Token.Scopes, p.App.Scopes))
	if p.Exchanged == nil {
		return scopes
	}
	return passing(s.Rules.Holding(within(scopes, p.Exchanged.Scopes)))
}

// worth reports whether a token works at now: neither revoked nor expired, for
// an enabled app, and acting as somebody who is active. An exchanged one works
// while its parent does, at most. The app's policy is about issuing and does
// not count here.
func (s *Service) worth(p *store.Presented, now time.Time) bool {
	if p.Token.Revoked(now) || expired(p.Token, now) || !p.App.Enabled {
		return false
	}
	if x := p.Exchanged; x != nil && (!x.RevokedAt.IsZero() || !now.Before(x.ExpiresAt)) {
		return false
	}
	if p.Token.Kind == api.KindSAT && !p.App.SystemUserAllowed {
		return false
	}
	if s.Rules.PerTenant() && len(p.Token.Tenants) > 0 && len(within(p.Token.Tenants, p.User.Tenants)) == 0 {
		return false // it belongs to a tenant that its user has left (requirement 21)
	}
	return p.User.IsActive // also false where there is no user
}

// expired reports whether the token's time is over: at expiresAt it is.
func expired(t store.Token, now time.Time) bool {
	return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
}

// orUnauthenticated is CodeUnauthenticated for nobody, or for one who is not
// active any more.
func orUnauthenticated(err error) error {
	if err == nil || errors.Is(err, store.ErrNotFound) {
		return unauthenticated()
	}
	return err
}

func unauthenticated() *Error {
	return refuse(api.CodeUnauthenticated, "Sign in, or present a token that works.")
}
