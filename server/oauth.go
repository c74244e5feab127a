package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"keyfob/api"
	"keyfob/server/metrics"
	"keyfob/server/signin"
	"keyfob/server/tokens"
)

const introspectPattern = "POST " + idPrefix + "connect/introspect"

// routeOAuth registers introspection (RFC 7662), revocation (RFC 7009), token
// exchange (RFC 8693) and where an OAuth client without OpenID looks for all
// that (RFC 8414). They are plain handlers: they read forms and answer errors
// as RFC 6749, section 5.2, has them. All else below /id/ is the sign-in's.
func (s *Server) routeOAuth() {
	s.mux.HandleFunc(introspectPattern, s.introspect)
	s.mux.HandleFunc("POST "+idPrefix+"connect/revocation", s.revocation)
	s.mux.HandleFunc("POST "+idPrefix+"connect/token", s.token)
	// Without these the other methods would fall to the sign-in's handler.
	s.mux.HandleFunc(idPrefix+"connect/introspect", postOnly)
	s.mux.HandleFunc(idPrefix+"connect/revocation", postOnly)
	s.mux.HandleFunc(idPrefix+"connect/token", postOnly)
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server"+strings.TrimSuffix(idPrefix, "/"), s.metadata)
}

// metadata answers at the address that RFC 8414, section 3.1, makes of the
// issuer: its path goes behind the well-known one. It is the same document.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = idPrefix+".well-known/openid-configuration", ""
	s.idHandler.ServeHTTP(w, r)
}

func postOnly(w http.ResponseWriter, r *http.Request) {
	p := newProblem(api.CodeMethod, explain[api.CodeMethod])
	p.headers = http.Header{"Allow": {http.MethodPost}}
	writeProblem(w, r, p)
}

func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	if err != nil || form.Get("token") == "" {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send the parameter token, once, in a form.")
		return
	}
	out, err := s.introspection(r, form)
	if err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	s.metrics.Checked(metrics.Introspected, worth(out.Active))
	writeBody(w, http.StatusOK, out.Written(s.introspected))
}

func (s *Server) introspected(in api.Introspection) []byte {
	if in.Active {
		in.Iss = s.public + "/id"
	}
	return asJSON(in)
}

func (s *Server) introspection(r *http.Request, form url.Values) (*tokens.Answer, error) {
	id, secret, bearer, err := credentials(r.Header, form)
	if err != nil {
		return nil, err
	}
	if bearer == "" {
		by, out, err := s.tokens.IntrospectFor(r.Context(), id, secret, form.Get("token"), from(r))
		if err == nil {
			s.admitted(r.Context(), by)
		}
		return out, err
	}
	by, err := s.tokens.CheckToken(r.Context(), bearer, from(r))
	if err != nil {
		return nil, err
	}
	s.admitted(r.Context(), by)
	in, err := s.tokens.Introspect(r.Context(), by, form.Get("token"))
	return &tokens.Answer{Introspection: in}, err
}

func worth(active bool) string {
	if active {
		return metrics.Accepted
	}
	return metrics.Refused
}

// inspector is who asks: an application by its client credentials, or a token
// as bearer, of which the rules then demand the scope introspect.
func (s *Server) inspector(r *http.Request, form url.Values) (tokens.Caller, error) {
	id, secret, bearer, err := credentials(r.Header, form)
	switch {
	case err != nil:
		return tokens.Caller{}, err
	case bearer != "":
		return s.tokens.CheckToken(r.Context(), bearer, from(r))
	}
	c, err := s.tokens.CheckApp(r.Context(), id, secret)
	c.From = from(r)
	return c, err
}

// credentials are those of an application, or a bearer token, never both.
func credentials(h http.Header, form url.Values) (id, secret, bearer string, err error) {
	if id, secret, err = clientOf(h, form); err != nil {
		return "", "", "", err
	}
	bearer, err = presented(h)
	if err != nil || bearer != "" && secret != "" {
		return "", "", "", errCredentials
	}
	return id, secret, bearer, nil
}

// revocation ends the presented token. Who may: its application, as for
// introspection; the desktop, as the public client it is, and whoever sends the
// token itself as bearer, because who holds a leaked one may end it. RFC 7009,
// section 2.2: 200 also for a token that is unknown, and to an application
// another's is: no answer here tells what introspection does not.
func (s *Server) revocation(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	token := form.Get("token")
	if err != nil || token == "" {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send the parameter token, once, in a form.")
		return
	}
	switch {
	case holds(r, form):
		err = s.revoke(r, token)
	default:
		var by tokens.Caller
		if by, err = s.inspector(r, form); err == nil {
			err = s.tokens.RevokeForApp(r.Context(), by, token)
		}
	}
	if err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// holds reports whether who asks does so for nothing but holding the token.
func holds(r *http.Request, form url.Values) bool {
	id, secret, err := clientOf(r.Header, form)
	bearer, bearerErr := presented(r.Header)
	if err != nil || bearerErr != nil || secret != "" {
		return false
	}
	return bearer == form.Get("token") || bearer == "" && id == signin.DesktopClient
}

func (s *Server) revoke(r *http.Request, token string) error {
	if tokens.Shaped(token) {
		return s.tokens.RevokePresented(r.Context(), token, from(r))
	}
	_, err := s.signIn.Revoke(r.Context(), token)
	return err
}

// refuseOAuth says in OAuth's words what the rules answered.
func (s *Server) refuseOAuth(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errCredentials) {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send one kind of credentials.")
		return
	}
	p := s.problemOf(r.Context(), err)
	switch p.Code {
	case api.CodeUnauthenticated:
		challenge(w, r)
	case api.CodeScope:
		w.Header().Set("WWW-Authenticate", `Bearer realm="keyfob", error="insufficient_scope", scope="introspect"`)
		writeOAuthError(w, p.Status, "insufficient_scope", p.Detail)
	case api.CodeInternal, api.CodeUnavailable:
		w.Header().Set("Retry-After", "2") // RFC 7009, section 2.2.1
		writeOAuthError(w, p.Status, "server_error", p.Detail)
	default:
		writeOAuthError(w, p.Status, "unauthorized_client", p.Detail)
	}
}

// challenge is the 401 that fits how the caller tried: a bearer as RFC 6750,
// section 3, has it, a client as RFC 6749, section 5.2.
func challenge(w http.ResponseWriter, r *http.Request) {
	atToken := r.URL.Path == idPrefix+"connect/token"
	if bearer, _ := presented(r.Header); bearer != "" && !atToken {
		w.Header().Set("WWW-Authenticate", `Bearer realm="keyfob", error="invalid_token"`)
		writeOAuthError(w, http.StatusUnauthorized, "invalid_token", "The token is not known here.")
		return
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="keyfob"`)
	if !atToken {
		w.Header().Add("WWW-Authenticate", `Bearer realm="keyfob"`)
	}
	writeOAuthError(w, http.StatusUnauthorized, "invalid_client", "The client is not known here, or its secret is another.")
}

// oauthError is RFC 6749, section 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, oauthError{code, description})
}

// The values of headers that all replies share.
var (
	jsonType = []string{"application/json"}
	noCache  = []string{"no-cache"} // RFC 6749, section 5.1
)

func writeJSON(w http.ResponseWriter, status int, v any) { writeBody(w, status, asJSON(v)) }

func asJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs always marshal
	}
	return body
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header()["Content-Type"] = jsonType
	w.Header()["Pragma"] = noCache
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // G705: JSON, and called so; where the client has gone there is nothing to do
}
