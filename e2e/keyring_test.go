//go:build e2e && linux

package e2e

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"keyfob/internal/fakesecrets"
)

// leaving is how long the program may take to end.
const leaving = 2 * time.Second

// security requirement 9
func TestTheProgramEndsAtOnceWhateverTheKeyringDoes(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	keyring := fakesecrets.Start(t, "unix:path="+filepath.Join(d.home, "run", "bus"), fakesecrets.Faults{})
	p := d.open()
	d.useBuiltIn()
	eventually(t, "the sign-in is kept", func() error {
		if len(keyring.Values()) == 0 {
			return errors.New("the keyring is empty")
		}
		return nil
	})
	d.leave(p, "present")
	locked := fakesecrets.Faults{Locked: true, Answer: fakesecrets.Never}
	for _, c := range []struct {
		state string
		fakesecrets.Faults
	}{ // the last ones lose what the others need
		{"unanswered", locked},
		{"dismissed", fakesecrets.Faults{Locked: true, Answer: fakesecrets.No}},
		{"disturbed", fakesecrets.Faults{Locked: true, Answer: fakesecrets.Never, Noise: true}},
		{"slow", fakesecrets.Faults{Delay: 400 * time.Millisecond}},
		{"fails", fakesecrets.Faults{Drop: true}},
		{"too big", fakesecrets.Faults{Max: 1}},
	} {
		keyring.Set(c.Faults)
		p := d.open()
		if c.Locked {
			select {
			case <-keyring.Prompts:
			case <-time.After(30 * time.Second):
				t.Fatalf("%s: the keyring is not asked", c.state)
			}
		}
		d.leave(p, c.state)
	}
	keyring.Set(locked)
	p = d.open()
	<-keyring.Prompts
	asked := time.Now()
	d.quit(p)
	if took := time.Since(asked); took > leaving {
		t.Errorf("quit while nobody answers: ended after %s", took)
	}
	keyring.Leave()
	d.leave(d.open(), "absent")
}

// leave ends the program as the session does, and looks how long it takes.
func (d *desktop) leave(p *process, state string) {
	d.t.Helper()
	asked := time.Now()
	must(d.t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.ended: // in order or, where that takes too long, at once
	case <-time.After(patience):
		d.t.Fatalf("%s: it does not end", state)
	}
	took := time.Since(asked)
	d.t.Logf("%s: ended after %s", state, took.Round(time.Millisecond))
	if took > leaving {
		d.t.Errorf("%s: ended after %s", state, took)
	}
}
