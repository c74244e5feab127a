package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// maxForm bounds the body of a form, in bytes.
const maxForm = 16 << 10

// token answers POST /connect/token: a code or a refresh token in, an access
// token out (RFC 6749, section 5).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if problem := readTokenForm(w, r); problem != nil {
		p.refuseOften(w, r, problem)
		return
	}
	switch oidc.GrantType(r.PostForm.Get("grant_type")) {
	case oidc.GrantTypeDeviceCode:
		p.deviceToken(w, r)
		return
	case oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, "":
	default: // the library would repeat what was sent, in characters that an error may not have
		p.refuseOften(w, r, oidc.ErrUnsupportedGrantType().WithDescription("the grant_type is not supported"))
		return
	}
	c := new(call)
	reply := newReply()
	op.Exchange(reply, r.WithContext(p.within(r.Context(), c)), p.engine)
	switch {
	case c.failed != nil:
		p.unavailable(w, r, "redeeming a code or refresh token", c.failed)
	case reply.status >= 500:
		p.fail(r.Context(), "redeeming a code or refresh token", errors.New(reply.body.String()))
		writeJSON(w, http.StatusInternalServerError, oidc.ErrServerError())
	case reply.status >= 400 && p.failedTooOften(w, r):
	default:
		reply.copyTo(w)
	}
}

// readTokenForm demands what RFC 6749, section 3.2 does, and keeps from the
// library what it would answer badly.
func readTokenForm(w http.ResponseWriter, r *http.Request) *oidc.Error {
	if r.URL.RawQuery != "" {
		return oidc.ErrInvalidRequest().WithDescription("parameters belong in the body")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return oidc.ErrInvalidRequest().WithDescription("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || repeated(r.PostForm) {
		return oidc.ErrInvalidRequest().WithDescription("the form cannot be read")
	}
	omitEmpty(r.PostForm)
	omitEmpty(r.Form)
	if user, _, ok := r.BasicAuth(); ok && user != DesktopClient { // before the library looks at its code
		return oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	if r.PostForm.Has("client_assertion") || r.PostForm.Has("client_assertion_type") {
		return oidc.ErrInvalidClient().WithDescription("client assertions are not supported")
	}
	return nil
}

// omitEmpty treats parameters without a value as if they were not there (RFC
// 6749, section 3.2).
func omitEmpty(form url.Values) {
	maps.DeleteFunc(form, func(_ string, values []string) bool { return len(values) == 1 && values[0] == "" })
}

func (p *Provider) refuse(w http.ResponseWriter, problem *oidc.Error) {
	status := http.StatusBadRequest
	if problem.ErrorType == oidc.InvalidClient {
		status = http.StatusUnauthorized
	}
	writeJSON(w, status, problem)
}

// refuseOften refuses, unless the program has been refused too often.
func (p *Provider) refuseOften(w http.ResponseWriter, r *http.Request, problem *oidc.Error) {
	waits := problem.ErrorType == oidc.AuthorizationPending || problem.ErrorType == oidc.SlowDown
	if waits || !p.failedTooOften(w, r) {
		p.refuse(w, problem)
	}
}

// failedTooOften counts one more request that was refused, and answers it if
// its network has had too many of them.
func (p *Provider) failedTooOften(w http.ResponseWriter, r *http.Request) bool {
	wait, ok := p.failures.take(network(r.RemoteAddr), p.now())
	if !ok {
		tooMany(w, wait)
	}
	return !ok
}

// unavailable says that the database could not do its part.
func (p *Provider) unavailable(w http.ResponseWriter, r *http.Request, doing string, err error) {
	p.fail(r.Context(), doing, err)
	w.Header().Set("Retry-After", "2")
	writeJSON(w, http.StatusServiceUnavailable, oidc.ErrServerError().WithDescription("the server cannot answer just now"))
}

// userinfo answers /connect/userinfo: who the access token's user is. The
// token is taken from the Authorization header only.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeJSON(w, http.StatusUnauthorized, oidc.ErrInvalidRequest().WithDescription("an access token is required"))
		return
	}
	a, ok, err := p.Authenticate(r.Context(), token)
	switch {
	case err != nil:
		p.fail(r.Context(), "looking up an access token", err)
		writeJSON(w, http.StatusServiceUnavailable, oidc.ErrServerError())
	case !ok:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
	default:
		info := new(oidc.UserInfo)
		describe(info, a.User, a.Scopes)
		writeJSON(w, http.StatusOK, info)
	}
}

// endSession answers /connect/endsession (OpenID Connect RP-Initiated Logout).
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if hint := r.Form.Get("id_token_hint"); err != nil || repeated(r.Form) || hint != "" && !hasClaims(hint) {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	c := new(call)
	reply := newReply()
	op.EndSession(reply, r.WithContext(p.within(r.Context(), c)), p.engine)
	switch {
	case c.failed != nil:
		p.fail(r.Context(), "ending a sign-in", c.failed)
		p.show(w, http.StatusServiceUnavailable, troubled)
	case reply.status == http.StatusFound:
		secure(w.Header(), "")
		reply.copyTo(w)
	default:
		p.show(w, http.StatusBadRequest, brokenRequest)
	}
}

// fail logs what went wrong here. Nothing that the caller sent is in it.
func (p *Provider) fail(ctx context.Context, doing string, err error) {
	p.log.ErrorContext(ctx, "sign-in: "+doing, "error", err)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	uncached(h)
	if status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Basic") // RFC 6749, section 5.2
	}
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller is gone if it fails
}

// uncached keeps a reply out of caches, in the words of RFC 6749, section 5.1.
func uncached(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}

// reply holds what the library answers until it has been looked at.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newReply() *reply { return &reply{header: make(http.Header)} }

func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *reply) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// copyTo sends it on, never to be cached.
func (r *reply) copyTo(w http.ResponseWriter) {
	h := w.Header()
	for _, name := range []string{"Content-Type", "Location"} {
		if v := r.header.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	uncached(h)
	h.Set("X-Content-Type-Options", "nosniff")
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Basic")
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes())
}
