package signin

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"keyfob/server/store"
)

const signingAlgorithm = "ES256"

// storage is what the library asks for records. The methods that create
// tokens are in grant.go.
type storage struct{ p *Provider }

var (
	_ op.Storage                        = (*storage)(nil)
	_ op.CanSetUserinfoFromRequest      = (*storage)(nil)
	_ op.CanTerminateSessionFromRequest = (*storage)(nil)
)

var errUnused = errors.New("signin: not offered")

// GetClientByClientID knows one client.
func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != DesktopClient {
		return nil, oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	return desktop{s.p.loginURL}, nil
}

// SetUserinfoFromRequest fills an ID token.
func (s *storage) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	user, err := s.p.store.UserByID(ctx, r.GetSubject())
	if err != nil {
		return s.fail(ctx, err)
	}
	describe(info, user, scopes)
	switch r := r.(type) {
	case *authRequest:
		info.AppendClaims("sid", r.signIn)
	case *refreshRequest:
		info.AppendClaims("sid", r.signIn.ID)
	}
	return nil
}

// describe says about user what the scopes allow (OpenID Connect Core, 5.4).
func describe(info *oidc.UserInfo, user store.User, scopes []string) {
	info.Subject = user.ID
	for _, scope := range scopes {
		switch scope {
		case oidc.ScopeProfile:
			info.Name, info.PreferredUsername = user.Name, user.Login
			if user.PreferredLanguage != "" {
				info.AppendClaims("locale", user.PreferredLanguage)
			}
		case oidc.ScopeEmail:
			info.Email = user.Email
		}
	}
}

// TerminateSessionFromRequest ends the sign-in that the ID token hint is of.
// Without a hint there is nothing to end: the server keeps no session in the
// browser.
func (s *storage) TerminateSessionFromRequest(ctx context.Context, r *op.EndSessionRequest) (string, error) {
	if r.IDTokenHintClaims == nil || r.IDTokenHintClaims.SessionID == "" {
		return r.RedirectURI, nil
	}
	err := s.p.store.Write(ctx, func(tx *store.Tx) error {
		return s.p.end(ctx, tx, r.IDTokenHintClaims.SessionID, bySignOut)
	})
	if err != nil {
		return "", s.fail(ctx, err)
	}
	return r.RedirectURI, nil
}

// fail notes the database's failure in the call and answers an error without
// its text.
func (s *storage) fail(ctx context.Context, err error) *oidc.Error {
	callOf(ctx).failed = err
	return oidc.ErrServerError().WithDescription("the server cannot answer just now")
}

// signingKey and publicKey are the key of ID tokens as the library has it.
type signingKey struct{ k *keys }

func (s signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return signingAlgorithm }
func (s signingKey) Key() any                                    { return s.k.signing }
func (s signingKey) ID() string                                  { return s.k.id }

type publicKey struct{ k *keys }

func (p publicKey) Algorithm() jose.SignatureAlgorithm { return signingAlgorithm }
func (p publicKey) Key() any                           { return p.k.signing.Public() }
func (p publicKey) ID() string                         { return p.k.id }
func (p publicKey) Use() string                        { return "sig" }

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) {
	return signingKey{s.p.keys}, nil
}

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{signingAlgorithm}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.p.keys}}, nil
}

func (s *storage) Health(ctx context.Context) error { return s.p.store.Ping(ctx) }

// SetUserinfoFromScopes has nothing to do beside SetUserinfoFromRequest.
func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// DeleteAuthRequest has nothing to do: redeeming the code has consumed it.
func (s *storage) DeleteAuthRequest(context.Context, string) error { return nil }

// The library asks the rest only on behalf of what is not offered: its own
// callback, introspection, revocation and userinfo handlers, client secrets
// and JWT grants.

func (s *storage) AuthRequestByID(context.Context, string) (op.AuthRequest, error) {
	return nil, oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) SaveAuthCode(context.Context, string, string) error {
	return oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) TerminateSession(context.Context, string, string) error {
	return oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) AuthorizeClientIDSecret(context.Context, string, string) error {
	return oidc.ErrInvalidClient().WithParent(errUnused)
}

func (s *storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, oidc.ErrInvalidRequest().WithParent(errUnused)
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, oidc.ErrInvalidClient().WithParent(errUnused)
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, oidc.ErrInvalidScope().WithParent(errUnused)
}

// wall is an instant of the provider's clock as the library's clock has it:
// the library works out expires_in with time.Now.
func (s *storage) wall(t time.Time) time.Time { return time.Now().Add(t.Sub(s.p.now())) }
