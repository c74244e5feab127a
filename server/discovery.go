package server

import (
	"context"
	"net/http"
	"time"

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

// routeHealth registers what an operator's monitor asks: is the process up, and
// can it do its work.
func (s *Server) routeHealth() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, "ok", http.StatusOK) })
	s.mux.HandleFunc("GET /readyz", s.ready)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		health(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	health(w, "ok", http.StatusOK)
}

func health(w http.ResponseWriter, text string, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the prober has gone: nothing to do
}
