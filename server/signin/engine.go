package signin

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// engine is the library's provider, narrowed to what this server does. It is
// asked handler by handler, never through the library's own router. What is
// done about the library's traps (v3.49.2), and where:
//
//   - any loopback address, scheme and localhost pass as redirect: validate
//     checks first, before the library could redirect an error there;
//   - PKCE `plain` passes: validate refuses all but S256;
//   - the code is consumed after the tokens are made: storage.redeem does
//     both in one transaction;
//   - no `iss` in the answer (RFC 9207): answerURL and authorize add it;
//   - any storage failure while looking up a code or a refresh token becomes
//     invalid_grant, which would sign the desktop out for a busy disk: such
//     failures are noted in the call and answered with 503 (token);
//   - parameters and tokens in the URL, repeated parameters, assertions: token
//     and userinfo refuse them in front;
//   - implicit and JWT grants in the discovery document: its router is not used
//     and discovery writes the truth;
//   - claims that are null make it panic: hasClaims refuses such a hint in front;
//   - its device flow: device.go says why it is not used;
//   - DefaultEndpoints is a global that the options write to: no options, the
//     methods below.
type engine struct {
	*op.Provider
	p *Provider
}

var (
	_ op.OpenIDProvider     = (*engine)(nil)
	_ op.AuthorizeValidator = (*engine)(nil)
)

// Logger keeps the library from a log of its own, in its own words: the server
// logs each request, and what fails in it.
func (e *engine) Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newEngine(p *Provider) (*engine, error) {
	options := []op.Option{
		op.WithCrypto(p.keys.tokens),
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms(signingAlgorithm)),
	}
	if p.base.Scheme == "http" { // on loopback only, as parseIssuer saw to
		options = append(options, op.WithAllowInsecure())
	}
	config := &op.Config{
		CodeMethodS256:           true,
		GrantTypeRefreshToken:    true,
		DefaultLogoutRedirectURI: p.issuer + "/signed-out",
	}
	provider, err := op.NewProvider(config, &storage{p}, op.StaticIssuer(p.issuer), options...)
	return &engine{provider, p}, err
}

// claims are all that an ID token or /connect/userinfo may say.
var claims = []string{
	"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "azp", "at_hash", "c_hash", "sid",
	"name", "preferred_username", "locale", "email",
}

func (e *engine) AuthorizationEndpoint() *op.Endpoint { return op.NewEndpoint("connect/authorize") }
func (e *engine) TokenEndpoint() *op.Endpoint         { return op.NewEndpoint("connect/token") }
func (e *engine) UserinfoEndpoint() *op.Endpoint      { return op.NewEndpoint("connect/userinfo") }
func (e *engine) EndSessionEndpoint() *op.Endpoint    { return op.NewEndpoint("connect/endsession") }
func (e *engine) KeysEndpoint() *op.Endpoint          { return op.NewEndpoint("connect/keys") }
func (e *engine) IntrospectionEndpoint() *op.Endpoint { return op.NewEndpoint("connect/introspect") }

func (e *engine) RevocationEndpoint() *op.Endpoint { return op.NewEndpoint("connect/revocation") }

func (e *engine) DeviceAuthorizationEndpoint() *op.Endpoint {
	return op.NewEndpoint("connect/deviceauthorization")
}
func (e *engine) GrantTypeJWTAuthorizationSupported() bool { return false }

// ValidateAuthRequest is called by the library for each authorization request.
func (e *engine) ValidateAuthRequest(ctx context.Context, r *oidc.AuthRequest, s op.Storage, v *op.IDTokenHintVerifier) (string, error) {
	return validate(ctx, r, s, v)
}

// document is the discovery document: what the library writes, with what it
// has no field for.
type document struct {
	*oidc.DiscoveryConfiguration
	IssSupported bool `json:"authorization_response_iss_parameter_supported"` // RFC 9207, section 3
}

// anyMethod is every way to be a client here; bearer is the other way to
// introspect (RFC 8414, section 2, names it by its type of token).
var anyMethod = []oidc.AuthMethod{oidc.AuthMethodNone, oidc.AuthMethodBasic, oidc.AuthMethodPost}

const bearer oidc.AuthMethod = "Bearer"

// discovery answers GET /.well-known/openid-configuration.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	d := op.CreateDiscoveryConfig(p.within(r.Context(), nil), p.engine, p.engine.Storage())
	d.ScopesSupported, d.ClaimsSupported = scopes, claims
	d.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode)}
	d.ResponseModesSupported = []string{string(oidc.ResponseModeQuery)}
	d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}
	d.TokenEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodNone}
	if p.exchange { // at which an application may show who it is
		d.GrantTypesSupported = append(d.GrantTypesSupported, oidc.GrantTypeTokenExchange)
		d.TokenEndpointAuthMethodsSupported = anyMethod
	}
	d.IntrospectionEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost, bearer}
	d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil
	d.RevocationEndpointAuthMethodsSupported = anyMethod
	d.RevocationEndpointAuthSigningAlgValuesSupported = nil
	writeJSON(w, http.StatusOK, document{d, true})
}

// publicKeys answers GET /connect/keys: what ID tokens are verified with.
func (p *Provider) publicKeys(w http.ResponseWriter, r *http.Request) {
	op.Keys(w, r, p.engine.Storage())
}

// call is what storage and handler tell each other about one request, past
// the library.
type call struct {
	request *request // a good authorization request
	failed  error    // the database's failure, whatever the library makes of it
}

type callKey struct{}

// within is ctx as the library wants it, with c in it.
func (p *Provider) within(ctx context.Context, c *call) context.Context {
	return context.WithValue(op.ContextWithIssuer(ctx, p.issuer), callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok || c == nil {
		return new(call)
	}
	return c
}
