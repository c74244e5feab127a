package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
)

// sent is what a server saw of one request.
type sent struct{ Key, Body string }

// flaky answers the first failures requests with fail, then with created.
func flaky(failures int, seen *[]sent, fail http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*seen = append(*seen, sent{r.Header.Get("Idempotency-Key"), string(b)})
		if len(*seen) <= failures {
			fail(w, r)
			return
		}
		writeJSON(w, 201, `{"token":{"id":"1"},"secret":"enrt_s","items":[]}`)
	}
}

func answer(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		writeProblem(w, status, `{"code":"unavailable"}`)
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hangUpInReply(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	writeJSON(w, 201, `{"secret":"enrt_s",`)
	panic(http.ErrAbortHandler)
}

func TestACreateIsRepeatedUnderTheSameKey(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{
		"server hangs up": hangUp, "server hangs up in its reply": hangUpInReply,
		"429": answer(429, ""), "502": answer(502, ""), "503": answer(503, ""), "504": answer(504, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []sent
				c := servePiped(t, flaky(2, &seen, fail))
				wish := client.NewToken{AppID: "a", Description: "Nightly", Scopes: []string{"read"}, Attempt: client.NewAttempt()}
				token, secret, err := c.CreateToken(t.Context(), wish)
				if err != nil || token.ID != "1" || secret.Reveal() != "enrt_s" {
					t.Fatalf("got %v, %v", token, err)
				}
				one := sent{wish.Attempt, `{"description":"Nightly","appId":"a","scopes":["read"]}`}
				if diff := cmp.Diff([]sent{one, one, one}, seen); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestRepeatsEndAfterTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []sent
		c := servePiped(t, flaky(99, &seen, hangUp))
		if _, err := c.Apps(t.Context()); !errors.Is(err, client.ErrOffline) || len(seen) != 3 {
			t.Errorf("got %v after %d requests, want ErrOffline after 3", err, len(seen))
		}
	})
}

func TestWhatMayHaveHappenedIsNotRepeated(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{"hang-up": hangUp, "503": answer(503, "1")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []sent
				c := servePiped(t, flaky(99, &seen, fail))
				if _, err := c.AddApp(t.Context(), client.NewApp{Name: "x"}); err == nil {
					t.Error("add succeeded")
				}
				if _, err := c.ChangeApp(t.Context(), "a", client.AppChange{}); err == nil {
					t.Error("change succeeded")
				}
				if len(seen) != 2 {
					t.Errorf("%d requests for two calls", len(seen))
				}
			})
		})
	}
}

func TestAFailedServerIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []sent
		c := servePiped(t, flaky(99, &seen, answer(500, "")))
		if _, err := c.Apps(t.Context()); !errors.Is(err, client.ErrServer) || len(seen) != 1 {
			t.Errorf("got %v after %d requests, want ErrServer after 1", err, len(seen))
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			header string
			want   time.Duration
		}{
			{"7", 7 * time.Second},
			{"http-date", 4 * time.Second},
		} {
			begin := time.Now()
			header := tc.header
			if header == "http-date" {
				header = begin.Add(tc.want).UTC().Format(http.TimeFormat)
			}
			var seen []sent
			c := servePiped(t, flaky(1, &seen, answer(503, header)))
			if _, err := c.Apps(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took < tc.want || took > tc.want+time.Second {
				t.Errorf("%s: repeated after %v, want %v", tc.header, took, tc.want)
			}
		}
	})
}

func TestAServerThatAsksForALongWaitGetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []sent
		c := servePiped(t, flaky(99, &seen, answer(429, "3600")))
		_, err := c.Apps(t.Context())
		p, ok := errors.AsType[*client.Problem](err)
		if !ok || !errors.Is(err, client.ErrBusy) || p.RetryAfter != time.Hour || len(seen) != 1 {
			t.Errorf("got %v after %d requests", err, len(seen))
		}
	})
}

func TestCancellingEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []sent
		c := servePiped(t, flaky(99, &seen, answer(503, "9")))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		_, err := c.Apps(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %v, want cancelled after 1s", err, time.Since(begin))
		}
	})
}

func TestRetryAfterThatMakesNoSenseIsNone(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-3": 0, "1.5": 0,
		"99999999999":                   365 * 24 * time.Hour,
		"Sat, 21 Nov 2026 00:00:00 GMT": 0,
		"Sun, 22 Nov 2026 00:00:05 GMT": 5 * time.Second,
	} {
		if got := retryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

func TestClosingEndsTheCallsUnderWayAndAllLaterOnes(t *testing.T) {
	asked := make(chan struct{})
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done() // a slow server
	})
	answer := make(chan error)
	go func() {
		_, err := c.Me(t.Context())
		answer <- err
	}()
	<-asked
	c.Close()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("the call under way: %v", err)
	}
	if _, err := c.Me(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("a later call: %v", err)
	}
}
