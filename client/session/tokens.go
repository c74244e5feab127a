package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

// tokens is what a token endpoint gave. A zero expires was not said; refresh
// is zero when the server gives none.
type tokens struct {
	access, refresh client.Secret
	expires         time.Time
	raw             *oauth2.Token
	spent           client.Secret // the refresh token that brought them
	pasted          bool
}

// metadata is what OpenID discovery says beyond what go-oidc reads.
type metadata struct {
	Revocation  string `json:"revocation_endpoint"`
	Device      string `json:"device_authorization_endpoint"` // RFC 8628, section 4
	Keys        string `json:"jwks_uri"`
	IssInAnswer bool   `json:"authorization_response_iss_parameter_supported"` // RFC 9207, section 3

	PKCE []string `json:"code_challenge_methods_supported"` // RFC 8414, section 2

	oidc *oidc.Provider
}

// lazyProvider holds the metadata once it could be fetched.
type lazyProvider struct {
	mu  sync.Mutex
	got *metadata
}

// discover fetches the provider's metadata, once. The issuer in it must be the
// configured one byte for byte, and every endpoint as confidential as it.
func (s *Session) discover(ctx context.Context) (*metadata, error) {
	s.provider.mu.Lock()
	got := s.provider.got
	s.provider.mu.Unlock()
	if got != nil {
		return got, nil
	}
	issuer, err := url.Parse(s.cfg.Issuer)
	if err != nil || issuer.Host == "" {
		return nil, client.ErrBadAddress
	}
	if !transport.Confidential(issuer) {
		return nil, client.ErrInsecure
	}
	p, err := oidc.NewProvider(s.oauthContext(ctx), s.cfg.Issuer)
	if err != nil {
		return nil, discoveryError(ctx, err)
	}
	m := &metadata{oidc: p}
	if err := p.Claims(m); err != nil {
		return nil, fmt.Errorf("%w: OpenID metadata", client.ErrGarbled)
	}
	e := p.Endpoint()
	if e.AuthURL == "" || e.TokenURL == "" || m.Keys == "" {
		return nil, fmt.Errorf("%w: OpenID metadata lacks an endpoint", client.ErrNotAServer)
	}
	for _, u := range []string{e.AuthURL, e.TokenURL, m.Keys, p.UserInfoEndpoint(), m.Revocation, m.Device} {
		if err := checkEndpoint(issuer, u); err != nil {
			return nil, err
		}
	}
	s.provider.mu.Lock()
	s.provider.got = m
	s.provider.mu.Unlock()
	return m, nil
}

// checkEndpoint refuses to send anything over plain http that the issuer's
// own scheme would have protected.
func checkEndpoint(issuer *url.URL, endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%w: OpenID metadata", client.ErrGarbled)
	}
	if !transport.Confidential(u) || issuer.Scheme == "https" && u.Scheme != "https" {
		return fmt.Errorf("%w: OpenID metadata names %s", client.ErrInsecure, u.Host)
	}
	return nil
}

// scopes are what every sign-in asks for.
var scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeOfflineAccess}

func (s *Session) oauth(m *metadata, redirect string) *oauth2.Config {
	e := m.oidc.Endpoint()
	// Guessing the style would send a code or refresh token twice.
	e.AuthStyle = oauth2.AuthStyleInParams
	return &oauth2.Config{
		ClientID:    s.cfg.ClientID,
		Endpoint:    e,
		RedirectURL: redirect,
		Scopes:      scopes,
	}
}

func (s *Session) oauthContext(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, s.http)
}

// renewed spends refresh on new tokens (RFC 6749, section 6). A lost reply is
// asked for once more right away: servers that rotate honour the token just
// used for a few seconds. client.ErrSignInExpired: the server refuses it.
func (s *Session) renewed(ctx context.Context, refresh client.Secret) (tokens, error) {
	m, err := s.discover(ctx)
	if err != nil {
		return tokens{}, err
	}
	var t *oauth2.Token
	for range 2 {
		old := &oauth2.Token{RefreshToken: refresh.Reveal()}
		t, err = s.oauth(m, "").TokenSource(s.oauthContext(ctx), old).Token()
		if err = tokenError(ctx, err); !errors.Is(err, client.ErrOffline) && !errors.Is(err, client.ErrTimeout) {
			break
		}
	}
	if err != nil {
		return tokens{}, err
	}
	out := s.tokensOf(t)
	out.spent = refresh
	return out, nil
}

