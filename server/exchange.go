package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/tokens"
)

// What RFC 8693 calls them.
const (
	grantExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // G101: a name, no credential
)

// token answers POST /connect/token: a token exchange where the rules allow
// it; every other grant is the sign-in's.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if s.tokens.Exchanges() {
		body, err := io.ReadAll(r.Body) // bounded by the middleware
		if err == nil && asksForExchange(string(body)) {
			s.exchange(w, r, string(body))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	s.idHandler.ServeHTTP(w, r)
}

func asksForExchange(body string) bool {
	form, err := url.ParseQuery(body)
	return err == nil && slices.Equal(form["grant_type"], []string{grantExchange})
}

// exchanged is RFC 8693, section 2.2.1.
type exchanged struct {
	AccessToken     string `json:"access_token"`
	IssuedTokenType string `json:"issued_token_type"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int64  `json:"expires_in"`
	Scope           string `json:"scope"`
}

// exchange gives a short-lived access token for a PAT or SAT. The subject token
// is the credential: who holds it can already do all that the new one can, so
// a client needs none of its own (section 2.1 leaves it open). One that shows
// an application's must show the right ones, of the token's own application.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request, body string) {
	form, err := readExchangeForm(r, body)
	if err != nil {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send each parameter once, in a form, not in the address.")
		return
	}
	if complaint := askedTooMuch(form); complaint != "" {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", complaint)
		return
	}
	want := tokens.Exchange{Subject: form.Get("subject_token"), From: from(r)}
	if want.Client, err = s.exchangeClient(r, form); err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	if scope := form.Get("scope"); scope != "" {
		want.Scopes = strings.Split(scope, " ")
	}
	out, err := tokens.ExchangedToken{}, tokens.ErrTarget
	if !slices.ContainsFunc(form["resource"], s.elsewhere) {
		want.Audience = form["audience"]
		out, err = s.tokens.Exchange(r.Context(), want)
	}
	if err != nil {
		s.refuseExchange(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, exchanged{
		AccessToken: out.Secret.Reveal(), IssuedTokenType: typeAccessToken, TokenType: "Bearer",
		ExpiresIn: int64(out.Lives / time.Second), Scope: strings.Join(out.Scopes, " "),
	})
}

// readExchangeForm is readForm, but resource and audience may be there several
// times (section 2.1).
func readExchangeForm(r *http.Request, body string) (url.Values, error) {
	if r.URL.RawQuery != "" || !isForm(r) {
		return nil, errForm
	}
	return parseForm(body, "resource", "audience")
}

// askedTooMuch says what of a request this server does not do; empty: nothing.
func askedTooMuch(form url.Values) string {
	switch {
	case form.Get("subject_token") == "":
		return "Send the token to exchange as subject_token."
	case form.Get("subject_token_type") != typeAccessToken:
		return "The subject_token_type must be that of an access token."
	case form.Has("requested_token_type") && form.Get("requested_token_type") != typeAccessToken:
		return "Only access tokens are issued."
	case form.Has("actor_token") || form.Has("actor_token_type"):
		return "A token acts as one identity here: there are no actors."
	case form.Has("client_assertion") || form.Has("client_assertion_type"):
		return "Client assertions are not supported."
	}
	return ""
}

// exchangeClient is the application that shows its credentials; nil if nobody
// does. A client_id alone proves nothing and is not looked at.
func (s *Server) exchangeClient(r *http.Request, form url.Values) (*tokens.Caller, error) {
	id, secret, err := clientOf(r.Header, form)
	header := r.Header.Get("Authorization") != ""
	switch {
	case err != nil, secret == "" && !header:
		return nil, err
	case header && form.Has("client_secret"):
		return nil, errCredentials
	}
	c, err := s.tokens.CheckApp(r.Context(), id, secret)
	return &c, err
}

// elsewhere reports whether a resource is not this server, the only place that
// has an address here.
func (s *Server) elsewhere(resource string) bool {
	return strings.TrimSuffix(resource, "/") != s.public
}

// refuseExchange says in OAuth's words why there is no token. An invalid
// subject token is an invalid_request (RFC 8693, section 2.2.2), whatever is
// the matter with it.
func (s *Server) refuseExchange(w http.ResponseWriter, r *http.Request, err error) {
	if busy, ok := errors.AsType[*tokens.BusyError](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int((busy.Wait+time.Second-1)/time.Second)))
		writeOAuthError(w, http.StatusTooManyRequests, "temporarily_unavailable", "This token was exchanged too often. Use what you got until it ends.")
		return
	}
	e, _ := errors.AsType[*tokens.Error](err)
	switch {
	case errors.Is(err, tokens.ErrTarget):
		writeOAuthError(w, http.StatusBadRequest, "invalid_target", "The token can be exchanged for its own application and this server only.")
	case errors.Is(err, tokens.ErrClient):
		writeOAuthError(w, http.StatusBadRequest, "unauthorized_client", "The token is not one of this application.")
	case e != nil && e.Code == api.CodeScope:
		writeOAuthError(w, http.StatusBadRequest, "invalid_scope", e.Detail)
	case e != nil:
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "The subject token cannot be exchanged.")
	default:
		s.refuseOAuth(w, r, err)
	}
}
