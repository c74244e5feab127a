package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"keyfob/server/store"
)

// requestLife is how long a browser may stay at the login page.
const requestLife = 15 * time.Minute

// request is an authorization request whose user has not signed in yet. The
// browser keeps it, sealed, in a cookie: a stranger who never signs in writes
// nothing here, and a link to a login page is of no use in another browser.
type request struct {
	ID          string    `json:"id"` // in the address of the login page and the name of the cookie
	ClientID    string    `json:"client"`
	RedirectURI string    `json:"redirect"`
	State       string    `json:"state,omitempty"`
	Nonce       string    `json:"nonce,omitempty"`
	Scopes      []string  `json:"scopes"`
	Challenge   string    `json:"challenge"`
	LoginHint   string    `json:"hint,omitempty"`
	ExpiresAt   time.Time `json:"expires"`

	// Of a device that waits, instead of RedirectURI and what follows it.
	UserCode   string    `json:"userCode,omitempty"`
	Device     []byte    `json:"device,omitempty"` // hash of the device code
	UserID     string    `json:"user,omitempty"`   // who has signed in to decide
	SignedInAt time.Time `json:"signedIn,omitzero"`
	SignOuts   int       `json:"signOuts,omitempty"` // of that user, when the password was right
}

// still reports whether who signed in to decide is still let in by that: active,
// and not signed out everywhere since.
func (r *request) still(user store.User) bool { return user.IsActive && user.SignOuts == r.SignOuts }

func (r *request) forDevice() bool { return r.UserCode != "" }

const (
	cookiePrefix = "keyfob_signin_"
	maxCookie    = 4096 // what browsers keep at least, in bytes (RFC 6265, section 6.1)
)

var errTooLong = errors.New("signin: the request is too long for a cookie")

// cookie is the one that carries r.
func (p *Provider) cookie(r *request) (*http.Cookie, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	sealed, err := p.keys.requests.Encrypt(string(text))
	if err != nil {
		return nil, err
	}
	cookie := p.cookieNamed(r.ID, sealed, int(requestLife.Seconds()))
	if len(cookie.String()) > maxCookie {
		return nil, errTooLong
	}
	return cookie, nil
}

func (p *Provider) cookieNamed(id, value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever it can be: plain http is for loopback only
		Name: cookiePrefix + id, Value: value, Path: p.base.Path + "/", MaxAge: maxAge,
		HttpOnly: true, Secure: p.base.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
}

// pending is the request with that id, if this browser began it and it is
// still good.
func (p *Provider) pending(r *http.Request, id string) (*request, bool) {
	cookie, err := r.Cookie(cookiePrefix + id)
	if err != nil {
		return nil, false
	}
	text, err := p.keys.requests.Decrypt(cookie.Value)
	if err != nil {
		return nil, false
	}
	q := new(request)
	if err := json.Unmarshal([]byte(text), q); err != nil {
		return nil, false
	}
	return q, q.ID == id && p.now().Before(q.ExpiresAt)
}

// answer is where the browser goes with the answer to r.
func (p *Provider) answer(r *request, parameters url.Values) string {
	return answerURL(r.RedirectURI, r.State, p.issuer, parameters)
}

// authRequest shows the library a request, or the code that it became.
type authRequest struct {
	id     string
	code   store.SignInCode
	device bool // it is a device code's: device.go
	state  string
	signIn string // set once the code is redeemed
}

var _ op.AuthRequest = (*authRequest)(nil)

func (a *authRequest) GetID() string                      { return a.id }
func (a *authRequest) GetACR() string                     { return "" }
func (a *authRequest) GetAMR() []string                   { return []string{"pwd"} }
func (a *authRequest) GetAudience() []string              { return []string{a.code.ClientID} }
func (a *authRequest) GetAuthTime() time.Time             { return a.code.AuthenticatedAt }
func (a *authRequest) GetClientID() string                { return a.code.ClientID }
func (a *authRequest) GetNonce() string                   { return a.code.Nonce }
func (a *authRequest) GetRedirectURI() string             { return a.code.RedirectURI }
func (a *authRequest) GetResponseType() oidc.ResponseType { return oidc.ResponseTypeCode }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return oidc.ResponseModeQuery }
func (a *authRequest) GetScopes() []string                { return a.code.Scopes }
func (a *authRequest) GetState() string                   { return a.state }
func (a *authRequest) GetSubject() string                 { return a.code.UserID }
func (a *authRequest) Done() bool                         { return a.code.UserID != "" }

// GetCodeChallenge is never nil: each request has one, and it is S256.
func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: a.code.Challenge, Method: oidc.CodeChallengeMethodS256}
}

// refreshRequest shows the library a sign-in that a refresh token goes on with.
type refreshRequest struct {
	token  string
	signIn store.SignIn
	scopes []string // at most those of the sign-in
}

var _ op.RefreshTokenRequest = (*refreshRequest)(nil)

func (r *refreshRequest) GetAMR() []string            { return []string{"pwd"} }
func (r *refreshRequest) GetAudience() []string       { return []string{r.signIn.ClientID} }
func (r *refreshRequest) GetAuthTime() time.Time      { return r.signIn.AuthenticatedAt }
func (r *refreshRequest) GetClientID() string         { return r.signIn.ClientID }
func (r *refreshRequest) GetScopes() []string         { return r.scopes }
func (r *refreshRequest) GetSubject() string          { return r.signIn.UserID }
func (r *refreshRequest) SetCurrentScopes(s []string) { r.scopes = s }
