package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/tokens"
)

// routePolicy registers the administrators' policy (requirement 61).
func (s *Server) routePolicy(tags []string) {
	call(s, administrator, huma.Operation{
		OperationID: "policy", Method: http.MethodGet, Path: "/manager/policy", Tags: tags,
		Summary: "What administrators demand of new tokens beyond the rules",
	}, s.policy)
	call(s, administrator, huma.Operation{
		OperationID: "changePolicy", Method: http.MethodPatch, Path: "/manager/policy", Tags: tags,
		Summary:     "Set the longest that new tokens may live",
		Description: "It holds for tokens that are issued or rotated from now on, where it is stricter than the rules.",
	}, s.changePolicy)
}

func (s *Server) policy(ctx context.Context, c tokens.Caller, _ *struct{}) (api.Policy, error) {
	return s.tokens.Policy(ctx, c)
}

func (s *Server) changePolicy(ctx context.Context, c tokens.Caller, in *struct{ Body api.PolicyChange }) (api.Policy, error) {
	return s.tokens.SetPolicy(ctx, c, in.Body)
}
