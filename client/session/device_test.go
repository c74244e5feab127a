package session_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// wire leads to a handler without a network, so that time stands still while
// it answers.
type wire struct{ http.Handler }

func (l wire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.RemoteAddr = "127.0.0.1:4321"
	w := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			err = io.ErrUnexpectedEOF
		}
	}()
	l.ServeHTTP(w, r)
	resp = w.Result()
	resp.Request = r
	return resp, nil
}

func says(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, map[string]any{"error": code}) }
}

func isCut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func deviceCodes() map[string]any {
	return map[string]any{
		"device_code": "d1", "user_code": "BCDF-GHJK", "expires_in": 600,
		"verification_uri": "https://id.example.com/d", "verification_uri_complete": "https://id.example.com/d?c=BCDF-GHJK",
	}
}

// codesWith are deviceCodes with one member as it should not be.
func codesWith(name string, value any) map[string]any {
	d := deviceCodes()
	d[name] = value
	return d
}

// waitingDevice is a session at p whose device waits for a person.
func waitingDevice(p *provider, store credentials.Store) *session.Session {
	if p.device == nil {
		p.device = deviceCodes()
	}
	s, _ := newSession(p, store, func(c *session.Config) { c.HTTP = &http.Client{Transport: wire{p.handler}} })
	return s
}

func ignore(session.DevicePrompt) {}

func TestADeviceSignsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := unplugged()
		store := &watched{}
		s := waitingDevice(p, store)
		p.waiting = []http.HandlerFunc{says(400, "authorization_pending")}
		var shown session.DevicePrompt
		who, err := s.SignInByDevice(t.Context(), func(d session.DevicePrompt) { shown = d })
		if err != nil || who.Login != "ada" {
			t.Fatalf("%v, %v", who, err)
		}
		want := session.DevicePrompt{
			UserCode: "BCDF-GHJK", URL: "https://id.example.com/d", CompleteURL: "https://id.example.com/d?c=BCDF-GHJK",
			Expires: time.Now().Add(600*time.Second - 10*time.Second), // after two polls
		}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Error(diff)
		}
		if got := store.refreshToken(t, p.URL+"|u1"); !p.alive()[got] {
			t.Errorf("the stored refresh token %q is dead", got)
		}
		access(t, s)
	})
}

// RFC 8628, section 3.5: as often as the server says, slower when it says so,
// and half as often each time that it is not there.
func TestADeviceAsksNoOftenerThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := unplugged()
		s := waitingDevice(p, &watched{})
		p.waiting = []http.HandlerFunc{
			says(400, "authorization_pending"), says(400, "slow_down"), says(400, "authorization_pending"),
			isCut, says(503, "server_error"), says(429, "too_many"),
		}
		start := time.Now()
		if _, err := s.SignInByDevice(t.Context(), ignore); err != nil {
			t.Fatal(err)
		}
		var waits []time.Duration
		for _, at := range p.polled {
			waits = append(waits, at.Sub(start)/time.Second)
			start = at
		}
		if diff := cmp.Diff([]time.Duration{5, 5, 10, 10, 20, 40, 60}, waits); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeviceSignInThatEndsWithoutASignIn(t *testing.T) {
	for name, tc := range map[string]struct {
		said http.HandlerFunc
		want error
	}{
		"denied":                  {says(400, "access_denied"), client.ErrSignInRefused},
		"expired":                 {says(400, "expired_token"), client.ErrCodeExpired},
		"unknown":                 {says(400, "invalid_grant"), client.ErrSignInRefused},
		"not for this client":     {says(401, "invalid_client"), client.ErrSignInRefused},
		"an answer in no form":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, client.ErrGarbled},
		"somebody else's account": {nil, client.ErrSignInRefused},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := unplugged()
			store := &watched{}
			s := waitingDevice(p, store)
			if tc.said != nil {
				p.waiting = []http.HandlerFunc{tc.said}
			} else {
				p.idToken = func(c map[string]any) { c["aud"] = "other" }
			}
			if _, err := s.SignInByDevice(t.Context(), ignore); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
			if left := slices.Collect(maps.Keys(p.alive())); len(left) != 0 || store.writes.Load() != 0 {
				t.Errorf("%s: %v is left at the server, %d written", name, left, store.writes.Load())
			}
		})
	}
}

func TestADeviceCodeThatRunsOutIsAnErrorOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := unplugged()
		s := waitingDevice(p, &watched{})
		p.waiting = slices.Repeat([]http.HandlerFunc{says(400, "authorization_pending")}, 200)
		start := time.Now()
		_, err := s.SignInByDevice(t.Context(), ignore)
		if !errors.Is(err, client.ErrCodeExpired) || time.Since(start) != 10*time.Minute {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

func TestGivingUpEndsTheQuestionsOfADevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := unplugged()
		s := waitingDevice(p, &watched{})
		p.waiting = slices.Repeat([]http.HandlerFunc{says(400, "authorization_pending")}, 200)
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(12*time.Second, cancel).Stop()
		if _, err := s.SignInByDevice(ctx, ignore); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		asked := len(p.polled)
		time.Sleep(time.Minute)
		if len(p.polled) != asked || asked > 3 {
			t.Errorf("asked %d times, then %d", asked, len(p.polled))
		}
	})
}

func TestAServerWithoutDevicesSaysSo(t *testing.T) {
	p := newProvider(t)
	s, _ := newSession(p, &watched{})
	if _, err := s.SignInByDevice(t.Context(), ignore); !errors.Is(err, client.ErrSignInRefused) {
		t.Errorf("got %v", err)
	}
	p.Close()
	s, _ = newSession(p, &watched{})
	if _, err := s.SignInByDevice(t.Context(), ignore); !errors.Is(err, client.ErrOffline) {
		t.Errorf("without the server: %v", err)
	}
}

func TestADeviceAnswerThatCannotBeShownIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		d    map[string]any
		want error
	}{
		{"a page in plain http", codesWith("verification_uri", "http://example.com/d"), client.ErrInsecure},
		{"a filled page in plain http", codesWith("verification_uri_complete", "http://example.com/d"), client.ErrInsecure},
		{"a page that is a script", codesWith("verification_uri", "javascript:alert(1)"), client.ErrGarbled},
		{"a page that is a file", codesWith("verification_uri", "file:///etc/passwd"), client.ErrGarbled},
		{"a page with a name before it", codesWith("verification_uri", "https://id.example.com@evil.example.com/"), client.ErrGarbled},
		{"no page", codesWith("verification_uri", ""), client.ErrGarbled},
		{"a code that is not text", codesWith("user_code", "AB\u202eCD"), client.ErrGarbled},
		{"no code", codesWith("user_code", ""), client.ErrGarbled},
		{"a code as long as a book", codesWith("user_code", strings.Repeat("A", 65)), client.ErrGarbled},
		{"no device code", codesWith("device_code", ""), client.ErrGarbled},
		{"no end", codesWith("expires_in", nil), client.ErrGarbled},
	} {
		p := newProvider(t)
		p.device = tc.d
		s, _ := newSession(p, &watched{})
		shown := false
		_, err := s.SignInByDevice(t.Context(), func(session.DevicePrompt) { shown = true })
		if !errors.Is(err, tc.want) || shown {
			t.Errorf("%s: got %v, want %v; shown: %v", tc.name, err, tc.want, shown)
		}
	}
}
