package server

import (
	"encoding/json"
	"errors"
	"net/http"

	"keyfob/api"
	"keyfob/server/signin"
	"keyfob/server/tokens"
)

// routeOAuth registers introspection (RFC 7662) and revocation (RFC 7009). They
// are plain handlers: they read forms and answer errors as RFC 6749, section
// 5.2, has them. All else below /id/ is the sign-in's.
func (s *Server) routeOAuth() {
	s.mux.HandleFunc("POST "+idPrefix+"connect/introspect", s.introspect)
	s.mux.HandleFunc("POST "+idPrefix+"connect/revocation", s.revocation)
	// Without these the other methods would fall to the sign-in's handler.
	s.mux.HandleFunc(idPrefix+"connect/introspect", postOnly)
	s.mux.HandleFunc(idPrefix+"connect/revocation", postOnly)
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
	id, secret, err := clientOf(r.Header, form)
	if err != nil {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send one kind of credentials.")
		return
	}
	by, err := s.inspector(r, id, secret)
	if err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	out, err := s.tokens.Introspect(r.Context(), by, form.Get("token"))
	if err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	if out.Active {
		out.Iss = s.public + "/id"
	}
	writeJSON(w, http.StatusOK, out)
}

// inspector is who asks: an application by its client credentials, or a token
// as bearer, of which the rules then demand the scope introspect.
func (s *Server) inspector(r *http.Request, id, secret string) (tokens.Caller, error) {
	bearer, err := presented(r.Header)
	switch {
	case err != nil, bearer != "" && secret != "":
		return tokens.Caller{}, errCredentials
	case bearer != "":
		return s.tokens.CheckToken(r.Context(), bearer, from(r))
	case id == "" || secret == "":
		return tokens.Caller{}, &tokens.Error{Code: api.CodeUnauthenticated}
	}
	c, err := s.tokens.CheckApp(r.Context(), id, secret)
	c.From = from(r)
	return c, err
}

// revocation ends the presented token. Who may: an application by its client
// credentials, the desktop as the public client it is, or whoever sends the
// token itself as bearer. Each of them holds the token, and who holds a leaked
// one may end it. RFC 7009, section 2.2: 200 also for a token that is unknown.
func (s *Server) revocation(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	if err != nil || form.Get("token") == "" {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send the parameter token, once, in a form.")
		return
	}
	id, secret, err := clientOf(r.Header, form)
	if err == nil {
		err = s.mayRevoke(r, id, secret, form.Get("token"))
	}
	if errors.Is(err, errCredentials) {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "Send one kind of credentials.")
		return
	}
	if err == nil {
		err = s.revoke(r, form.Get("token"))
	}
	if err != nil {
		s.refuseOAuth(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Server) mayRevoke(r *http.Request, id, secret, token string) error {
	bearer, err := presented(r.Header)
	switch {
	case err != nil, bearer != "" && secret != "":
		return errCredentials
	case bearer != "" && bearer == token:
		return nil
	case bearer != "":
		return &tokens.Error{Code: api.CodeDenied, Detail: "A bearer may only revoke itself."}
	case id == signin.DesktopClient && secret == "":
		return nil
	case id == "" || secret == "":
		return &tokens.Error{Code: api.CodeUnauthenticated}
	}
	_, err = s.tokens.CheckApp(r.Context(), id, secret)
	return err
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
		w.Header().Set("WWW-Authenticate", `Basic realm="keyfob"`)
		w.Header().Add("WWW-Authenticate", `Bearer realm="keyfob"`)
		writeOAuthError(w, p.Status, "invalid_client", "The client or the token is not known here.")
	case api.CodeScope:
		w.Header().Set("WWW-Authenticate", `Bearer realm="keyfob", error="insufficient_scope", scope="introspect"`)
		writeOAuthError(w, p.Status, "insufficient_scope", p.Detail)
	case api.CodeInternal, api.CodeUnavailable:
		writeOAuthError(w, p.Status, "server_error", p.Detail)
	default:
		writeOAuthError(w, p.Status, "unauthorized_client", p.Detail)
	}
}

// oauthError is RFC 6749, section 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, oauthError{code, description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nothing to do
}
