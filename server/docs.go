package server

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS string

// docsPage is what the template of /docs reads: the contract, flattened.
type docsPage struct {
	Style  template.CSS
	About  []string
	Server string
	Groups []docsGroup
	Types  []docsType
}

type docsGroup struct {
	Name, About string
	Calls       []docsCall
}

type docsCall struct {
	ID, Method, Path, Summary, About, Who string
	Params, Fields                        []docsField
	Body                                  string // the type of the body, if it has a name
	Answers                               []docsAnswer
}

type docsAnswer struct{ Status, About, Type string }

type docsType struct {
	Name   string
	Fields []docsField
}

type docsField struct {
	Name, Type, Where, About string
	Required                 bool
}

// docs is the page of /docs: one page, no script, nothing from elsewhere.
func (s *Server) docs() ([]byte, error) {
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return nil, err
	}
	doc := s.api.OpenAPI()
	var html bytes.Buffer
	err = t.Execute(&html, docsPage{
		Style: template.CSS(docsCSS), //nolint:gosec // our own embedded file
		About: strings.Split(strings.ReplaceAll(doc.Info.Description, "`", ""), "\n\n"), Server: s.public,
		Groups: docsGroups(doc), Types: docsTypes(doc),
	})
	return html.Bytes(), err
}

// docsPolicy allows the page its own style and nothing else.
func docsPolicy() string {
	sum := sha256.Sum256([]byte(docsCSS))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

func docsGroups(doc *huma.OpenAPI) []docsGroup {
	var groups []docsGroup
	for _, tag := range doc.Tags {
		g := docsGroup{Name: tag.Name, About: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[path]
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
				if op != nil && slices.Contains(op.Tags, tag.Name) {
					g.Calls = append(g.Calls, docsOperation(op))
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

func docsOperation(op *huma.Operation) docsCall {
	c := docsCall{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary,
		About: strings.ReplaceAll(op.Description, "`", ""), Who: whoMay(op),
	}
	for _, p := range op.Parameters {
		c.Params = append(c.Params, docsField{p.Name, typeName(p.Schema), p.In, p.Description, p.Required})
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			c.Body, c.Fields = refName(m.Schema), docsFields(m.Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		a := docsAnswer{Status: status, About: r.Description}
		for _, m := range r.Content {
			a.Type = refName(m.Schema)
		}
		c.Answers = append(c.Answers, a)
	}
	return c
}

// whoMay says in words what the security requirements say.
func whoMay(op *huma.Operation) string {
	switch {
	case len(op.Security) == 0:
		return "anyone"
	case op.Security[0]["basic"] != nil:
		return "an application or a token"
	case len(op.Security) > 1:
		return "signed in, or a token with the scope read"
	case slices.Contains(op.Tags, "Instance Manager"):
		return "signed in as administrator"
	}
	return "signed in"
}

func docsTypes(doc *huma.OpenAPI) []docsType {
	var types []docsType
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		types = append(types, docsType{name, docsFields(schemas[name])})
	}
	return types
}

func docsFields(s *huma.Schema) []docsField {
	var fields []docsField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fields = append(fields, docsField{
			Name: name, Type: typeName(p), About: p.Description, Required: slices.Contains(s.Required, name),
		})
	}
	return fields
}

func refName(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

func typeName(s *huma.Schema) string {
	name := s.Type
	switch {
	case s.Ref != "":
		name = refName(s)
	case len(s.AnyOf) > 0:
		return typeName(s.AnyOf[0]) + " or null"
	case s.Type == huma.TypeArray:
		name = "list of " + typeName(s.Items)
	case len(s.Enum) > 0:
		name = strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Enum), " ", " · "), "[]")
	case s.Format == "date-time":
		name = "time"
	case s.Type == huma.TypeObject:
		if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
			name = "map of " + typeName(of)
		}
	}
	if s.Nullable {
		name += " or null"
	}
	return name
}
