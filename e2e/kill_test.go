//go:build e2e && linux

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/internal/testserver"
)

// The same number draws the same lots.
var kills = flag.Int("kills", 8, "how often the program is killed")

// killing is a desktop whose program is killed again and again, and a server
// that it signs in at.
type killing struct {
	*desktop
	*wire
	rng    *rand.Rand
	fuse   atomic.Pointer[fuse]
	passed atomic.Int64 // requests and answers
}

// Security requirement 14, with the program itself, a keyring and a server:
// killed at any moment of signing in, of renewing at a start and of signing
// out, the next start is signed in or asks, and nothing is left at the server
// that the keyring does not have.
func TestTheProgramKilledInTheMiddleOfSigningInRenewingAndSigningOutStartsWhole(t *testing.T) {
	k := newKilling(t)
	p, signedIn := k.startsWhole("at first")
	starts := map[bool]int{} // signed in, or asked
	amid := map[string]int{} // by the step that had begun
	all := func() bool { return starts[true] > 0 && starts[false] > 0 && len(amid) == 3 }
	for i := 0; i < *kills || !all() && i < 4**kills; i++ {
		step, do, least, most := k.next(signedIn)
		f := fuse{messages: least + k.rng.IntN(most-least+1), delay: time.Duration(k.rng.IntN(2)*k.rng.IntN(80)) * time.Millisecond}
		when := fmt.Sprintf("kill %d, %s, %s after message %d", i+1, step, f.delay, f.messages)
		do(p, &f)
		t.Logf("%s, of %d", when, f.passed.Load())
		if f.passed.Load() > 0 {
			amid[step]++
		}
		p, signedIn = k.startsWhole(when)
		starts[signedIn]++
		if t.Failed() {
			break
		}
	}
	t.Logf("killed %d times, %v: %d signed in, %d asked", starts[true]+starts[false], amid, starts[true], starts[false])
	if !all() && !t.Failed() {
		t.Error("that does not happen: is it killed at all?")
	}
	k.livesOn(p, signedIn)
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{desktop: newDesktop(t, true), wire: newWire(t), rng: rand.New(rand.NewPCG(1, uint64(*kills)))}
	k.installBrowser()
	k.passes = func() {
		k.passed.Add(1)
		k.fuse.Load().burn()
	}
	behind, err := url.Parse(k.serve("--public-url", k.URL))
	must(t, err)
	k.behind = behind
	return k
}

// next is what is done until the program is killed, and after which messages: from
// the first that brings the server to anything to the last there are, and beyond.
func (k *killing) next(signedIn bool) (step string, do func(*process, *fuse), least, most int) {
	switch {
	case !signedIn:
		return "signing in", k.signsIn, 11, 20
	case k.rng.IntN(2) == 0:
		return "renewing", k.renews, 1, 13
	}
	return "signing out", k.signsOut, 1, 3
}

// fuse kills a program some time after so many messages have passed, or soon
// after nothing more is done to it.
type fuse struct {
	program  *process
	messages int
	delay    time.Duration
	passed   atomic.Int64
	begun    chan struct{} // closed by the first message
}

// burn kills before it returns if there is no delay: what passes never arrives.
func (f *fuse) burn() {
	if f == nil {
		return
	}
	n := int(f.passed.Add(1))
	if n == 1 {
		close(f.begun)
	}
	if n == f.messages {
		f.after(f.delay)
	}
}

func (f *fuse) after(delay time.Duration) {
	kill := func() {
		_ = f.program.cmd.Process.Kill()
		<-f.program.ended
	}
	if delay == 0 {
		kill()
		return
	}
	time.AfterFunc(delay, kill)
}

func (k *killing) light(f *fuse, p *process) {
	f.program, f.begun = p, make(chan struct{})
	k.fuse.Store(f)
}

// dies waits for the end of a program that is left alone from now on.
func (k *killing) dies(f *fuse, within time.Duration) {
	k.t.Helper()
	f.after(1 + time.Duration(k.rng.Int64N(int64(within))))
	<-f.program.ended
	k.fuse.Store(nil)
}

func (k *killing) signsIn(p *process, f *fuse) {
	k.t.Helper()
	k.light(f, p)
	k.press("Return")
	k.browses(p)
	k.dies(f, time.Second)
}

// browses logs in where the program sends the browser, if it lives to do so. Who
// is at the browser goes on if the program has died.
func (k *killing) browses(p *process) {
	k.t.Helper()
	eventually(k.t, "the browser is opened or the program killed", func() error {
		if !k.isSent() && !p.over() {
			return errNotYet
		}
		return nil
	})
	if !k.isSent() {
		return
	}
	_, _ = testserver.LogIn(k.sentTo(), url.Values{"login": {"canary"}, "password": {password}}) // fails if it has died
}

var errNotYet = errors.New("not yet")

// isSent reports whether the program has sent the browser somewhere.
func (k *killing) isSent() bool {
	_, err := os.Stat(filepath.Join(k.home, "opened"))
	return err == nil
}

// renews starts the program anew, which has only its refresh token then.
func (k *killing) renews(p *process, f *fuse) {
	k.t.Helper()
	must(k.t, p.cmd.Process.Kill())
	<-p.ended
	k.light(f, k.start("keyfob", nil, program(k.t, "keyfob"), "--server", k.URL))
	k.begins(f)
	k.dies(f, time.Second)
}

// begins waits until the program asks the server for something.
func (k *killing) begins(f *fuse) {
	k.t.Helper()
	select {
	case <-f.begun:
	case <-time.After(patience):
		k.t.Fatal("the program asks no server")
	}
}

func (k *killing) signsOut(p *process, f *fuse) {
	k.t.Helper()
	k.light(f, p)
	k.choosesSignOut()
	k.begins(f)
	k.dies(f, 500*time.Millisecond)
}

// choosesSignOut presses keys beside the program, which may die of the last.
func (k *killing) choosesSignOut() {
	k.t.Helper()
	k.press("F10", "Down", "Down", "Down", "Down", "Down", "Down", "Return")
}

// livesOn signs in once more and out again, and is not killed meanwhile.
func (k *killing) livesOn(p *process, signedIn bool) {
	k.t.Helper()
	if !signedIn {
		k.press("Return")
		k.logIn("canary", password)
		k.sees("Signed in as canary")
		k.quit(p)
		if p, signedIn = k.startsWhole("after signing in"); !signedIn {
			k.t.Error("asked again after signing in")
			return
		}
	}
	k.choosesSignOut()
	k.sees("Sign in with the browser")
	k.quit(p)
	if p, signedIn = k.startsWhole("after signing out"); signedIn {
		k.t.Error("signed in after signing out")
	}
	k.quit(p)
}
