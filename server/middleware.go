package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"keyfob/api"
)

// maxBody is the most that any request body may have, in bytes.
const maxBody = 64 << 10

// maxAtOnce is how many requests are worked on at once; the memory that they
// take is bounded by it.
const maxAtOnce = 4096

// callInfo is what is known of the call that a request is.
type callInfo struct {
	id     string
	from   netip.Addr
	caller string // an id, once it is known who calls; for the log
}

type callKey struct{}

func callOf(ctx context.Context) *callInfo {
	if c, ok := ctx.Value(callKey{}).(*callInfo); ok {
		return c
	}
	return new(callInfo)
}

// requestID is the id that the reply carries in X-Request-Id.
func requestID(ctx context.Context) string { return callOf(ctx).id }

// ServeHTTP is what surrounds every call: who calls, a request id, the headers,
// a body of bounded size, an answer even to a panic, one line in the log.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	ended := s.metrics.Began(start)
	c := &callInfo{id: rand.Text(), from: s.trusted.Caller(r.RemoteAddr, r.Header)} // never the caller's id: it goes into the log
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	if len(s.trusted) > 0 && c.from.IsValid() {
		r.RemoteAddr = net.JoinHostPort(c.from.String(), "0") // for all that ask who calls
	}
	w := &recorder{ResponseWriter: rw}
	s.setHeaders(w.Header(), r, c.id)

	handler, pattern := s.mux.Handler(r)
	defer func() {
		route, method := s.routeOf(pattern, r), knownMethod(r.Method)
		ended(withoutMethod(route), method, w.status)
		level := logLevel(pattern, w.status)
		if !s.log.Enabled(r.Context(), level) {
			return
		}
		s.log.LogAttrs(r.Context(), level, "request",
			slog.String("method", method), slog.String("route", route), slog.Int("status", w.status),
			slog.Duration("took", time.Since(start)), slog.String("requestId", c.id), slog.String("caller", c.caller), slog.Any("from", c.from))
	}()
	defer s.recovered(w, r)

	if s.atOnce.Add(1) > maxAtOnce {
		defer s.atOnce.Add(-1)
		w.Header().Set("Retry-After", "1")
		writeProblem(w, r, newProblem(api.CodeUnavailable, "The server has too much to do. Try again."))
		return
	}
	defer s.atOnce.Add(-1)
	body, p := boundBody(r)
	switch {
	case p != nil:
		writeProblem(w, r, p)
	case pattern == "":
		refuse(w, r, handler)
	default:
		held := &refusal{ResponseWriter: w}
		if strings.Contains(pattern, "{") {
			handler = s.mux // which finds what the path has there
		}
		handler.ServeHTTP(held, r)
		s.settle(held, r, body)
	}
}

// logLevel keeps out of the log what an operator has the metrics for:
// introspections that were answered are most requests, and say little.
func logLevel(pattern string, status int) slog.Level {
	if pattern == introspectPattern && status == http.StatusOK {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// router is what *http.ServeMux says of a request.
type router interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// routeOf is the pattern that took the request: below /id/ the sign-in's. No
// path is in it, nor a method that somebody made up.
func (s *Server) routeOf(pattern string, r *http.Request) string {
	if pattern == idPrefix && s.pages != nil {
		inner, u := *r, *r.URL
		u.Path, u.RawPath = strings.TrimPrefix(r.URL.Path, "/id"), ""
		inner.URL = &u
		_, pattern = s.pages.Handler(&inner)
		return knownMethod(r.Method) + " /id" + withoutMethod(pattern)
	}
	if pattern == "" {
		return "none"
	}
	return pattern
}

func withoutMethod(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	return pattern
}

// everyReply is the headers that are the same in all. Replies share the values:
// each is full, so that adding one more makes a new list.
var everyReply = []struct {
	name   string
	values []string
}{
	{"Cache-Control", []string{"no-store"}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"no-referrer"}},
	{"X-Frame-Options", []string{"DENY"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
}

// setHeaders sets what every reply has. Nothing here may be kept by a cache
// unless a handler says otherwise.
func (s *Server) setHeaders(h http.Header, r *http.Request, id string) {
	h["X-Request-Id"] = []string{id}
	for _, e := range everyReply {
		h[e.name] = e.values
	}
	if s.draining.Load() {
		h.Set("Connection", "close")
	}
	if s.overTLS {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !strings.HasPrefix(r.URL.Path, idPrefix) { // the sign-in pages have their own
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	}
}

// recovered answers a panic with a problem. The log gets its type and where it
// happened, never its value: that may be anything.
func (s *Server) recovered(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // a sentinel, compared as net/http does
		panic(v)
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("type", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())),
		slog.String("requestId", requestID(r.Context())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // the reply has begun: cut it, so that nobody takes it for whole
	}
	writeProblem(w, r, newProblem(api.CodeInternal, explain[api.CodeInternal]))
}

// boundBody reads the body whole, so that every handler meets the same limit
// and a broken body is the caller's fault (400), not ours.
func boundBody(r *http.Request) ([]byte, *problem) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	buffer := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), maxBody)+bytes.MinRead))
	_, err := buffer.ReadFrom(io.LimitReader(r.Body, maxBody+1))
	body := buffer.Bytes()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p := newProblem(api.CodeBadRequest, "The request body did not arrive in time.")
		p.Status, p.Title = http.StatusRequestTimeout, http.StatusText(http.StatusRequestTimeout)
		return nil, p
	case err != nil:
		return nil, newProblem(api.CodeBadRequest, explain[api.CodeBadRequest])
	case len(body) > maxBody:
		return nil, newProblem(api.CodeTooLarge, explain[api.CodeTooLarge])
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// refuse answers what no route takes: net/http's own 404 or 405, in our form.
func refuse(w http.ResponseWriter, r *http.Request, theirs http.Handler) {
	said := &recorder{ResponseWriter: discard{http.Header{}}}
	theirs.ServeHTTP(said, r)
	code := codeOf(said.status)
	if said.status < http.StatusBadRequest {
		code = api.CodeNotFound // it would send elsewhere, to a tidier path: there is none that a client should not know
	}
	p := newProblem(code, explain[code])
	if allow := said.Header().Get("Allow"); allow != "" {
		p.headers = http.Header{"Allow": {allow}}
	}
	writeProblem(w, r, p)
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// knownMethod keeps a made-up method, which may be any text, out of the log.
func knownMethod(m string) string {
	if slices.Contains(methods, m) {
		return m
	}
	return "other"
}

// recorder remembers the status of a reply.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discard is a ResponseWriter whose body nobody wants.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
