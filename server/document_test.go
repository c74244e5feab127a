package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"keyfob/api"
	"keyfob/server"
)

var update = flag.Bool("update", false, "write api/openapi.yaml")

const committed = "../api/openapi.yaml"

// Each change of the wire is a reviewed change of this file.
func TestOpenAPIIsAsCommitted(t *testing.T) {
	h := newHouse(t)
	got := h.get("/openapi.yaml", "").want(http.StatusOK).body
	if *update {
		h.must(os.WriteFile(committed, got, 0o600))
	}
	want, err := os.ReadFile(committed)
	h.must(err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test ./server -run OpenAPI -update, and look at what changed:\n%s", diff)
	}
}

// What OpenAPI 3.1 demands, as far as can be told without another's validator.
func TestOpenAPIIsSound(t *testing.T) {
	h := newHouse(t)
	doc := h.in.Handler.(*server.Server).Document()
	text, err := json.Marshal(doc)
	h.must(err)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("OpenAPI %s, %+v", doc.OpenAPI, doc.Info)
	}
	for _, ref := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
		if !ok || doc.Components.Schemas.Map()[name] == nil {
			t.Errorf("a reference leads nowhere: %s", ref[1])
		}
	}
}

func TestOpenAPICallsAreDescribedWhole(t *testing.T) {
	h := newHouse(t)
	schemes := h.in.Handler.(*server.Server).Document().Components.SecuritySchemes
	ids := map[string]bool{}
	h.eachCall(func(t *testing.T, op *huma.Operation, _ string) {
		if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Tags) == 0 || len(op.Responses) == 0 {
			t.Error("it lacks an own id, a summary, a tag or responses")
		}
		ids[op.OperationID] = true
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(op.Path, -1) {
			if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name[1] && p.Required }) {
				t.Errorf("the parameter %s of the path is not described", name[1])
			}
		}
		for status, r := range op.Responses {
			if r.Description == "" {
				t.Errorf("the response %s has no description", status)
			}
		}
		for _, need := range op.Security {
			for scheme := range need {
				if schemes[scheme] == nil {
					t.Errorf("no such security scheme: %s", scheme)
				}
			}
		}
	})
}

// The real replies are what the contract says they are.
func TestRepliesFitTheirSchemas(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.adaIn, h.open, "read")
	h.sat(h.open, "introspect")
	h.get("/profile/me", pat.Secret)
	for path, schema := range map[string]string{
		"/profile/me": "Me", "/capabilities": "Capabilities", "/profile/tokens": "PageToken", "/profile/tokens/" + pat.Token.ID: "Token",
		"/profile/apps": "PageApp", "/manager/apps": "PageApp", "/manager/apps/" + h.open.ID: "App", "/manager/users": "PageUser",
		"/manager/apps/" + h.open.ID + "/tokens": "PageToken", "/tools/auto-discovery": "Discovery",
		"/profile/tokens/none": "Problem", "/profile/tokens?limit=0": "Problem",
	} {
		fits(h, schema, h.get(path, h.adaIn))
	}
	fits(h, "Issued", h.call(http.MethodPost, "/profile/tokens", h.adaIn, api.NewToken{AppID: h.open.ID, Scopes: []string{"read"}}))
}

func fits(h *house, schema string, r reply) {
	h.Helper()
	doc := h.in.Handler.(*server.Server).Document()
	s := doc.Components.Schemas.Map()[schema]
	if s == nil {
		h.Fatalf("no schema %s", schema)
	}
	var body any
	r.into(&body)
	result := new(huma.ValidateResult)
	huma.Validate(doc.Components.Schemas, s, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, body, result)
	for _, err := range result.Errors {
		h.Errorf("%s: %v in %s", schema, err, r.body)
	}
}

func TestDocsAreReadableOffline(t *testing.T) {
	h := newHouse(t)
	r := h.get("/docs", "").want(http.StatusOK)
	page := string(r.body)
	for _, banned := range []string{"<script", "src=", "@import", "url(", "ZgotmplZ"} {
		if strings.Contains(page, banned) {
			t.Errorf("the page has %s", banned)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		switch target, local := strings.CutPrefix(link[1], "#"); {
		case local && !strings.Contains(page, `id="`+target+`"`):
			t.Errorf("%s leads nowhere", link[1])
		case !local && link[1] != "/openapi.yaml":
			t.Errorf("it leads elsewhere: %s", link[1])
		}
	}
	h.eachCall(func(t *testing.T, op *huma.Operation, _ string) {
		if !strings.Contains(page, `id="`+op.OperationID+`"`) || !strings.Contains(page, op.Path) {
			t.Error("it is not on the page")
		}
	})
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if len(style) != 2 || !strings.Contains(r.header.Get("Content-Security-Policy"), hashOf(style[1])) {
		t.Errorf("its own policy forbids its style: %s", r.header.Get("Content-Security-Policy"))
	}
}

func hashOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
