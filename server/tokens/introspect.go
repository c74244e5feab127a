package tokens

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// CheckApp makes the Caller of an application that shows its client secret. A
// wrong checksum costs no read.
func (s *Service) CheckApp(ctx context.Context, appID, clientSecret string) (Caller, error) {
	if !isClientSecret(clientSecret) {
		return Caller{}, unauthenticated()
	}
	at := s.peppers.Load()
	a, err := s.checkedApp(ctx, appID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Caller{}, err
	}
	if err == nil && s.showsSecret(at, a, clientSecret) {
		return callerApp(a), nil
	}
	if s.peppers.Load() != at { // they were exchanged meanwhile
		return s.CheckApp(ctx, appID, clientSecret)
	}
	return Caller{}, at.refused()
}

func isClientSecret(text string) bool {
	_, kind, ok := secret.Parse(text)
	return ok && kind == secret.App
}

// showsSecret reports whether the secret is that of the app, which may be used.
func (s *Service) showsSecret(at *peppers, a *store.App, clientSecret string) bool {
	if !a.Enabled || !at.fits(clientSecret, a.SecretPepperID, a.SecretMAC) {
		return false
	}
	s.toMove(&s.movedSecret, at, a.ID, clientSecret, a.SecretPepperID, a.SecretMAC)
	return true
}

func callerApp(a *store.App) Caller { return Caller{App: a, Scopes: []string{ScopeIntrospect}} }

// Introspect answers what a presented secret is worth, as RFC 7662 has it. It
// tells an application about its own tokens only; all others are inactive.
func (s *Service) Introspect(ctx context.Context, by Caller, presented string) (api.Introspection, error) {
	appID, err := introspector(by)
	if err != nil {
		return api.Introspection{}, err
	}
	p, err := s.lookUp(ctx, presented)
	if _, refused := errors.AsType[*Error](err); refused {
		return api.Introspection{}, nil
	}
	if err != nil || p.App.ID != appID {
		return api.Introspection{}, err
	}
	return s.introspection(p, by.From).Introspection, nil
}

// IntrospectFor is CheckApp and then Introspect. An application mostly asks about
// a token of its own, and what was read of that has the application with it.
func (s *Service) IntrospectFor(ctx context.Context, appID, clientSecret, presented, from string) (Caller, *Answer, error) {
	if p, err := s.lookUp(ctx, presented); err == nil && p.App.ID == appID && s.showsSecret(s.peppers.Load(), p.App, clientSecret) {
		return callerApp(p.App), s.introspection(p, from), nil
	}
	by, err := s.CheckApp(ctx, appID, clientSecret)
	if err != nil {
		return Caller{}, nil, err
	}
	by.From = from
	in, err := s.Introspect(ctx, by, presented)
	return by, &Answer{Introspection: in}, err
}

// Answer is an introspection's. Who asks again may get the same one: what a
// remembered token is worth stays as it is but for its end, which is looked at.
type Answer struct {
	api.Introspection
	written atomic.Pointer[[]byte]
}

// Written is what write made of the answer when it was asked first.
func (a *Answer) Written(write func(api.Introspection) []byte) []byte {
	if text := a.written.Load(); text != nil {
		return *text
	}
	text := write(a.Introspection)
	a.written.Store(&text)
	return text
}

// introspection is what there is to tell of p, whose use it notes. It is kept
// for whom it is asked about again: of most tokens that are asked about once,
// memory is better spent.
func (s *Service) introspection(p *found, from string) *Answer {
	now := s.now()
	if !s.worth(&p.Presented, now) {
		return new(Answer)
	}
	s.used.note(p.Token.ID, now, from)
	if a := p.answer.Load(); a != nil {
		return a
	}
	a := &Answer{Introspection: s.introspected(p)}
	if p.asked.Swap(true) {
		p.answer.Store(a)
	}
	return a
}

func (s *Service) introspected(p *found) api.Introspection {
	in := api.Introspection{
		Active: true, Scope: strings.Join(s.held(&p.Presented), " "), ClientID: p.App.ID, Username: p.User.Login,
		TokenType: "Bearer", Iat: p.Token.CreatedAt.Unix(), Sub: p.User.ID, Aud: p.App.ID, Jti: p.Token.ID, Kind: p.Token.Kind,
	}
	in.Permissions, in.Tenants = effective(p.Token, *p.User)
	if !p.Token.ExpiresAt.IsZero() {
		in.Exp = p.Token.ExpiresAt.Unix()
	}
	if x := p.Exchanged; x != nil {
		in.Jti, in.Iat, in.Exp = x.ID, x.CreatedAt.Unix(), x.ExpiresAt.Unix()
	}
	return in
}

// introspector is the app on whose behalf by may ask.
func introspector(by Caller) (appID string, err error) {
	switch {
	case by.App != nil:
		return by.App.ID, nil
	case by.Token == nil || by.Token.Kind != api.KindSAT:
		return "", refuse(api.CodeDenied, "This needs an application's credentials or a service access token.")
	case len(within([]string{ScopeIntrospect}, by.Scopes)) == 0:
		return "", refuse(api.CodeScope, "The token lacks the scope introspect.")
	}
	return by.Token.AppID, nil
}
