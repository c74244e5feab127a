package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/metrics"
	"keyfob/server/tokens"
)

func serverOf(handle http.HandlerFunc) (*Server, *bytes.Buffer) {
	log := new(bytes.Buffer)
	s := &Server{
		mux: http.NewServeMux(), log: slog.New(slog.NewTextHandler(log, nil)),
		metrics: metrics.New("1"), failures: newFailures(), tokens: new(tokens.Service),
	}
	s.mux.HandleFunc("GET /", handle)
	return s, log
}

func fetch(t *testing.T, url string) (string, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return string(text), err
}

// Requirement 7: a panic's value may be anything, so it is told to nobody.
func TestPanicIsAProblemAndItsValueIsNotLogged(t *testing.T) {
	const secret = "enrt_pSecretInAPanic" //nolint:gosec // none: a canary
	s, log := serverOf(func(http.ResponseWriter, *http.Request) { panic(errors.New(secret)) })
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), api.CodeInternal) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	id := w.Header().Get("X-Request-Id")
	for _, want := range []string{"*errors.errorString", "middleware_test.go", id} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
	if strings.Contains(log.String()+w.Body.String(), secret) {
		t.Error("the value got out")
	}
}

func TestPanicInMidReplyCutsTheReply(t *testing.T) {
	s, _ := serverOf(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("late")
	})
	web := httptest.NewServer(s)
	defer web.Close()
	if _, err := fetch(t, web.URL); err == nil {
		t.Error("half a reply came as a whole one")
	}
}

func TestStoppingFinishesWhatWasTaken(t *testing.T) {
	taken, finish := make(chan struct{}), make(chan struct{})
	s, _ := serverOf(func(w http.ResponseWriter, _ *http.Request) {
		close(taken)
		<-finish
		_, _ = w.Write([]byte("done"))
	})
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served, answered := make(chan error, 1), make(chan string, 1)
	go func() { served <- Serve(ctx, ln, s, slog.New(slog.DiscardHandler)) }()
	go func() {
		text, err := fetch(t, "http://"+ln.Addr().String())
		if err != nil {
			text = err.Error()
		}
		answered <- text
	}()
	<-taken
	stop()
	close(finish)
	if got := <-answered; got != "done" {
		t.Errorf("the call in hand got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestStrictTransportSecurityIsSaidOverTLSOnly(t *testing.T) {
	for _, tls := range []bool{false, true} {
		s, _ := serverOf(func(http.ResponseWriter, *http.Request) {})
		s.overTLS = tls
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != tls {
			t.Errorf("over TLS %v, said %v", tls, got)
		}
	}
}

// What an operator reads of introspection is its metrics; what fails is in the log.
func TestAnsweredIntrospectionsStayOutOfTheLog(t *testing.T) {
	for _, c := range []struct {
		pattern string
		status  int
		want    slog.Level
	}{
		{introspectPattern, http.StatusOK, slog.LevelDebug},
		{introspectPattern, http.StatusUnauthorized, slog.LevelInfo},
		{introspectPattern, http.StatusServiceUnavailable, slog.LevelInfo},
		{"GET /profile", http.StatusOK, slog.LevelInfo},
	} {
		if got := logLevel(c.pattern, c.status); got != c.want {
			t.Errorf("%s %d: %v", c.pattern, c.status, got)
		}
	}
}

// The replies share the values of their headers: what one adds is not another's.
func TestAReplyAddsToItsOwnHeadersOnly(t *testing.T) {
	for _, e := range everyReply {
		h := http.Header{e.name: e.values}
		h.Add(e.name, "more")
		h.Set(e.name, "other")
		if len(e.values) != 1 || e.values[0] == "other" || cap(e.values) != 1 {
			t.Errorf("%s: %v", e.name, e.values)
		}
	}
}
