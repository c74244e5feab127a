//go:build e2e && linux

package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
)

// most is how many requests and answers a start may take: a loop takes more.
const most = 40

// startsWhole is the next start of a program that was killed: signed in with
// what the keyring has, or asking, and then nothing works any more.
func (k *killing) startsWhole(when string) (p *process, signedIn bool) {
	k.t.Helper()
	must(k.t, ignoreGone(os.Remove(filepath.Join(k.home, "opened")))) // by the one that died since
	before := k.passed.Load()
	p = k.open("--server", k.URL)
	k.reads(when+": signed in, or asked", func(shown string) error {
		signedIn = within(shown, squash("Signed in as canary"))
		if !signedIn && !within(shown, squash("Sign in with the browser")) {
			return errNotYet
		}
		return nil
	})
	if signedIn {
		k.onlyWhatIsKeptLives(when)
	} else {
		k.nothingLives(when)
	}
	if n := k.passed.Load() - before; n > most {
		k.t.Errorf("%s: %d requests and answers at a start", when, n)
	}
	if k.isSent() {
		k.t.Errorf("%s: the browser was opened unasked", when)
	}
	if crashes, _ := filepath.Glob(filepath.Join(k.home, "state", "keyfob", "crashes", "*.txt")); len(crashes) > 0 {
		k.t.Errorf("%s: it crashed: %q", when, crashes)
	}
	return p, signedIn
}

// onlyWhatIsKeptLives waits until one sign-in is left, that of the keyring.
func (k *killing) onlyWhatIsKeptLives(when string) {
	k.t.Helper()
	eventually(k.t, when+": one sign-in lives", func() error { return k.lives(1) })
	kept, passed := k.keptCredential(), k.has("refresh_token")
	if kept != passed[len(passed)-1] {
		k.t.Errorf("%s: the keyring has another refresh token than the server gave last", when)
	}
}

// nothingLives waits until what was begun is ended at the server, and looks that
// nothing that it has given until then is of use.
func (k *killing) nothingLives(when string) {
	k.t.Helper()
	eventually(k.t, when+": no sign-in lives", func() error { return k.lives(0) })
	for _, token := range k.has("access_token") {
		if status := k.uses(token); status != http.StatusUnauthorized {
			k.t.Errorf("%s: an access token that nobody has is answered %d", when, status)
		}
	}
	k.forget()
}

// lives complains unless so many sign-ins have a refresh token that works.
func (k *killing) lives(want int) error {
	k.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(k.home, "server", "keyfob.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	must(k.t, err)
	defer func() { _ = db.Close() }()
	var n int
	must(k.t, db.QueryRowContext(k.t.Context(), `SELECT count(*) FROM sign_ins s WHERE ended_at IS NULL AND
		EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.sign_in_id = s.id AND r.consumed_at IS NULL)`).Scan(&n))
	if n != want {
		return fmt.Errorf("%d do", n)
	}
	return nil
}

// uses asks the server who the bearer of a token is.
func (k *killing) uses(token string) int {
	k.t.Helper()
	request, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.behind.String()+"/profile/me", http.NoBody)
	must(k.t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	must(k.t, err)
	must(k.t, response.Body.Close())
	return response.StatusCode
}

// has is what has passed of a kind.
func (w *wire) has(kind string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.noted[kind])
}

// forget forgets what has passed.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.noted)
}
