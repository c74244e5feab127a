package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"keyfob/api"
	"keyfob/server/metrics"
	"keyfob/server/tokens"
)

// access says who may make a call.
type access int

const (
	// anyone: no credentials are looked at.
	anyone access = iota
	// holder: whoever presents something that works.
	holder
	// reader: an interactive sign-in, or a token with the scope for reading.
	reader
	// keeper: an interactive sign-in, or a PAT with the scope tokens.
	keeper
	// interactive: an interactive sign-in; this is not for tokens.
	interactive
	// administrator: an interactive sign-in of an administrator (requirement 35).
	administrator
)

var errCredentials = errors.New("more than one credential, or one that cannot be read")

// presented takes the one credential out of a request's headers:
// Authorization: Bearer, X-Api-Key or Api-Key. It is empty if there is none.
// RFC 6750, section 2: more than one method at once is an error.
func presented(h http.Header) (string, error) {
	var found []string
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
		found = append(found, h.Values(name)...)
	}
	switch {
	case len(found) == 0:
		return "", nil
	case len(found) > 1:
		return "", errCredentials
	case len(h.Values("Authorization")) == 0:
		return strings.TrimSpace(found[0]), nil
	}
	scheme, value, _ := strings.Cut(found[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", nil // such as Basic: not a way to authenticate here
	}
	return strings.TrimSpace(value), nil
}

// from is the address of the caller, without the port.
func from(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	host, _, _ = strings.Cut(host, "%") // of which network card is the server's own affair
	return host
}

// check finds out what a presented secret is worth: a PAT or SAT by its
// shape, anything else as the access token of an interactive sign-in.
func (s *Server) check(ctx context.Context, secret, from string) (tokens.Caller, error) {
	if tokens.Shaped(secret) {
		return s.tokens.CheckToken(ctx, secret, from)
	}
	in, ok, err := s.signIn.Authenticate(ctx, secret)
	if err != nil {
		return tokens.Caller{}, err
	}
	if !ok {
		return tokens.Caller{}, &tokens.Error{Code: api.CodeUnauthenticated}
	}
	return s.tokens.SignedIn(in.User, in.SignIn.ID, from), nil
}

// unauthenticated is the one answer to no, unknown, expired and revoked
// credentials (requirement 99). Only a header tells whether any were sent.
func unauthenticated(sent bool) *problem {
	p := newProblem(api.CodeUnauthenticated, "Sign in, or send a valid token.")
	challenge := `Bearer realm="keyfob"`
	if sent {
		challenge += `, error="invalid_token"`
	}
	p.headers = http.Header{"Www-Authenticate": {challenge}}
	return p
}

// admit is nil if the caller may make a call with that access.
func (s *Server) admit(c tokens.Caller, need access) *problem {
	read := s.tokens.Rules.ReadScope
	switch {
	case need == reader && !c.Interactive() && read != "" && !slices.Contains(c.Scopes, read):
		p := newProblem(api.CodeScope, "This token lacks the scope "+read+".")
		p.headers = http.Header{"Www-Authenticate": {`Bearer realm="keyfob", error="insufficient_scope", scope="` + read + `"`}}
		return p
	case need == keeper && !c.Keeper():
		return newProblem(api.CodeInteractive, "This needs a person who has signed in, or a personal access token with the scope tokens.")
	case need >= interactive && !c.Interactive():
		return newProblem(api.CodeInteractive, "This needs a person who has signed in. A token is not enough.")
	case need == administrator && !c.User.IsAdmin:
		return newProblem(api.CodeDenied, "This is for administrators.")
	}
	return nil
}

type callerKey struct{}

func callerOf(ctx context.Context) tokens.Caller {
	c, _ := ctx.Value(callerKey{}).(tokens.Caller)
	return c
}

// guard is the huma middleware of a call: it answers for whoever may not make
// it, before the body is looked at.
func (s *Server) guard(need access) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c, p := s.caller(r, need)
		if p != nil {
			writeProblem(w, r, p)
			return
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// admitted notes whose credentials were good.
func (s *Server) admitted(ctx context.Context, c tokens.Caller) {
	s.metrics.Checked(metrics.Caller, metrics.Accepted)
	info := callOf(ctx)
	switch {
	case c.Token != nil:
		info.caller = "token/" + c.Token.ID
	case c.App != nil:
		info.caller = "app/" + c.App.ID
	default:
		info.caller = "user/" + c.User.ID
	}
}

func (s *Server) caller(r *http.Request, need access) (tokens.Caller, *problem) {
	secret, err := presented(r.Header)
	if err != nil {
		return tokens.Caller{}, newProblem(api.CodeBadRequest,
			"Send exactly one of Authorization, X-Api-Key and Api-Key.")
	}
	if secret == "" {
		return tokens.Caller{}, unauthenticated(false)
	}
	c, err := s.check(r.Context(), secret, from(r))
	if err != nil {
		return tokens.Caller{}, s.problemOf(r.Context(), err)
	}
	s.admitted(r.Context(), c)
	return c, s.admit(c, need)
}
