package session_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

const (
	clientID    = "keyfob-desktop"
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
)

// provider is an OpenID provider that behaves, except where a test bends it.
type provider struct {
	*httptest.Server

	key     *rsa.PrivateKey
	handler http.Handler

	mu       sync.Mutex
	grants   map[string]url.Values // code: the authorize request
	live     map[string]bool       // refresh tokens
	counter  int
	requests []string // "path grant_type"
	revoked  []string // what was revoked
	lifetime int      // of access tokens, in seconds
	subject  string   // who signs in
	metadata func(m map[string]any)
	answer   func(v url.Values)     // before the browser carries it back
	idToken  func(c map[string]any) // before it is signed
	sign     func(c map[string]any) string
	token    http.HandlerFunc // instead of the token endpoint; nil: the real one
	revoke   http.HandlerFunc
	device   map[string]any     // what a device is answered; nil: none are announced
	polled   []time.Time        // by devices
	waiting  []http.HandlerFunc // what the next polls are answered, before the tokens
}

// keys are slow to make, and which one it is matters to no test.
var signingKey, strangersKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := unplugged()
	p.Server = httptest.NewServer(p.handler)
	t.Cleanup(p.Close)
	return p
}

// unplugged is a provider that no network leads to, for tests in which time is
// not real.
func unplugged() *provider {
	p := &provider{
		Server: &httptest.Server{URL: "https://id.example.com"},
		key:    signingKey(), grants: map[string]url.Values{}, live: map[string]bool{}, lifetime: 300, subject: "u1",
		metadata: func(map[string]any) {}, answer: func(url.Values) {}, idToken: func(map[string]any) {},
	}
	p.sign = func(c map[string]any) string { return signed(c, jose.RS256, p.key) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveMetadata)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", p.serveAuthorize)
	mux.HandleFunc("POST /token", p.serveToken)
	mux.HandleFunc("POST /revoke", p.serveRevoke)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, map[string]any{"sub": p.subject, "preferred_username": "ada", "name": "Ada Admin"})
	})
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, p.device) })
	p.handler = mux
	return p
}

func (p *provider) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"userinfo_endpoint": p.URL + "/userinfo", "jwks_uri": p.URL + "/keys", "revocation_endpoint": p.URL + "/revoke",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
	}
	if p.device != nil {
		m["device_authorization_endpoint"] = p.URL + "/device"
	}
	p.metadata(m)
	reply(w, 200, m)
}

func (p *provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := p.issueCode(r.URL.Query())
	v := url.Values{"code": {code}, "state": {r.URL.Query().Get("state")}}
	p.answer(v)
	w.Header().Set("Location", r.URL.Query().Get("redirect_uri")+"?"+v.Encode())
	w.WriteHeader(http.StatusFound)
}

func (p *provider) issueCode(asked url.Values) string {
	p.counter++
	code := fmt.Sprintf("code%d", p.counter)
	p.grants[code] = asked
	return code
}

func (p *provider) serveToken(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Form.Get("grant_type"))
	if p.token != nil {
		p.token(w, r)
		return
	}
	var nonce string
	switch r.Form.Get("grant_type") {
	case "authorization_code":
		asked, ok := p.grants[r.Form.Get("code")]
		delete(p.grants, r.Form.Get("code"))
		sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
		if !ok || asked.Get("code_challenge_method") != "S256" || asked.Get("redirect_uri") != r.Form.Get("redirect_uri") ||
			asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			reply(w, 400, map[string]any{"error": "invalid_grant"})
			return
		}
		nonce = asked.Get("nonce")
	case deviceGrant:
		p.polled = append(p.polled, time.Now())
		if len(p.waiting) > 0 {
			say := p.waiting[0]
			p.waiting = p.waiting[1:]
			say(w, r)
			return
		}
	case "refresh_token":
		if !p.live[r.Form.Get("refresh_token")] {
			reply(w, 400, map[string]any{"error": "invalid_grant", "error_description": "token is dead"})
			return
		}
		delete(p.live, r.Form.Get("refresh_token"))
	}
	reply(w, 200, p.issue(nonce))
}

// issue makes the reply of the token endpoint; mu is held.
func (p *provider) issue(nonce string) map[string]any {
	p.counter++
	refresh := fmt.Sprintf("refresh%d", p.counter)
	p.live[refresh] = true
	claims := map[string]any{
		"iss": p.URL, "sub": p.subject, "aud": clientID, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	p.idToken(claims)
	id := p.sign(claims)
	return map[string]any{
		"access_token": fmt.Sprintf("access%d", p.counter), "refresh_token": refresh, "id_token": id,
		"token_type": "Bearer", "expires_in": p.lifetime,
	}
}

func signed(claims map[string]any, algorithm jose.SignatureAlgorithm, key any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		panic(err)
	}
	id, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		panic(err)
	}
	return id
}

func (p *provider) serveRevoke(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.revoke != nil {
		p.revoke(w, r)
		return
	}
	if r.Form.Get("client_id") == clientID && r.Form.Get("token_type_hint") == "refresh_token" {
		p.revoked = append(p.revoked, r.Form.Get("token"))
		delete(p.live, r.Form.Get("token"))
	}
}

// bend changes the provider while it runs.
func (p *provider) bend(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// forget ends every sign-in at the server.
func (p *provider) forget() { p.bend(func() { clear(p.live) }) }

func (p *provider) count(grant string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, r := range p.requests {
		if r == grant {
			n++
		}
	}
	return n
}

// grant makes a refresh token out of nothing.
func (p *provider) grant() client.Secret {
	p.mu.Lock()
	defer p.mu.Unlock()
	return client.NewSecret(p.issue("")["refresh_token"].(string))
}

func (p *provider) alive() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.live)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// shown is what the browser ended up with.
type shown struct {
	Status int
	Header http.Header
	Body   string
	Err    error
}

// browser opens addresses as a browser does: not in the caller's time. What it
// showed comes out of the channel.
func browser() (open func(string) error, pages chan shown) {
	pages = make(chan shown, 10)
	return func(address string) error {
		go func() { pages <- visit(address) }()
		return nil
	}, pages
}

func visit(address string) shown { return fetch(http.DefaultClient, http.MethodGet, address, "") }

// fetch is one step of a browser; form is the body, if any.
func fetch(hc *http.Client, method, address, form string) shown {
	req, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form))
	if err != nil {
		return shown{Err: err}
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	}
	resp, err := hc.Do(req)
	if err != nil {
		return shown{Err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return shown{resp.StatusCode, resp.Header, string(b), err}
}

func newSession(p *provider, store credentials.Store, change ...func(*session.Config)) (*session.Session, chan shown) {
	open, pages := browser()
	cfg := session.Config{Issuer: p.URL, ClientID: clientID, HTTP: p.Client(), Credentials: store, OpenBrowser: open}
	for _, c := range change {
		c(&cfg)
	}
	return session.New(cfg), pages
}
