package server

import "github.com/danielgtaylor/huma/v2"

// Document is the generated contract, for the tests outside the package.
func (s *Server) Document() *huma.OpenAPI { return s.api.OpenAPI() }
