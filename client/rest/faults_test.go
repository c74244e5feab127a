package rest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
)

func TestGarbageIsGarbledAndNeverQuoted(t *testing.T) {
	const canary = "enrt_canary"
	for name, h := range map[string]http.HandlerFunc{
		"HTML with 200": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>" + canary))
		},
		"cut JSON": func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `{"secret":"`+canary) },
		"JSON of another shape": func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 200, `{"secret":"`+canary+`","token":"`+canary+`"}`)
		},
		"a bad time": func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 200, `{"secret":"`+canary+`","token":{"id":"1","createdAt":"`+canary+`"}}`)
		},
		"no secret":        func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 201, `{"token":{"id":"1"}}`) },
		"no token":         func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 201, `{"secret":"`+canary+`"}`) },
		"nothing":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a useless status": func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 304, "") },
		"more than eight MiB": func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 200, `{"secret":"x","token":{"id":"1"},"more":"`+strings.Repeat("x", 9<<20)+`"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, h)
			_, secret, err := c.CreateToken(t.Context(), client.NewToken{AppID: "a"})
			if !errors.Is(err, client.ErrGarbled) {
				t.Errorf("got %v, want ErrGarbled", err)
			}
			if strings.Contains(fmt.Sprintf("%+v %#v", err, err), canary) { // requirement 7
				t.Errorf("the error quotes the reply: %v", err)
			}
			if !secret.IsZero() {
				t.Error("a failed create gave a secret")
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		if _, err := c.Me(t.Context()); !errors.Is(err, client.ErrGarbled) {
			t.Errorf("%d: got %v, want ErrGarbled", status, err)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests reached the redirect's target", n)
	}
}

func TestARejectedTokenIsReplacedOnce(t *testing.T) {
	var sent []string
	c, src := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") == "Bearer t1" {
			writeProblem(w, 401, `{"code":"unauthenticated"}`)
			return
		}
		writeJSON(w, 200, `{"id":"7","login":"ada"}`)
	})
	me, err := c.Me(t.Context())
	if err != nil || me.Login != "ada" {
		t.Fatalf("got %v, %v", me, err)
	}
	if diff := cmp.Diff([]string{"Bearer t1", "Bearer t2"}, sent); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"t1"}, src.rejected); diff != "" {
		t.Error(diff)
	}
}

func TestASignInThatIsAlwaysRejectedHasExpired(t *testing.T) {
	n := 0
	c, src := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		writeProblem(w, 401, `{"code":"unauthenticated"}`)
	})
	if _, err := c.Me(t.Context()); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("got %v, want ErrSignInExpired", err)
	}
	if n != 2 || len(src.rejected) != 2 {
		t.Errorf("%d requests, %d rejections; want 2 and 2", n, len(src.rejected))
	}
}

func TestWithoutATokenNothingIsSent(t *testing.T) {
	n := 0
	c, src := serve(t, func(http.ResponseWriter, *http.Request) { n++ })
	src.fails = client.ErrSignInExpired
	if _, err := c.Me(t.Context()); !errors.Is(err, client.ErrSignInExpired) || n != 0 {
		t.Errorf("got %v after %d requests", err, n)
	}
}

func TestStatusesHaveAMeaning(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   error
		code   string
	}{
		{400, `{"code":"bad_request"}`, client.ErrInvalid, "bad_request"},
		{403, `{"code":"policy_none"}`, client.ErrDenied, "policy_none"},
		{404, `{"code":"not_found"}`, client.ErrNotFound, "not_found"},
		{409, `{"code":"conflict"}`, client.ErrConflict, "conflict"},
		{409, `{"code":"limit_reached"}`, client.ErrLimit, "limit_reached"},
		{413, `{"code":"too_large"}`, client.ErrInvalid, "too_large"},
		{422, `{"code":"invalid"}`, client.ErrInvalid, "invalid"},
		{500, `{"code":"internal"}`, client.ErrServer, "internal"},
		{500, `broken`, client.ErrServer, "http_500"},
		{501, `{}`, client.ErrServer, "http_501"},
		{418, `{}`, client.ErrInvalid, "http_418"},
	} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, tc.status, tc.body) })
		_, err := c.AddApp(t.Context(), client.NewApp{Name: "x"})
		p, ok := errors.AsType[*client.Problem](err)
		if !ok || !errors.Is(err, tc.want) || p.Code != tc.code || p.RequestID != "req-1" {
			t.Errorf("%d %s: got %v, want %v with code %s", tc.status, tc.body, err, tc.want, tc.code)
		}
	}
}

func TestAProblemNamesItsFields(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, 422, `{"code":"invalid","detail":"Two fields.","requestId":"r9","errors":[
			{"pointer":"/expiresAt","code":"past","detail":"lies in the past"},
			{"pointer":"/scopes/0","code":"unknown"},{"pointer":"/a~1b"},{"pointer":"limit"}]}`)
	})
	_, _, err := c.CreateToken(t.Context(), client.NewToken{})
	p, ok := errors.AsType[*client.Problem](err)
	if !ok {
		t.Fatalf("got %v, want a Problem", err)
	}
	want := []client.FieldError{
		{Field: "expiresAt", Code: "past", Detail: "lies in the past"},
		{Field: "scopes", Code: "unknown"},
		{Field: "a/b"},
		{Field: "limit"},
	}
	if diff := cmp.Diff(want, p.Fields); diff != "" {
		t.Error(diff)
	}
	if p.Detail != "Two fields." || p.RequestID != "r9" {
		t.Errorf("got detail %q, request %q", p.Detail, p.RequestID)
	}
}

func TestAnUnknownCertificateIsNotTrustedAndNotAskedAgain(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			asked.Add(1)
		}
	}
	srv.Config.ErrorLog = quietLog()
	srv.StartTLS()
	defer srv.Close()
	_, err := New(at(srv.URL), &source{}, nil).Me(t.Context())
	if !errors.Is(err, client.ErrCertificate) {
		t.Errorf("got %v, want ErrCertificate", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("the reason is missing: %v", err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestPlainHTTPWhereHTTPSWasAskedForIsInsecure(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	_, err := New(at(strings.Replace(srv.URL, "http", "https", 1)), &source{}, nil).Me(t.Context())
	if !errors.Is(err, client.ErrInsecure) {
		t.Errorf("got %v, want ErrInsecure", err)
	}
}

func TestAServerThatIsGoneIsOffline(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := New(at(srv.URL), &source{}, nil).Me(t.Context())
	if !errors.Is(err, client.ErrOffline) {
		t.Errorf("got %v, want ErrOffline", err)
	}
}

func TestAServerThatNeverAnswersTimesOut(t *testing.T) {
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Me(ctx); !errors.Is(err, client.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
}

func TestIdsStayOneSegment(t *testing.T) {
	var path string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.EscapedPath()
		w.WriteHeader(http.StatusNoContent)
	})
	if err := c.RevokeToken(t.Context(), "a/b?c#d%"); err != nil || path != "/profile/tokens/a%2Fb%3Fc%23d%25" {
		t.Errorf("got path %q, %v", path, err)
	}
	path = ""
	for _, id := range []string{"", ".", ".."} {
		if err := c.RevokeAppToken(t.Context(), id); !errors.Is(err, client.ErrNotFound) || path != "" {
			t.Errorf("id %q: path %q, %v; want ErrNotFound and no request", id, path, err)
		}
	}
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
