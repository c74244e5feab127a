package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/api"
)

// What callers get wrong is their fault (4xx), said with the field, and never
// repeated: any value may be a token.
func TestMalformedRequestsAreRefusedWithoutRepeatingThem(t *testing.T) {
	h := newHouse(t)
	const canary = "enrt_pCANARYcanaryCANARYcanaryCANARYcanaryCANARYcan012345"
	json := http.Header{"Authorization": {"Bearer " + h.adaIn}, "Content-Type": {"application/json"}}
	as := func(kind string) http.Header {
		return http.Header{"Authorization": json["Authorization"], "Content-Type": {kind}}
	}
	keyed := func(key string) http.Header {
		return http.Header{"Authorization": json["Authorization"], "Content-Type": json["Content-Type"], "Idempotency-Key": {key}}
	}
	create, patch := "/profile/tokens", "/manager/apps/"+h.open.ID
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
		code               string
		fields             []string // pointer and code of each
	}{
		{"garbage", "POST", create, json, canary, 400, api.CodeBadRequest, nil},
		{"half an object", "POST", create, json, `{"description":"` + canary, 400, api.CodeBadRequest, nil},
		{"nothing", "POST", create, json, "", 400, api.CodeBadRequest, nil},
		{"invalid UTF-8", "POST", create, json, "{\"description\":\"\xff\xfe\"}", 422, api.CodeInvalid, []string{"/appId required", "/scopes required"}},
		{"not an object", "POST", create, json, `["` + canary + `"]`, 422, api.CodeInvalid, []string{" format"}},
		{"null", "POST", create, json, `null`, 422, api.CodeInvalid, []string{" format"}},
		{"a made-up field", "POST", create, json, `{"` + canary + `":1}`, 422, api.CodeInvalid, []string{" unknown"}},
		{"roles", "POST", create, json, `{"roles":["` + canary + `"]}`, 422, api.CodeInvalid, []string{"/roles refused", "/appId required", "/scopes required"}},
		{"a number for a text", "POST", create, json, `{"description":1,"appId":true}`, 422, api.CodeInvalid, []string{"/description format", "/appId format"}},
		{"a text for a list", "POST", create, json, `{"scopes":"` + canary + `"}`, 422, api.CodeInvalid, []string{"/scopes format"}},
		{"a number in a list", "POST", create, json, `{"scopes":["read",7]}`, 422, api.CodeInvalid, []string{"/scopes/1 format"}},
		{"no time", "POST", create, json, `{"expiresAt":"` + canary + `"}`, 422, api.CodeInvalid, []string{"/expiresAt format"}},
		{"a time that is none", "POST", create, json, `{"expiresAt":"2027-02-30T00:00:00Z"}`, 422, api.CodeInvalid, []string{"/expiresAt format"}},
		{"nested deep", "POST", create, json, strings.Repeat("[", 20_000), 400, api.CodeBadRequest, nil},
		{"too large", "POST", create, json, `{"description":"` + strings.Repeat("x", 64<<10) + `"}`, 413, api.CodeTooLarge, nil},
		{"a form", "POST", create, as("application/x-www-form-urlencoded"), "description=" + canary, 415, api.CodeUnsupportedMedia, nil},
		{"a type that is none", "POST", create, as(";" + canary + "+"), `{}`, 415, api.CodeUnsupportedMedia, nil},
		{"a short key", "POST", create, keyed("short"), `{}`, 422, api.CodeInvalid, []string{"Idempotency-Key too_short"}},
		{"a long key", "POST", create, keyed(strings.Repeat("k", 300)), `{}`, 422, api.CodeInvalid, []string{"Idempotency-Key too_long"}},
		{"an unknown app", "POST", create, json, `{"appId":"` + canary + `","scopes":["` + canary + `"]}`, 422, api.CodeInvalid, []string{"/appId unknown", "/scopes unknown"}},
		{"an unknown policy", "PATCH", patch, json, `{"policy":"` + canary + `"}`, 422, api.CodeInvalid, []string{"/policy unknown"}},
		{"a long id", "GET", "/profile/tokens/" + strings.Repeat("x", 65), json, "", 422, api.CodeInvalid, []string{"id too_long"}},
		{"an unknown id", "GET", "/profile/tokens/" + canary, json, "", 404, api.CodeNotFound, nil},
		{"a broken escape", "GET", "/profile/tokens?q=%25zz%00", json, "", 200, "", nil},
		{"no such path", "GET", "/" + canary, json, "", 404, api.CodeNotFound, nil},
		{"no such method", "BREW", "/profile/me", json, "", 405, api.CodeMethod, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := h.send(c.method, c.path, c.header.Clone(), strings.NewReader(c.body))
			if strings.Contains(string(r.body), "CANARY") {
				t.Errorf("it repeats what was sent: %s", r.body)
			}
			if r.want(c.status); c.code == "" {
				return
			}
			p := r.refused(c.status, c.code)
			var got []string
			for _, f := range p.Errors {
				if got = append(got, f.Pointer+" "+f.Code); f.Detail == "" {
					t.Errorf("%s has no detail", f.Pointer)
				}
			}
			if diff := cmp.Diff(c.fields, got, cmp.Transformer("set", set)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func set(list []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range list {
		out[s] = true
	}
	return out
}

func TestBodyThatBreaksOffIsTheCallersFault(t *testing.T) {
	h := newHouse(t)
	for name, rest := range map[string]string{
		"no chunk":    "Transfer-Encoding: chunked\r\n\r\nnonsense",
		"half a body": "Content-Length: 100\r\n\r\n{",
	} {
		answer := h.raw("POST /profile/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + rest)
		if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || !strings.Contains(answer, api.CodeBadRequest) {
			t.Errorf("%s: answered %.200q", name, answer)
		}
	}
}

func TestEveryReplyHasItsHeaders(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/profile/me", "/tools/auto-discovery", "/docs", "/openapi.yaml", "/nowhere", "/healthz", "/id/login", "/id/device", "/id/device/confirm"} {
		r := h.get(path, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if len(r.header.Get("X-Request-Id")) < 20 || !strings.Contains(r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, r.header)
		}
	}
	if got := h.get("/profile/me", h.bobIn).header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
}
