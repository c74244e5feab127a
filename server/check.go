package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/tokens"
)

// demand is what a request to an API behind a proxy needs, as the proxy's
// configuration says it.
type demand struct {
	App        []string `query:"app,explode" required:"true" minItems:"1" maxItems:"20" doc:"Ids of the trusted applications whose tokens are good for the API; may be given several times."`
	Scope      []string `query:"scope,explode" maxItems:"20" doc:"A scope that opens the endpoint; of several, any one does."`
	Permission []string `query:"permission,explode" maxItems:"20" doc:"A permission that opens the endpoint, such as policies.list; of several, any one does."`
	Tenant     string   `query:"tenant" maxLength:"64" doc:"The tenant that the request is about."`
}

// admitted is who may pass, for the API behind the proxy. A list is separated
// by spaces. What does not apply is absent: the proxy must not let a header of
// that name through from outside.
type admitted struct {
	User        string `header:"X-Keyfob-User" doc:"Id of the user whom the request acts as."`
	Login       string `header:"X-Keyfob-Login" doc:"That user's login, percent-encoded."`
	Kind        string `header:"X-Keyfob-Kind" doc:"pat, sat, or sign-in."`
	App         string `header:"X-Keyfob-App" doc:"Id of the token's trusted application; absent for a sign-in."`
	Token       string `header:"X-Keyfob-Token" doc:"Id of the token; absent for a sign-in."`
	Scopes      string `header:"X-Keyfob-Scopes" doc:"The scopes that are held."`
	Permissions string `header:"X-Keyfob-Permissions" doc:"The permissions that are held now."`
	Tenants     string `header:"X-Keyfob-Tenants" doc:"The tenants that can be reached now."`
}

const kindSignIn = "sign-in"

// routeCheck registers the one question of a reverse proxy (nginx's
// auth_request, Traefik's ForwardAuth): may this request pass?
func (s *Server) routeCheck() {
	op := huma.Operation{
		OperationID: "check", Method: http.MethodGet, Path: "/check", Tags: []string{"Check"},
		Summary: "May the holder of this token do that (for a reverse proxy)", DefaultStatus: http.StatusNoContent,
		Description: "204 if what is presented works, is of one of the applications, and covers one of the scopes, one of the permissions and the tenant; " +
			"what is not named is not asked for. 401 if it does not work here, whatever the reason; 403 if it works and does not cover that. " +
			"The access token of a sign-in has all scopes of the applications, and what its user holds.",
	}
	s.describe(&op, holder)
	huma.Register(s.api, op, func(ctx context.Context, in *demand) (*admitted, error) {
		c, err := s.tokens.For(ctx, callerOf(ctx), in.App)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		if !c.Covers(in.Scope, in.Permission, in.Tenant) {
			return nil, s.insufficient(ctx, in.Scope)
		}
		return admittedOf(c), nil
	})
}

// insufficient is RFC 6750, section 3.1. Of the scopes it names those that
// there are: the others may be anything.
func (s *Server) insufficient(ctx context.Context, scopes []string) *problem {
	p := newProblem(api.CodeScope, "The token works, but it does not cover this request.")
	known := slices.DeleteFunc(slices.Clone(scopes), func(name string) bool { return !slices.Contains(s.tokens.Rules.ScopeNames(), name) })
	challenge := `Bearer realm="keyfob", error="insufficient_scope"`
	if len(known) > 0 {
		challenge += `, scope="` + strings.Join(known, " ") + `"`
	}
	p.RequestID, p.headers = requestID(ctx), http.Header{"Www-Authenticate": {challenge}}
	return p
}

func admittedOf(c tokens.Caller) *admitted {
	out := &admitted{
		User: c.User.ID, Login: url.PathEscape(c.User.Login), Kind: kindSignIn,
		Scopes: strings.Join(c.Scopes, " "), Permissions: strings.Join(c.Permissions, " "), Tenants: strings.Join(c.Tenants, " "),
	}
	if c.Token != nil {
		out.Kind, out.App, out.Token = c.Token.Kind, c.Token.AppID, c.Token.ID
	}
	return out
}
