package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/server"
)

// canary is in everything that is sent, and must be in nothing that comes back.
const canary = "CANARYcanaryCANARY"

// Malformed requests at every route of the contract, in a sequence that is the
// same each time: none is answered with a fault of the server, each refusal is
// a problem or an OAuth error, and none repeats what was sent. How many: see
// torture_short_test.go and torture_long_test.go.
func TestMalformedRequestsNeverBreakTheServer(t *testing.T) {
	h := newHouse(t)
	m := &malice{house: h, dice: rand.New(rand.NewPCG(1, 2)), calls: h.calls()}
	seen := map[int]int{}
	for range malformed() {
		seen[m.one()]++
	}
	panics := strings.Count(h.log.String(), "msg=panic")
	t.Logf("malformed requests: runs %d, 5xx %d, panics %d, repeated %d, not a problem %d (at %d calls; by status: %v)",
		malformed(), m.faults, panics, m.repeated, m.formless, len(m.calls), seen)
	if seen[400]+seen[422] == 0 || seen[200] == 0 {
		t.Errorf("the requests are not what they should be: %v", seen)
	}
	h.searched("the log", h.log.String(), canary)
	if panics > 0 {
		t.Error("it panicked")
	}
	if n := len(h.series()); n > 1500 {
		t.Errorf("%d series of metrics", n)
	}
	h.get("/readyz", "").want(http.StatusOK)
}

type endpoint struct{ method, path string }

func (h *house) calls() []endpoint {
	calls := []endpoint{
		{"POST", "/id/connect/token"},
		{"GET", "/id/connect/authorize"},
		{"POST", "/id/connect/authorize"},
		{"GET", "/id/connect/userinfo"},
		{"GET", "/id/connect/endsession"},
		{"POST", "/id/connect/deviceauthorization"},
		{"GET", "/id/login"},
		{"POST", "/id/login"},
		{"GET", "/docs"},
		{"GET", "/"},
	}
	for path, item := range h.in.Handler.(*server.Server).Document().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Put, item.Delete} {
			if op != nil {
				calls = append(calls, endpoint{op.Method, path})
			}
		}
	}
	slices.SortFunc(calls, func(a, b endpoint) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return calls
}

// malice makes requests that are wrong in some way.
type malice struct {
	*house
	dice  *rand.Rand
	calls []endpoint

	faults, repeated, formless int
}

func pick[T any](m *malice, from ...T) T { return from[m.dice.IntN(len(from))] }

// one sends one request and answers its status; 0 if it was raw.
func (m *malice) one() int {
	m.Helper()
	c := pick(m, m.calls...)
	if m.dice.IntN(20) == 0 {
		m.garbage(c)
		return 0
	}
	method := c.method
	if m.dice.IntN(12) == 0 {
		method = pick(m, "HEAD", "PUT", "OPTIONS", "TRACE", "PATCH", "DELETE", canary)
	}
	path := strings.ReplaceAll(c.path, "{id}", url.PathEscape(pick(m, m.open.ID, canary, "..", "%00", "\xff", strings.Repeat("x", 3000), m.ada.ID, "'; --", "{id}")))
	if m.dice.IntN(2) == 0 {
		path += "?" + m.query()
	}
	kind, body := m.body()
	header := http.Header{"Content-Type": {kind}, "Authorization": {m.credentials()}, "X-Forwarded-For": {fmt.Sprintf("10.%d.%d.1", m.dice.IntN(256), m.dice.IntN(256))}}
	if m.dice.IntN(4) == 0 {
		header.Set(pick(m, "Idempotency-Key", "X-Api-Key", "Accept", "Content-Encoding", "X-Forwarded-For", "Forwarded", "Cookie", "Origin", "Range", "If-Match"), m.text())
	}
	if method == "GET" && m.dice.IntN(3) > 0 {
		body = ""
	}
	return m.checked(method, path, header, body)
}

