package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// maxRequest bounds an authorization request, in bytes.
const maxRequest = 2000

// challenge is what a SHA-256 looks like in PKCE (RFC 7636, section 4.2).
var challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// authorize answers /connect/authorize: to the login page with a good request;
// back to the client with the error of a bad one; and a page for one that may
// not be sent anywhere.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil || len(r.Form.Encode()) > maxRequest || repeated(r.Form) || r.Form.Get("client_id") == "" {
		if !p.failedTooOftenPage(w, r) {
			p.show(w, http.StatusBadRequest, brokenRequest)
		}
		return
	}
	omitEmpty(r.Form)
	c := new(call)
	reply := newReply()
	op.Authorize(reply, r.WithContext(p.within(r.Context(), c)), p.engine)
	switch location := reply.Header().Get("Location"); {
	case c.request != nil:
		p.toLogin(w, r, c.request)
	case reply.status == http.StatusFound && location != "":
		secure(w.Header(), "")
		http.Redirect(w, r, location+"&iss="+url.QueryEscape(p.issuer), http.StatusFound)
	case p.failedTooOftenPage(w, r):
	default:
		p.show(w, http.StatusBadRequest, brokenRequest)
	}
}

// failedTooOftenPage is failedTooOften for a person's eyes.
func (p *Provider) failedTooOftenPage(w http.ResponseWriter, r *http.Request) bool {
	wait, ok := p.failures.take(network(r.RemoteAddr), p.now())
	if !ok {
		comeBack(w.Header(), wait)
		p.show(w, http.StatusTooManyRequests, tooOften)
	}
	return !ok
}

// toLogin gives the browser its request to keep and sends it to the login page.
func (p *Provider) toLogin(w http.ResponseWriter, r *http.Request, q *request) {
	cookie, err := p.cookie(q)
	if err != nil {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	http.SetCookie(w, cookie)
	secure(w.Header(), "")
	http.Redirect(w, r, p.loginURL(q.ID), http.StatusSeeOther)
}

func (p *Provider) loginURL(id string) string {
	return p.issuer + "/login?request=" + url.QueryEscape(id)
}

// validate is the whole check of an authorization request. Until client and
// redirect URI are known to be good, its errors are of the kind that the
// library does not redirect.
func validate(ctx context.Context, r *oidc.AuthRequest, s op.Storage, v *op.IDTokenHintVerifier) (string, error) {
	client, err := s.GetClientByClientID(ctx, r.ClientID)
	if err != nil || !allowedRedirect(r.RedirectURI) {
		return "", oidc.ErrInvalidRequestRedirectURI().WithDescription("unknown client_id or redirect_uri")
	}
	mode := r.ResponseMode
	r.ResponseMode = oidc.ResponseModeQuery // for the errors too
	if mode != "" && mode != oidc.ResponseModeQuery {
		return "", oidc.ErrInvalidRequest().WithDescription("response_mode must be query")
	}
	if r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 || !challenge.MatchString(r.CodeChallenge) {
		return "", oidc.ErrInvalidRequest().WithDescription("PKCE with code_challenge_method S256 is required")
	}
	if !slices.Contains(r.Scopes, oidc.ScopeOpenID) {
		return "", oidc.ErrInvalidScope().WithDescription("the scope openid is required")
	}
	r.Scopes = slices.DeleteFunc(r.Scopes, func(scope string) bool { return !client.IsScopeAllowed(scope) })
	if slices.Contains(r.Prompt, oidc.PromptNone) {
		return "", oidc.ErrLoginRequired().WithDescription("the password is asked for each time")
	}
	if r.IDTokenHint != "" && !hasClaims(r.IDTokenHint) {
		return "", oidc.ErrLoginRequired().WithDescription("the id_token_hint is invalid")
	}
	return op.ValidateAuthRequestClient(ctx, r, client, v)
}

// CreateAuthRequest hands a request that validate has passed to authorize.
func (s *storage) CreateAuthRequest(ctx context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if !allowedRedirect(r.RedirectURI) || r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequestRedirectURI() // not reached: validate was here
	}
	compact := slices.Compact(slices.Sorted(slices.Values(r.Scopes)))
	callOf(ctx).request = &request{
		ID: random()[:22], ClientID: r.ClientID, RedirectURI: r.RedirectURI, State: r.State, Nonce: r.Nonce,
		Scopes: compact, Challenge: r.CodeChallenge, LoginHint: strings.TrimSpace(r.LoginHint),
		ExpiresAt: s.p.now().Add(requestLife),
	}
	return &authRequest{id: callOf(ctx).request.ID}, nil
}

// hasClaims reports whether an ID token has claims that can be read, whoever
// signed it: the library takes null for some, and panics.
func hasClaims(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var claims map[string]json.RawMessage
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	return err == nil && json.Unmarshal(text, &claims) == nil && claims != nil
}

// repeated reports whether a parameter is there twice, of which two programs
// might each read another one (RFC 6749, section 3.1).
func repeated(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}
