package server

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Document is the generated contract, for the tests outside the package.
func (s *Server) Document() *huma.OpenAPI { return s.api.OpenAPI() }

// Gatherer is the metrics, for the tests outside the package.
func (s *Server) Gatherer() prometheus.Gatherer { return s.metrics.Gatherer() }
