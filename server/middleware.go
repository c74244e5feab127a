package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"keyfob/api"
)

// maxBody is the most that any request body may have, in bytes.
const maxBody = 64 << 10

type requestIDKey struct{}

// requestID is the id that the reply carries in X-Request-Id.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// ServeHTTP is what surrounds every call: a request id, the headers, a body of
// bounded size, an answer even to a panic, one line in the log.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start, id := time.Now(), rand.Text() // never the caller's id: it goes into the log
	r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
	w := &recorder{ResponseWriter: rw}
	s.setHeaders(w.Header(), r, id)

	handler, route := s.mux.Handler(r)
	defer func() {
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", knownMethod(r.Method)), slog.String("route", route),
			slog.Int("status", w.status), slog.Duration("took", time.Since(start)), slog.String("requestId", id))
	}()
	defer s.recovered(w, r)

	if p := boundBody(r); p != nil {
		writeProblem(w, r, p)
		return
	}
	if route == "" {
		refuse(w, r, handler)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// setHeaders sets what every reply has. Nothing here may be kept by a cache
// unless a handler says otherwise.
func (s *Server) setHeaders(h http.Header, r *http.Request, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
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
func boundBody(r *http.Request) *problem {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p := newProblem(api.CodeBadRequest, "The request body did not arrive in time.")
		p.Status, p.Title = http.StatusRequestTimeout, http.StatusText(http.StatusRequestTimeout)
		return p
	case err != nil:
		return newProblem(api.CodeBadRequest, explain[api.CodeBadRequest])
	case len(body) > maxBody:
		return newProblem(api.CodeTooLarge, explain[api.CodeTooLarge])
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// refuse answers what no route takes: net/http's own 404 or 405, in our form.
func refuse(w http.ResponseWriter, r *http.Request, theirs http.Handler) {
	said := &recorder{ResponseWriter: discard{http.Header{}}}
	theirs.ServeHTTP(said, r)
	code := codeOf(said.status)
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
