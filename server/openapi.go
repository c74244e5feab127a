package server

import (
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"keyfob/api"
)

// apiVersion is the version of the contract, not of the program.
const apiVersion = "1"

const aboutAPI = `Keyfob issues, lists and revokes access tokens: personal ones (PAT) that act as a user, and service ones (SAT) that act as an application.

Send a token as ` + "`Authorization: Bearer …`, `X-Api-Key: …` or `Api-Key: …`" + `, exactly one of them. Times are RFC 3339 in UTC. Errors are problems (RFC 9457) with a stable ` + "`code`" + `. Every list is paged with ` + "`limit` and `cursor`" + `.`

// newAPI makes huma speak our dialect: no $schema in bodies, no routes of its
// own, no forms among its formats (each JSON call would take them too).
func newAPI(mux *http.ServeMux, _ string) huma.API {
	cfg := huma.DefaultConfig("Keyfob", apiVersion)
	cfg.CreateHooks, cfg.SchemasPath, cfg.DocsPath, cfg.OpenAPIPath = nil, "", "", ""
	cfg.Info.Description = aboutAPI
	cfg.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	cfg.Tags = []*huma.Tag{
		{Name: "Server", Description: "What this server is and demands."},
		{Name: "Profile", Description: "The caller and their own tokens."},
		{Name: "Instance Manager", Description: "Trusted applications, their tokens, and users. For administrators."},
		{Name: "OAuth", Description: "Introspection and revocation, for services that are handed a token."},
		{Name: "Check", Description: "For a reverse proxy, which asks it before each request that it lets through."},
		{Name: "Operating", Description: "For monitors."},
	}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"signIn":  {Type: "openIdConnect", OpenIDConnectURL: "/id/.well-known/openid-configuration", Description: "A person who has signed in."},
		"bearer":  {Type: "http", Scheme: "bearer", Description: "A PAT or SAT with the scope read; to manage tokens, a PAT with the scope tokens."},
		"apiKey":  {Type: "apiKey", In: "header", Name: "Api-Key", Description: "The same."},
		"xApiKey": {Type: "apiKey", In: "header", Name: "X-Api-Key", Description: "The same."},
		"basic":   {Type: "http", Scheme: "basic", Description: "An application's id and client secret."},
	}
	return humago.New(mux, cfg)
}

// routeDocument serves the finished contract, and the page made of it.
func (s *Server) routeDocument() {
	s.describeOAuth()
	s.describeOperating()
	allowNull(s.api.OpenAPI().Components.Schemas)
	openReplies(s.api.OpenAPI())
	s.document("/openapi.yaml", map[string]string{"Content-Type": "application/yaml"}, s.api.OpenAPI().YAML)
	s.document("/docs", map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": docsPolicy()}, s.docs)
}

// document serves a text that is written when somebody first asks for it: a
// start does not wait for that.
func (s *Server) document(path string, headers map[string]string, write func() ([]byte, error)) {
	written := sync.OnceValues(write)
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		text, err := written()
		if err != nil {
			writeProblem(w, r, s.problemOf(r.Context(), err))
			return
		}
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(text) // the client has gone: nothing to do
	})
}

// allowNull says of a field that points to another struct that it may be null:
// huma says so of scalars only.
func allowNull(schemas huma.Registry) {
	const prefix = "#/components/schemas/"
	for name, schema := range schemas.Map() {
		t := schemas.TypeFromRef(prefix + name)
		for f := range t.Fields() {
			tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := schema.Properties[tag]
			if p == nil || f.Type.Kind() != reflect.Pointer || options != "" {
				continue
			}
			if e := f.Type.Elem(); e.Kind() == reflect.Struct && e != reflect.TypeFor[time.Time]() {
				schema.Properties[tag] = &huma.Schema{
					Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}},
				}
			}
		}
	}
}

// openReplies lets replies grow: only what is sent in is closed to fields that
// are not described.
func openReplies(doc *huma.OpenAPI) {
	sent := map[*huma.Schema]bool{}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Patch} {
			if op != nil && op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
				sent[doc.Components.Schemas.SchemaFromRef(op.RequestBody.Content["application/json"].Schema.Ref)] = true
			}
		}
	}
	for _, schema := range doc.Components.Schemas.Map() {
		if closed, ok := schema.AdditionalProperties.(bool); ok && !closed && !sent[schema] {
			schema.AdditionalProperties = nil
		}
	}
}

