package server_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// The contract against the OpenAPI Initiative's own schema of version 3.1, and
// each schema in it against JSON Schema 2020-12, by a validator that knows
// nothing of this server.
func TestOpenAPIDocumentIsValid(t *testing.T) {
	text, err := os.ReadFile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", schema); err != nil {
		t.Fatal(err)
	}
	openAPI, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	meta, err := c.Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t)
	if err := openAPI.Validate(doc); err != nil {
		t.Error(err)
	}
	if n := eachSchema(t, meta, doc); n < 50 {
		t.Errorf("only %d schemas are found", n)
	}
	doc.(map[string]any)["paths"].(map[string]any)["/profile/me"].(map[string]any)["get"].(map[string]any)["responses"] = "none"
	if openAPI.Validate(doc) == nil {
		t.Error("a broken document is valid: this test would find nothing")
	}
}

// document is the committed contract as JSON.
func document(t *testing.T) any {
	t.Helper()
	text, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// eachSchema checks what stands under schema and schemas, wherever that is.
func eachSchema(t *testing.T, meta *jsonschema.Schema, v any) (n int) {
	t.Helper()
	check := func(s any) {
		n++
		if err := meta.Validate(s); err != nil {
			t.Error(err)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			switch key {
			case "schema":
				check(inner)
			case "schemas":
				for _, s := range inner.(map[string]any) {
					check(s)
				}
			default:
				n += eachSchema(t, meta, inner)
			}
		}
	case []any:
		for _, inner := range v {
			n += eachSchema(t, meta, inner)
		}
	}
	return n
}
