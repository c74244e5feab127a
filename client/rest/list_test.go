package rest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
)

// requirement 37
func TestAListIsReadToItsEnd(t *testing.T) {
	var asked []url.Values
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query())
		n := len(asked)
		next := fmt.Sprintf(`"nextCursor":"c%d",`, n)
		if n == 3 {
			next = ""
		}
		writeJSON(w, 200, fmt.Sprintf(`{"items":[{"id":"%d"}],%s"total":3}`, n, next))
	})
	rows, err := c.ProfileTokens(t.Context())
	if err != nil || len(rows) != 3 || rows[2].ID != "3" {
		t.Fatalf("got %v, %v", rows, err)
	}
	page := func(cursor ...string) url.Values {
		v := url.Values{"limit": {"200"}, "status": {"active,expired,revoked"}}
		if cursor != nil {
			v["cursor"] = cursor
		}
		return v
	}
	if diff := cmp.Diff([]url.Values{page(), page("c1"), page("c2")}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestAListWithoutEndIsGivenUp(t *testing.T) {
	for name, tc := range map[string]struct {
		cursor func(int) string
		pages  int
	}{
		"one cursor": {func(int) string { return "c" }, 2},
		"a circle":   {func(n int) string { return fmt.Sprint(n % 3) }, 4},
		"always new": {func(n int) string { return fmt.Sprint(n) }, maxPages},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				writeJSON(w, 200, fmt.Sprintf(`{"items":[],"nextCursor":"%s"}`, tc.cursor(n)))
			})
			if _, err := c.Users(t.Context()); !errors.Is(err, client.ErrGarbled) || n != tc.pages {
				t.Errorf("got %v after %d pages, want ErrGarbled after %d", err, n, tc.pages)
			}
		})
	}
}

func TestAnEmptyListIsNoError(t *testing.T) {
	for _, body := range []string{`{"items":[]}`, `{"items":null}`, `{}`} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, body) })
		rows, err := c.AppTokens(t.Context(), "a")
		if err != nil || rows == nil || len(rows) != 0 {
			t.Errorf("%s: got %v, %v", body, rows, err)
		}
	}
}
