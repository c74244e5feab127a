package signin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"keyfob/server/password"
	"keyfob/server/store"
)

func TestGuessingIsSlowedMoreAndMoreAndThenToldToComeBack(t *testing.T) {
	th, now := newThrottle(), time.Now()
	try := func(login, from string) (time.Duration, bool) { return th.admit(login, from, now) }
	for i := range freeTries {
		if wait, ok := try("ada", "a"); wait != 0 || !ok {
			t.Fatalf("try %d waits %v, %v", i, wait, ok)
		}
	}
	last := time.Duration(0)
	for range int(longest / tryEvery) {
		wait, ok := try("ada", "a")
		if !ok || wait <= last || wait > longest {
			t.Fatalf("after %v a try waits %v, %v", last, wait, ok)
		}
		last = wait
	}
	if _, ok := try("ada", "a"); ok {
		t.Error("a flood is still let wait here")
	}
	now = now.Add(tryEvery)
	if wait, ok := try("ada", "a"); !ok || wait > longest {
		t.Errorf("a moment later: %v, %v", wait, ok)
	}
}

func TestOnlyTheGuessersOwnPlaceIsSlowedAndTheRightPasswordEndsIt(t *testing.T) {
	th, now := newThrottle(), time.Now()
	try := func(login, from string) (time.Duration, bool) { return th.admit(login, from, now) }
	for range 2 * freeTries {
		try("ada", "a")
	}
	if wait, ok := try("ada", "b"); wait != 0 || !ok {
		t.Errorf("the same login from elsewhere: %v, %v", wait, ok)
	}
	if wait, ok := try("bob", "a"); wait != 0 || !ok {
		t.Errorf("another login from the same place: %v, %v", wait, ok)
	}
	th.forgive("ada", "a")
	if wait, ok := try("ada", "a"); wait != 0 || !ok {
		t.Errorf("after the right password: %v, %v", wait, ok)
	}
}

func TestGuessingFromManyPlacesIsSlowedButServed(t *testing.T) {
	th, now := newThrottle(), time.Now()
	for i := range 1000 {
		wait, ok := th.admit("ada", strconv.Itoa(i), now)
		if !ok || wait > worldDelay {
			t.Fatalf("from place %d: %v, %v", i, wait, ok)
		}
		if i >= freeWorld && wait != worldDelay {
			t.Fatalf("from place %d: not slowed", i)
		}
	}
}

func TestTheThrottleRemembersABoundedNumberOfPlaces(t *testing.T) {
	th, now := newThrottle(), time.Now()
	for i := range 3 * maxKeys {
		th.admit(strconv.Itoa(i), "a", now)
		now = now.Add(time.Microsecond)
	}
	if th.local.Len() > maxKeys || th.world.Len() > maxKeys {
		t.Errorf("%d and %d places", th.local.Len(), th.world.Len())
	}
}

func TestTheLoginPageMakesAGuesserWaitAndThenComeBack(t *testing.T) {
	p := newProvider(t)
	now := time.Now()
	p.clock = func() time.Time { return now }
	var waited []time.Duration
	p.pause = func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	q := &request{ID: "x", ClientID: DesktopClient, RedirectURI: "http://127.0.0.1:1/callback", ExpiresAt: now.Add(time.Hour)}
	cookie, err := p.cookie(q)
	if err != nil {
		t.Fatal(err)
	}
	var last *httptest.ResponseRecorder
	for range freeTries + int(longest/tryEvery) + 1 {
		body := strings.NewReader(url.Values{"request": {"x"}, "login": {"ada"}, "password": {"guess"}}.Encode())
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookie)
		last = httptest.NewRecorder()
		p.Handler().ServeHTTP(last, r)
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") != "8" || !strings.Contains(last.Body.String(), "Too many tries") {
		t.Errorf("%d %v\n%s", last.Code, last.Header(), last.Body)
	}
	if n := len(waited); n != freeTries+4 || waited[0] != 0 || waited[n-1] != longest {
		t.Errorf("waited %v", waited)
	}
}

func TestEachTryCostsOneHashWhoeverItIs(t *testing.T) {
	p := newProvider(t)
	users := []store.User{
		{ID: "1", Login: "ada", IsActive: true, PasswordHash: password.Unmatchable()},
		{ID: "2", Login: "off", PasswordHash: password.Unmatchable()},
		{ID: "3", Login: "robot", IsActive: true},
	}
	err := p.store.Write(t.Context(), func(tx *store.Tx) error {
		for _, u := range users {
			u.CreatedAt = p.now()
			if err := tx.InsertUser(t.Context(), u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	against := ""
	p.verify = func(_ context.Context, phc, _ string) (bool, error) {
		against += phc
		return true, nil // even if the hash said so
	}
	for _, tc := range []struct {
		login, typed, against string
		in                    bool
	}{
		{"ada", "x", users[0].PasswordHash, true},
		{"ada", strings.Repeat("x", maxPassword+1), p.nobody, false},
		{"off", "x", p.nobody, false},
		{"robot", "x", p.nobody, false},
		{"robot", "", p.nobody, false},
		{"nobody", "x", p.nobody, false},
		{"", "", p.nobody, false},
	} {
		against = ""
		_, in, err := p.check(t.Context(), tc.login, tc.typed)
		if err != nil || in != tc.in || against != tc.against {
			t.Errorf("%s: in %v, %v, verified against %q", tc.login, in, err, against)
		}
	}
}