// describeOAuth adds the calls that read forms: huma does not serve them.
func (s *Server) describeOAuth() {
	schemas := s.api.OpenAPI().Components.Schemas
	failed := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"error"},
		Properties: map[string]*huma.Schema{"error": {Type: huma.TypeString}, "error_description": {Type: huma.TypeString}},
	}
	form := func(about string) *huma.RequestBody {
		text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
		return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"token"},
				Properties: map[string]*huma.Schema{
					"token": text(about), "token_type_hint": text("Ignored: the token says itself what it is."),
					"client_id": text("The application, if not by HTTP Basic."), "client_secret": text("Its client secret."),
				},
			}},
		}}
	}
	responses := func(ok *huma.Response) map[string]*huma.Response {
		out := map[string]*huma.Response{"200": ok}
		for status, about := range map[string]string{"400": "Not a form as OAuth has it.", "401": "Who asks is not known.", "403": "Who asks may not."} {
			out[status] = &huma.Response{Description: about, Content: map[string]*huma.MediaType{"application/json": {Schema: failed}}}
		}
		return out
	}
	s.describeExchange(responses)
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "introspect", Method: http.MethodPost, Path: "/id/connect/introspect", Tags: []string{"OAuth"},
		Summary:     "What is this token worth now (RFC 7662)",
		Description: "For PATs, SATs and what was exchanged for one, of the application that asks. Who asks: an application by its client credentials, or a SAT with the scope introspect. A token that is not active, whatever the reason, is exactly `{\"active\":false}`.",
		Security:    []map[string][]string{{"basic": {}}, {"bearer": {}}},
		RequestBody: form("The token asked about."),
		Responses: responses(&huma.Response{Description: "Active, and whose it is; or not active.", Content: map[string]*huma.MediaType{
			"application/json": {Schema: schemas.Schema(reflect.TypeFor[api.Introspection](), true, "")},
		}}),
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "revocation", Method: http.MethodPost, Path: "/id/connect/revocation", Tags: []string{"OAuth"},
		Summary:     "End this token (RFC 7009)",
		Description: "For PATs, SATs, what was exchanged for one, and the tokens of a sign-in. Who asks: an application, as for introspection, for its own tokens; the desktop by its client_id; or the token itself as bearer. An unknown token is no error.",
		Security:    []map[string][]string{{"basic": {}}, {"bearer": {}}, {}},
		RequestBody: form("The token to end."),
		Responses:   responses(&huma.Response{Description: "It is ended, or it was never alive."}),
	})
}

// describeExchange adds the one grant of the token endpoint that is not about
// signing in. The others are OpenID's, and in its discovery document.
func (s *Server) describeExchange(responses func(*huma.Response) map[string]*huma.Response) {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	list := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: doc}
	}
	answers := responses(&huma.Response{Description: "The token.", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"access_token", "issued_token_type", "token_type", "expires_in"},
		Properties: map[string]*huma.Schema{
			"access_token": text("The secret of the exchanged token."), "issued_token_type": text(typeAccessToken), "token_type": text("Bearer"),
			"expires_in": {Type: huma.TypeInteger, Description: "Seconds, at most 900, and never beyond the subject token."}, "scope": text("What it may do."),
		},
	}}}})
	delete(answers, "403")
	answers["429"] = &huma.Response{Description: "This token was exchanged too often within 15 minutes.", Content: answers["400"].Content}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "exchange", Method: http.MethodPost, Path: "/id/connect/token", Tags: []string{"OAuth"},
		Summary:     "A short-lived token for a PAT or SAT (RFC 8693)",
		Description: "Where the rules allow it: see the ability exchange. The subject token is the credential; an application may show its own beside it. What comes out is the same identity with the scopes asked for, never tokens; it ends with its subject token at the latest, and cannot be exchanged again.",
		Security:    []map[string][]string{{}, {"basic": {}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"grant_type", "subject_token", "subject_token_type"},
				Properties: map[string]*huma.Schema{
					"grant_type": text(grantExchange), "subject_token": text("A PAT or SAT."), "subject_token_type": text(typeAccessToken),
					"requested_token_type": text(typeAccessToken + ", or left out."), "scope": text("Separated by spaces; left out: all that may be had."),
					"audience": list("The id of the token's application."), "resource": list("The address of this server."),
					"client_id": text("The application, if not by HTTP Basic."), "client_secret": text("Its client secret."),
				},
			}},
		}},
		Responses: answers,
	})
}

func (s *Server) describeOperating() {
	state := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"status"},
		Properties: map[string]*huma.Schema{"status": {Type: huma.TypeString, Enum: []any{"ok", "unavailable"}}},
	}}}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{"Operating"},
		Summary: "The process is up", Responses: map[string]*huma.Response{"200": {Description: "It is.", Content: state}},
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"Operating"},
		Summary: "It can do its work: the database answers and takes writes, and the server is not stopping",
		Responses: map[string]*huma.Response{
			"200": {Description: "It can.", Content: state}, "503": {Description: "It cannot, now.", Content: state},
		},
	})
}
