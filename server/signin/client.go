package signin

import (
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// DesktopClient is the one client there is: Keyfob's desktop program. It is
// public and native: authorization code with PKCE S256, device code, and refresh.
const DesktopClient = "keyfob-desktop"

// desktopName is what the login page calls it.
const desktopName = "Keyfob desktop"

// scopes are all that a client may ask for.
var scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess}

// desktop is DesktopClient as the library wants it described.
type desktop struct{ loginURL func(id string) string }

var _ op.Client = desktop{}

func (desktop) GetID() string { return DesktopClient }

// RedirectURIs is for the library's own check, which looks at path and query
// only. allowedRedirect is the one that counts.
func (desktop) RedirectURIs() []string {
	return []string{"http://127.0.0.1/callback", "http://[::1]/callback"}
}
func (desktop) PostLogoutRedirectURIs() []string    { return nil }
func (desktop) ApplicationType() op.ApplicationType { return op.ApplicationTypeNative }
func (desktop) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodNone }
func (desktop) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}

func (desktop) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}
}
func (d desktop) LoginURL(id string) string         { return d.loginURL(id) }
func (desktop) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeBearer }
func (desktop) IDTokenLifetime() time.Duration      { return accessLife }
func (desktop) DevMode() bool                       { return false }
func (desktop) RestrictAdditionalIdTokenScopes() func([]string) []string { //nolint:revive,staticcheck // the library's name
	return slices.Clone[[]string]
}

func (desktop) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return slices.Clone[[]string]
}
func (desktop) IsScopeAllowed(scope string) bool     { return slices.Contains(scopes, scope) }
func (desktop) IDTokenUserinfoClaimsAssertion() bool { return true }
func (desktop) ClockSkew() time.Duration             { return 0 }
