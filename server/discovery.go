package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/tokens"
)

// routeDiscovery registers where clients start. Both paths answer alike.
func (s *Server) routeDiscovery() {
	call(s, anyone, huma.Operation{
		OperationID: "discovery", Method: http.MethodGet, Path: "/tools/auto-discovery", Tags: []string{"Server"},
		Summary: "Where everything is", Description: "A client starts here and knows no other path by heart.",
	}, s.discovery)
	call(s, anyone, huma.Operation{
		OperationID: "discoverySys", Method: http.MethodGet, Path: "/sys/auto-discovery", Tags: []string{"Server"},
		Summary: "The same, under its other name",
	}, s.discovery)
}

func (s *Server) discovery(context.Context, tokens.Caller, *struct{}) (api.Discovery, error) {
	return api.Discovery{WebSites: []api.WebSite{
		{Type: api.SiteID, Status: "Working", URL: s.public + "/id"},
		{Type: api.SiteUserProfile, Status: "Working", URL: s.public + "/profile"},
		{Type: api.SiteInstanceManager, Status: "Working", URL: s.public + "/manager"},
	}}, nil
}