func (m *malice) checked(method, path string, header http.Header, body string) int {
	m.Helper()
	req, err := http.NewRequestWithContext(m.Context(), method, m.url+path, strings.NewReader(body))
	if err != nil {
		return 0 // what this client cannot even send
	}
	for name, values := range header {
		req.Header[name] = []string{strings.Map(printable, values[0])}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		m.Fatalf("%s %.200q: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	m.must(err)
	what := fmt.Sprintf("%s %.200q with %.200q: %d %.300s", method, path, body, res.StatusCode, text)
	if res.StatusCode >= 500 {
		m.faults++
		m.Errorf("the server's fault: %s", what)
	}
	comesBack := strings.HasPrefix(path, "/id/login") || strings.HasPrefix(path, "/id/connect/endsession") // a state is sent for that
	if bytes.Contains(text, []byte(canary)) && !comesBack {
		m.repeated++
		m.Errorf("it repeats what was sent: %s", what)
	}
	if res.StatusCode >= 400 && method != "HEAD" && !refusal(path, res, text) {
		m.formless++
		m.Errorf("no problem and no OAuth error: %s, %s", res.Header.Get("Content-Type"), what)
	}
	return res.StatusCode
}

// refusal reports whether an error is said in one of the forms there are. The
// sign-in has pages, too.
func refusal(path string, res *http.Response, text []byte) bool {
	var said struct {
		Code, Error string
		Status      int
	}
	kind := res.Header.Get("Content-Type")
	if strings.HasPrefix(path, "/id/") && strings.HasPrefix(kind, "text/html") {
		return true
	}
	if json.Unmarshal(text, &said) != nil {
		return false
	}
	return kind == "application/problem+json" && said.Code != "" && said.Status == res.StatusCode ||
		strings.HasPrefix(kind, "application/json") && said.Error != ""
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '_'
	}
	return r
}

func (m *malice) credentials() string {
	return pick(m, "Bearer "+m.adaIn, "Bearer "+m.adaIn, "Bearer "+m.adaIn, "Bearer "+m.bobIn, "Bearer "+canary, "Basic "+canary, "Basic Og==", "", "Bearer", canary)
}

func (m *malice) text() string {
	return pick(m, canary, "", "0", "-1", "99999999999999999999", "1e309", "true", "null", "\x00", "\xff\xfe", "\u202e", "9999-99-99T99:99:99Z",
		"2026-11-22T09:00:00Z", "-createdAt", "eyJ9", strings.Repeat(canary, 60), "read", m.open.ID, "%", "..\\/", "[]", "{}")
}

func (m *malice) name() string {
	return pick(m, "limit", "cursor", "sort", "status", "kind", "app", "q", "expiresBefore", "unusedSince", "description", "appId", "expiresAt", "scopes",
		"permissions", "tenants", "name", "policy", "systemUserId", "ids", "dryRun", "secret", "login", "password", "isAdmin", "overlapSeconds", "from", "to",
		"actor", "action", "grant_type", "token", "client_id", "client_secret", "code", "refresh_token", "redirect_uri", "scope", "subject_token", "subject_token_type",
		"response_type", "code_challenge", "state", "prompt", "max_age", "request", "user_code", "device_code", canary, "__proto__", "")
}

func (m *malice) query() string {
	var parts []string
	for range m.dice.IntN(6) {
		text := m.text()
		if m.dice.IntN(5) > 0 {
			text = url.QueryEscape(text)
		} else {
			text = strings.Map(printable, strings.ReplaceAll(text, " ", "+"))
		}
		parts = append(parts, url.QueryEscape(m.name())+"="+text)
	}
	return strings.Join(parts, "&")
}

func (m *malice) body() (kind, text string) {
	switch m.dice.IntN(8) {
	case 0:
		return pick(m, "text/plain", "application/xml", "multipart/form-data; boundary=x", ";", canary, ""), m.text()
	case 1, 2:
		return "application/x-www-form-urlencoded", m.query()
	case 3:
		return "application/json", pick(m, "", "{", `{"a":`, "nul", "\xef\xbb\xbf{}", strings.Repeat("[", 30_000), strings.Repeat(`{"a":`, 10_000), `{"a":1}{"b":2}`, "\x00", `"\ud800"`, "1e999", canary, strings.Repeat("x", 70<<10))
	}
	return "application/json", m.value(0)
}

// value is JSON, of any shape, with duplicated names at times.
func (m *malice) value(deep int) string {
	if deep > 0 && m.dice.IntN(2) == 0 || deep > 4 {
		raw, err := json.Marshal(m.text())
		m.must(err)
		return pick(m, string(raw), string(raw), "0", "-1", "1e400", "12345678901234567890123", "true", "null", "[]", "{}", "\"\xff\"", `"\u0000"`)
	}
	var parts []string
	if deep > 0 && m.dice.IntN(3) == 0 {
		for range m.dice.IntN(4) {
			parts = append(parts, m.value(deep+1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for range m.dice.IntN(7) {
		raw, err := json.Marshal(m.name())
		m.must(err)
		parts = append(parts, string(raw)+":"+m.value(deep+1))
	}
	if len(parts) > 1 && m.dice.IntN(4) == 0 {
		parts = append(parts, parts[0])
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// garbage is what no HTTP client sends.
func (m *malice) garbage(c endpoint) {
	m.Helper()
	head := c.method + " " + c.path + " HTTP/1.1\r\nHost: x\r\n"
	answer := m.raw(pick(m,
		canary+"\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET  HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		head+"Content-Length: -1\r\n\r\n", head+"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		head+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", head+"Transfer-Encoding: "+canary+"\r\n\r\n",
		head+"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", head+" folded: "+canary+"\r\n\r\n", head+"X: \x00\r\n\r\n",
		head+"X: "+strings.Repeat(canary, 2000)+"\r\n\r\n", c.method+" "+strings.Repeat("/", 20_000)+" HTTP/1.1\r\nHost: x\r\n\r\n",
		c.method+" http://"+canary+"/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", c.method+" * HTTP/1.0\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", head+"Connection: Upgrade\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n",
	))
	status, _, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), " ")
	if strings.HasPrefix(status, "5") && status != "505" && status != "501" || strings.Contains(answer, canary) {
		m.Errorf("garbage at %s is answered %.300q", c.path, answer)
	}
}
