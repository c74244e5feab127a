package session_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"keyfob/client"
	"keyfob/client/rest"
	"keyfob/client/session"
	"keyfob/server/instance"
)

var runs = flag.Int("runs", 60, "how often the program is killed")

// killing is a real server, a computer whose program is killed again and
// again, and what was found after each time.
type killing struct {
	*testing.T
	desk
	in       *instance.Instance
	server   rest.Server
	database string
	skip     atomic.Int64 // of the server's clock

	signedIn, asked, orphans, loops, families int
}

// security requirement 14, and more: killed at any step of signing in,
// renewing and signing out, the next start is signed in or asks once, and no
// sign-in is left at the server that nobody holds. The program that is killed
// signs in by one way after the other; it finds what the one before has kept.
func TestKilledInTheMiddleOfSigningInRenewingAndSigningOut(t *testing.T) {
	k := newKilling(t)
	rng := rand.New(rand.NewPCG(1, uint64(*runs)))
	for i := range *runs {
		k.way = ways[i*len(ways) / *runs]
		seed, step, begun := rng.Uint32(), 1+rng.IntN(40), time.Now()
		when := fmt.Sprintf("%s, seed %d, step %d", k.way, seed, step)
		k.kill(seed, step)
		k.check(when)
		k.reused(when, time.Since(begun))
		if rng.IntN(6) == 0 {
			k.signedOut(when)
		}
		k.skip.Add(int64(5 * time.Second)) // no password is tried faster than by people
		if t.Failed() {
			break
		}
	}
	t.Logf("killed %d times: %d signed in, %d asked; %d loops, %d families revoked, %d orphans",
		k.signedIn+k.asked, k.signedIn, k.asked, k.loops, k.families, k.orphans)
	if k.signedIn == 0 || k.asked == 0 {
		t.Error("that does not happen: is it killed at all?")
	}
}

// kill lets the program live until the step. Who allows its sign-in on a phone
// does so even if it has died.
func (k *killing) kill(seed uint32, step int) {
	k.Helper()
	program := exec.CommandContext(k.Context(), os.Args[0]) //nolint:gosec // G702: this test binary
	program.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d|%d|%s|%s|%s", killedEnv, k.issuer, k.folder, seed, step, k.way, k.pasted, k.ada))
	var complaint bytes.Buffer
	program.Stderr = &complaint
	shown, err := program.StdoutPipe()
	if err == nil {
		err = program.Start()
	}
	if err != nil {
		k.Fatal(err)
	}
	for pages := bufio.NewScanner(shown); pages.Scan(); {
		k.allow(pages.Text())
	}
	if err := program.Wait(); err == nil || program.ProcessState.Exited() {
		k.Fatalf("%s, seed %d, step %d: it was not killed: %v\n%s", k.way, seed, step, err, complaint.String())
	}
	k.startAgain()
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
	k.noTokenIsKept(when)
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

// signedOut signs out after all: nothing is left, but for a token that is the
// person's own.
func (k *killing) signedOut(when string) {
	k.Helper()
	s := session.New(k.config())
	_, err := k.resume(k.Context(), s)
	if err = errors.Join(err, k.signOut(k.Context(), s)); err != nil {
		k.Errorf("%s: signing out: %v", when, err)
	}
	k.orphaned(when, false)
	k.noTokenIsKept(when)
	if _, err := rest.New(k.server, own{client.NewSecret(k.pasted)}, http.DefaultClient).Me(k.Context()); err != nil {
		k.Errorf("%s: the pasted token: %v", when, err)
	}
}

func (k *killing) works(when string, s *session.Session) {
	k.Helper()
	if _, err := rest.New(k.server, s, http.DefaultClient).Me(k.Context()); err != nil {
		k.Errorf("%s: the server does not take the access token: %v", when, err)
	}
}

// orphaned counts the sign-ins at the server beside the one that is held; a
// pasted token holds none.
func (k *killing) orphaned(when string, signedIn bool) {
	k.Helper()
	live := k.count(`SELECT count(*) FROM sign_ins s WHERE ended_at IS NULL AND
		EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.sign_in_id = s.id AND r.consumed_at IS NULL)`)
	if signedIn && !k.keepsToken() {
		live--
	}
	if live != 0 {
		k.orphans += live
		k.Errorf("%s: %d sign-ins that nobody holds, signed in: %v", when, live, signedIn)
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
