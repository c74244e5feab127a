// Package server is the token server over HTTP: an http.Handler to embed.
//
// It only carries: the wire structs are in api, the rules in server/tokens, the
// sign-in in server/signin. A call passes, in this order, through what
// surrounds every call (middleware.go), the guard that says who may make it
// (auth.go), huma, which reads and checks its input, and a handler of a few
// lines (profile.go, manager.go) that asks the rules. What the rules refuse
// becomes a problem in one place (problem.go). The OAuth endpoints for tokens
// speak forms and OAuth's own errors (oauth.go). The contract is generated from
// the same code (openapi.go) and readable at /docs (docs.go).
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/audit"
	"keyfob/server/metrics"
	"keyfob/server/origin"
	"keyfob/server/signin"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

const idPrefix = "/id/"

// Config is what a Server is made of. All fields down to Version are required.
type Config struct {
	Tokens    *tokens.Service
	SignIn    *signin.Provider
	Store     *store.Store
	PublicURL string // how clients reach it, such as https://tokens.example.org; no path
	Version   string
	Log       *slog.Logger

	Trusted   origin.Trusted      // proxies that may say who calls; none: nobody may
	ChangeLog func() audit.Status // nil: nothing is known of it
	Expires   func() time.Time    // of the server's own TLS certificate; nil: it has none
}

// Server is the token server's HTTP face.
type Server struct {
	tokens  *tokens.Service
	signIn  *signin.Provider
	store   *store.Store
	public  string
	version string
	overTLS bool
	log     *slog.Logger
	mux     *http.ServeMux
	api     huma.API

	idHandler http.Handler // the sign-in's

	trusted   origin.Trusted
	changeLog func() audit.Status
	failures  *failures
	metrics   *metrics.Metrics
	pages     router // the sign-in's routes
	atOnce    atomic.Int64
	draining  atomic.Bool
	unready   atomic.Pointer[string] // why, as it was logged
	broken    atomic.Bool            // the change log, as it was logged
}

// New makes a Server. It does not listen: see Serve.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("server: the public URL must be like https://tokens.example.org")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		tokens: c.Tokens, signIn: c.SignIn, store: c.Store, log: c.Log,
		public: strings.TrimSuffix(c.PublicURL, "/"), version: c.Version,
		overTLS: u.Scheme == "https", mux: http.NewServeMux(),
		trusted: c.Trusted, changeLog: c.ChangeLog, failures: newFailures(), metrics: metrics.New(c.Version),
	}
	s.route()
	s.watch(c.Expires)
	return s, nil
}

// Handler is the whole server.
func (s *Server) Handler() http.Handler { return s }

// route puts every call on the mux. The document comes last: it describes them.
func (s *Server) route() {
	s.api = newAPI(s.mux, s.version)
	pages := s.signIn.Handler()
	s.pages, _ = pages.(router)
	s.idHandler = http.StripPrefix("/id", pages)
	s.routeProfile()
	s.routePicture()
	s.routeManager()
	s.routeEvents()
	s.routeDiscovery()
	s.routeOAuth()
	s.routeCheck()
	s.routeHealth()
	s.mux.Handle(idPrefix, s.idHandler)
	s.routeDocument()
}

// problemOf turns any error into a problem, and logs what the caller must not
// be told.
func (s *Server) problemOf(ctx context.Context, err error) *problem {
	p, ours := fromRules(err)
	if !ours && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelError, "failed", slog.Any("error", err), slog.String("requestId", requestID(ctx)))
	}
	p.RequestID = requestID(ctx)
	return p
}

// reply is what huma sends: T as the body.
type reply[T any] struct{ Body T }

// call registers one JSON call. The guard runs before huma looks at the input,
// and what do answers as an error becomes a problem.
func call[I, T any](s *Server, need access, op huma.Operation, do func(context.Context, tokens.Caller, *I) (T, error)) {
	s.describe(&op, need)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*reply[T], error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &reply[T]{out}, nil
	})
}

// callEmpty registers a call whose success has no body: 204.
func callEmpty[I any](s *Server, need access, op huma.Operation, do func(context.Context, tokens.Caller, *I) error) {
	s.describe(&op, need)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*struct{}, error) {
		if err := do(ctx, callerOf(ctx), in); err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return nil, nil //nolint:nilnil // huma: no output, so the operation's own status
	})
}

// describe completes op with what follows from who may make the call.
func (s *Server) describe(op *huma.Operation, need access) {
	// The middleware has read the body, and bounded it.
	op.MaxBodyBytes = maxBody + 1 // huma counts the limit itself as too large
	op.BodyReadTimeout = -1       // huma's five seconds would end the handler's context
	if need == anyone {
		return
	}
	op.Middlewares = huma.Middlewares{s.guard(need)}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden)
	signedIn := map[string][]string{"signIn": {"openid"}}
	op.Security = []map[string][]string{signedIn}
	if need == holder || need == reader || need == keeper {
		op.Security = append(op.Security, map[string][]string{"bearer": {}}, map[string][]string{"apiKey": {}}, map[string][]string{"xApiKey": {}})
	}
}

// page fills in the empty list, so that items is never null.
func page[T any](p api.Page[T], err error) (api.Page[T], error) {
	if p.Items == nil {
		p.Items = []T{}
	}
	return p, err
}
