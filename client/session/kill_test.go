package session_test

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"keyfob/client/session"
	"keyfob/internal/testserver"
	"keyfob/server/instance"
)

var runs = flag.Int("runs", 60, "how often the program is killed")

// killing is a real server, a computer whose program is killed again and
// again, and what was found after each time.
type killing struct {
	*testing.T
	desk
	in       *instance.Instance
	database string
	skip     atomic.Int64 // of the server's clock

	signedIn, asked, orphans, loops, families int
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{T: t}
	dir := t.TempDir()
	web := httptest.NewUnstartedServer(nil)
	address := "http://" + web.Listener.Addr().String()
	in, err := instance.Open(t.Context(), instance.Config{
		Dir: dir, PublicURL: address, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(k.skip.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = in.Handler
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	(&testserver.Remote{Instance: in, URL: address}).AddUser(t, "ada", "Ada Admin", true)
	k.in, k.database = in, filepath.Join(dir, "keyfob.db")
	k.desk = desk{issuer: address + "/id", folder: t.TempDir()}
	return k
}

// security requirement 14, and more: killed at any step of signing in,
// renewing and signing out, the next start is signed in or asks once, and no
// sign-in is left at the server that nobody holds.
func TestKilledInTheMiddleOfSigningInRenewingAndSigningOut(t *testing.T) {
	k := newKilling(t)
	rng := rand.New(rand.NewPCG(1, uint64(*runs)))
	for range *runs {
		seed, step, begun := rng.Uint32(), 1+rng.IntN(40), time.Now()
		k.kill(seed, step)
		k.check(fmt.Sprintf("seed %d, step %d", seed, step))
		k.reused(fmt.Sprintf("seed %d, step %d", seed, step), time.Since(begun))
		k.skip.Add(int64(5 * time.Second)) // no password is tried faster than by people
		if t.Failed() {
			break
		}
	}
	t.Logf("killed %d times: %d signed in, %d asked; %d loops, %d families revoked, %d orphans", k.signedIn+k.asked, k.signedIn, k.asked, k.loops, k.families, k.orphans)
	if k.signedIn == 0 || k.asked == 0 {
		t.Error("that does not happen: is it killed at all?")
	}
}

// kill lets the program live until the step.
func (k *killing) kill(seed uint32, step int) {
	k.Helper()
	program := exec.CommandContext(k.Context(), os.Args[0]) //nolint:gosec // G702: this test binary
	program.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d|%d", killedEnv, k.issuer, k.folder, seed, step))
	var complaint bytes.Buffer
	program.Stderr = &complaint
	if err := program.Run(); err == nil || program.ProcessState.Exited() {
		k.Fatalf("seed %d, step %d: it was not killed: %v\n%s", seed, step, err, complaint.String())
	}
}

// check is the next start, and the one after it.
func (k *killing) check(when string) {
	k.Helper()
	s := session.New(k.config())
	asked, err := k.resume(k.Context(), s)
	if err != nil {
		k.Errorf("%s: %v", when, err)
		return
	}
	k.orphaned(when, !asked)
	if !asked {
		k.signedIn++
		k.works(when, s)
		return
	}
	k.asked++
	if err := k.signIn(k.Context(), s); err != nil {
		k.Errorf("%s: %v", when, err)
	}
	next := session.New(k.config())
	if again, err := k.resume(k.Context(), next); again || err != nil {
		k.loops++
		k.Errorf("%s: asked again after signing in, %v", when, err)
		return
	}
	k.works(when, next)
	k.orphaned(when, true)
}

func (k *killing) works(when string, s *session.Session) {
	k.Helper()
	token, err := s.AccessToken(k.Context())
	if err != nil {
		k.Errorf("%s: %v", when, err)
		return
	}
	if _, ok, err := k.in.SignIn.Authenticate(k.Context(), token.Reveal()); !ok {
		k.Errorf("%s: the server does not take the access token: %v", when, err)
	}
}

// orphaned counts the sign-ins at the server beside the one that is held.
func (k *killing) orphaned(when string, held bool) {
	k.Helper()
	live := k.count(`SELECT count(*) FROM sign_ins s WHERE ended_at IS NULL AND
		EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.sign_in_id = s.id AND r.consumed_at IS NULL)`)
	if held {
		live--
	}
	if live != 0 {
		k.orphans += live
		k.Errorf("%s: %d sign-ins that nobody holds, signed in: %v", when, live, held)
	}
}

// reused counts the sign-ins that the server ended because a refresh token
// came twice. That is right only beyond its grace of half a minute.
func (k *killing) reused(when string, took time.Duration) {
	k.Helper()
	n := k.count("SELECT count(*) FROM events WHERE detail LIKE '%refresh token used twice%'")
	if n > k.families && took < 30*time.Second {
		k.Errorf("%s: a refresh token was used twice, within %s", when, took)
	}
	k.families = n
}

func (k *killing) count(query string) (n int) {
	k.Helper()
	db, err := sql.Open("sqlite", "file:"+k.database+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		k.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(k.Context(), query).Scan(&n); err != nil {
		k.Fatal(err)
	}
	return n
}