func (s *Session) tokensOf(t *oauth2.Token) tokens {
	out := tokens{access: client.NewSecret(t.AccessToken), raw: t}
	if t.RefreshToken != "" {
		out.refresh = client.NewSecret(t.RefreshToken)
	}
	switch {
	case t.ExpiresIn > 0:
		out.expires = s.cfg.Clock().Add(time.Duration(t.ExpiresIn) * time.Second)
	case !t.Expiry.IsZero():
		out.expires = s.cfg.Clock().Add(time.Until(t.Expiry))
	}
	return out
}

// identify says whose tokens t are: by the ID token when it tells the name,
// else by userinfo.
func (s *Session) identify(ctx context.Context, t tokens) (Identity, error) {
	m, err := s.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	var subject string
	if raw, ok := t.raw.Extra("id_token").(string); ok {
		id, err := s.verify(ctx, m, raw)
		if err != nil {
			return Identity{}, err
		}
		var c claims
		if err := id.Claims(&c); err == nil && (c.Login != "" || m.oidc.UserInfoEndpoint() == "") {
			return c.identity(s.cfg.Issuer, id.Subject), nil
		}
		subject = id.Subject
	}
	info, err := m.oidc.UserInfo(s.oauthContext(ctx), oauth2.StaticTokenSource(t.raw))
	if err != nil {
		return Identity{}, exchangeError(ctx, err, "userinfo")
	}
	var c claims
	if err := info.Claims(&c); err != nil || info.Subject == "" || subject != "" && info.Subject != subject {
		return Identity{}, fmt.Errorf("%w: userinfo", client.ErrGarbled)
	}
	return c.identity(s.cfg.Issuer, info.Subject), nil
}

// claims are those of OpenID Connect Core, section 5.1, that have a use here.
type claims struct {
	Login string `json:"preferred_username"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

func (c claims) identity(issuer, subject string) Identity {
	names := []string{c.Login, c.Email, subject}
	login := names[slices.IndexFunc(names, func(n string) bool { return n != "" })]
	name := c.Name
	if name == "" {
		name = login
	}
	return Identity{Issuer: issuer, Subject: subject, Login: login, Name: name}
}

func (s *Session) verify(ctx context.Context, m *metadata, raw string) (*oidc.IDToken, error) {
	v := m.oidc.Verifier(&oidc.Config{ClientID: s.cfg.ClientID, Now: s.cfg.Clock})
	id, err := v.Verify(s.oauthContext(ctx), raw)
	if err != nil {
		return nil, fmt.Errorf("%w: the ID token is not for us", client.ErrSignInRefused)
	}
	return id, nil
}

// discoveryError is the meaning of a failed OpenID discovery.
func discoveryError(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return fmt.Errorf("%w: another issuer than announced", client.ErrNotAServer)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return transport.Error(ctx, err)
	}
	return fmt.Errorf("%w: OpenID discovery", client.ErrNotAServer)
}

// tokenError is the meaning of a failed call of the token endpoint. The
// library's own text is dropped: it holds the reply.
func tokenError(ctx context.Context, err error) error {
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return exchangeError(ctx, err, "token endpoint")
	}
	status := 0
	if re.Response != nil {
		status = re.Response.StatusCode
	}
	switch {
	case re.ErrorCode == "invalid_grant":
		return client.ErrSignInExpired
	case status == http.StatusTooManyRequests:
		return client.ErrBusy
	case status >= 500:
		return fmt.Errorf("%w: token endpoint, status %d", client.ErrServer, status)
	case re.ErrorCode != "" && status >= 400:
		return fmt.Errorf("%w: token endpoint said %s", client.ErrSignInRefused, word(re.ErrorCode))
	}
	return fmt.Errorf("%w: token endpoint, status %d", client.ErrGarbled, status)
}

// exchangeError is the meaning of a failed exchange with place.
func exchangeError(ctx context.Context, err error, place string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*url.Error](err); ok || ctx.Err() != nil {
		return transport.Error(ctx, err)
	}
	return fmt.Errorf("%w: %s", client.ErrGarbled, place)
}

// word keeps of an OAuth error code what such codes are made of.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '_' {
			return r
		}
		return -1
	}, s[:min(len(s), 40)])
}
