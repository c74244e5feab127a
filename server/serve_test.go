package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener in memory, so that a connection's time is the test's.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// listening serves handle on pipes until stop.
func listening(t *testing.T, l Listening, handle http.HandlerFunc) (p *pipes, stop func() error) {
	t.Helper()
	s, _ := serverOf(handle)
	s.routeHealth()
	p = newPipes()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	l.Log = slog.New(slog.DiscardHandler)
	go func() { ended <- l.Serve(ctx, p, s) }()
	return p, func() error {
		cancel()
		return <-ended
	}
}

// exchange sends text and answers all that comes back until the other end
// closes, and how long that took.
func exchange(t *testing.T, p *pipes, text string, drip time.Duration) (answer string, took time.Duration) {
	t.Helper()
	c, err := p.dial()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var sending sync.WaitGroup
	sending.Go(func() {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		for drip > 0 {
			time.Sleep(drip)
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
		}
	})
	said, _ := io.ReadAll(c)
	took = time.Since(start)
	_ = c.Close()
	sending.Wait()
	return string(said), took
}

func TestSlowClientsLoseTheirConnection(t *testing.T) {
	for _, c := range []struct {
		name, text string
		drip       time.Duration
		limit      time.Duration
		says       string
	}{
		{"says nothing", "", 0, readTime, ""},
		{"a byte of the header each second", "GET / HTTP/1.1\r\nHost: x\r\nX: ", time.Second, readTime, ""},
		{"a byte of the body each second", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", time.Second, readTime, "HTTP/1.1 408 "},
		{"stays after the reply", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, idleTime, "HTTP/1.1 200 "},
		{"a header too large", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2*maxHeader) + "\r\n\r\n", 0, time.Second, "HTTP/1.1 431 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, stop := listening(t, Listening{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
				answer, took := exchange(t, p, c.text, c.drip)
				if took > c.limit+time.Second || !strings.HasPrefix(answer, c.says) {
					t.Errorf("after %v: %.60q", took, answer)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestWhoDoesNotReadTheReplyLosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan time.Duration, 1)
		start := time.Now()
		p, stop := listening(t, Listening{}, func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					failed <- time.Since(start)
					return
				}
			}
		})
		c, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if took := <-failed; took > writeTime+time.Second {
			t.Errorf("held for %v", took)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// The order of stopping: no longer ready, but still answering and still taking;
// then no longer taking; then the last one that was taken is answered.
func TestStoppingDrainsThenClosesThenFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const drain = 5 * time.Second
		taken := make(chan struct{})
		p, stop := listening(t, Listening{Drain: drain}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				close(taken)
				time.Sleep(drain + 20*time.Second)
			}
			_, _ = w.Write([]byte("whole"))
		})
		get := func(path string) (string, error) {
			c, err := p.dial()
			if err != nil {
				return "", err
			}
			if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return "", err
			}
			answer, err := io.ReadAll(c)
			return string(answer), err
		}
		slow := make(chan string, 1)
		go func() {
			answer, err := get("/slow")
			if err != nil {
				answer = err.Error()
			}
			slow <- answer
		}()
		<-taken
		stopped := make(chan error, 1)
		go func() { stopped <- stop() }()
		synctest.Wait()
		for path, says := range map[string]string{"/readyz": "HTTP/1.1 503 ", "/": "HTTP/1.1 200 ", "/healthz": "HTTP/1.1 200 "} {
			answer, err := get(path)
			if err != nil || !strings.HasPrefix(answer, says) || !strings.Contains(answer, "\r\nConnection: close\r\n") {
				t.Errorf("while draining %s says %.40q, %v", path, answer, err)
			}
		}
		time.Sleep(drain + time.Second)
		if _, err := get("/"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after draining it takes connections: %v", err)
		}
		if answer := <-slow; !strings.HasSuffix(answer, "whole") {
			t.Errorf("what was taken is answered %.40q", answer)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}
