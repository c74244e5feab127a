package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// How long a connection may take. A client that sends or reads slower than
// this loses it, so that slow ones cannot use up the server.
const (
	readTime  = 10 * time.Second // header and body
	writeTime = 30 * time.Second
	idleTime  = 2 * time.Minute
	maxHeader = 16 << 10 // bytes
)

// LongestReply is how long what was taken may take, from its first byte to
// that of its reply.
const LongestReply = readTime + writeTime

// Listening is how to answer on a listener.
type Listening struct {
	TLS   *tls.Config   // nil: in the clear
	Drain time.Duration // how long to go on, no longer ready, before the listener closes
	Grace time.Duration // for what was taken until then; 0: as long as any reply may take
	Log   *slog.Logger
}

// Scheme is http or https.
func (l Listening) Scheme() string {
	if l.TLS != nil {
		return "https"
	}
	return "http"
}

// Serve answers on ln until ctx ends, then finishes what it took, for at most
// ten seconds.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	return Listening{Grace: 10 * time.Second, Log: log}.Serve(ctx, ln, h)
}

// Serve answers on ln until ctx ends. Then, first, /readyz says that nobody
// should come any more, and each reply asks its client to go elsewhere; after
// Drain it stops listening, and finishes what it took.
func (l Listening) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readTime, // as for both: another deadline costs each request, and who is slow can be so in the body
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		TLSConfig:         l.TLS,
		ErrorLog:          slog.NewLogLogger(l.Log.Handler(), slog.LevelDebug), // speaks of broken connections only
	}
	failed := make(chan error, 1)
	go func() { failed <- l.listen(srv, ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	if d, ok := h.(interface{ Drain() }); ok {
		d.Drain()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-time.After(l.Drain):
	}
	// First of all: what was accepted in this moment is then known to Shutdown,
	// which would else return without it.
	_ = ln.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		l.Log.WarnContext(ctx, "listening ended by itself", "error", err)
	}
	grace := l.Grace
	if grace == 0 {
		grace = LongestReply
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(last); err != nil {
		return errors.Join(fmt.Errorf("stopping: %w", err), srv.Close())
	}
	return nil
}

func (l Listening) listen(srv *http.Server, ln net.Listener) error {
	if l.TLS != nil {
		return srv.ServeTLS(ln, "", "")
	}
	return srv.Serve(ln)
}
