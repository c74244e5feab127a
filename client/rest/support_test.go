package rest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"keyfob/client"
)

// source is a TokenSource whose tokens are t1, t2, … and change when rejected.
type source struct {
	mu       sync.Mutex
	rejected []string
	fails    error
}

func (s *source) AccessToken(context.Context) (client.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return client.NewSecret(fmt.Sprintf("t%d", len(s.rejected)+1)), s.fails
}

func (s *source) Rejected(_ context.Context, t client.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejected = append(s.rejected, t.Reveal())
}

// serve is a Client of a server with one handler, over TCP.
func serve(t *testing.T, h http.HandlerFunc) (*Client, *source) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	src := &source{}
	return New(at(srv.URL), src, srv.Client()), src
}

func at(root string) Server {
	return Server{Address: root, Issuer: root + "/id", ProfileURL: root + "/profile", ManagerURL: root + "/manager"}
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func writeProblem(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Request-Id", "req-1")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// servePiped is serve without sockets, so that it can live in a
// testing/synctest bubble, where time costs nothing.
func servePiped(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(l) }()
	tr := &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		_ = srv.Close()
	})
	return New(at("http://127.0.0.1:1"), &source{}, &http.Client{Transport: tr})
}

// pipes is a net.Listener over net.Pipe.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
