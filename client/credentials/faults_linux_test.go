package credentials_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/internal/fakesecrets"
)

// withFake starts a Secret Service that misbehaves.
func (d *desktop) withFake(f fakesecrets.Faults) (*desktop, *fakesecrets.Service) {
	d.t.Helper()
	return d, fakesecrets.Start(d.t, d.address(), f)
}

func (d *desktop) address() string {
	for _, v := range d.env {
		if address, ok := strings.CutPrefix(v, "DBUS_SESSION_BUS_ADDRESS="); ok {
			return address
		}
	}
	return ""
}

// faulty is a desktop whose keyring holds "old" under a, and misbehaves then.
func faulty(t *testing.T, f fakesecrets.Faults) (*desktop, *fakesecrets.Service) {
	t.Helper()
	d, s := newDesktop(t).withBus().withFake(fakesecrets.Faults{})
	d.withChild()
	d.want(request{Op: "set", Key: "a", Value: "old"}, response{})
	s.Set(f)
	return d, s
}

func wantHeld(t *testing.T, s *fakesecrets.Service, want ...string) {
	t.Helper()
	if got := s.Values(); !slices.Equal(got, want) {
		t.Errorf("the keyring holds %q, want %q", got, want)
	}
}

// security requirement 8: the matrix of faults, a test for each
func TestMatrixPresent(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{})
	d.want(request{Op: "get", Key: "a"}, response{Value: "old"})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{})
	wantHeld(t, s, "new")
	d.want(request{Op: "delete", Key: "a"}, response{})
	wantHeld(t, s)
}

func TestMatrixLockedAndOpenedByThePerson(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Locked: true})
	d.want(request{Op: "get", Key: "a"}, response{Value: "old"})
	s.Set(fakesecrets.Faults{Locked: true})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{})
	s.Set(fakesecrets.Faults{Locked: true})
	d.want(request{Op: "delete", Key: "a"}, response{})
	wantHeld(t, s)
	if n := len(s.Prompts); n != 3 {
		t.Errorf("%d prompts, want 3", n)
	}
}

func TestMatrixPromptDismissed(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{AskToCreate: true, AskToDelete: true, Answer: fakesecrets.No})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{Err: "dismissed"})
	d.want(request{Op: "set", Key: "b", Value: "new"}, response{Err: "dismissed"})
	d.want(request{Op: "delete", Key: "a"}, response{Err: "dismissed"})
	wantHeld(t, s, "old")
	s.Set(fakesecrets.Faults{Locked: true, Answer: fakesecrets.No})
	for _, op := range []string{"get", "set", "delete"} {
		d.want(request{Op: op, Key: "a", Value: "new"}, response{Err: "dismissed"})
	}
	wantHeld(t, s, "old")
}

// The prompt does not stay on screen when nobody waits for it any more.
func TestMatrixPromptUnanswered(t *testing.T) {
	for _, f := range []fakesecrets.Faults{
		{Locked: true, Answer: fakesecrets.Never},
		{AskToCreate: true, AskToDelete: true, Answer: fakesecrets.Never},
	} {
		d, s := faulty(t, f)
		ops := []string{"set", "delete"}
		if f.Locked {
			ops = append(ops, "get")
		}
		for _, op := range ops {
			d.want(request{Op: op, Key: "a", Value: "new", Patience: patience}, response{Err: "timeout"})
			<-s.Dismissed
		}
		wantHeld(t, s, "old")
		s.Set(fakesecrets.Faults{})
		d.want(request{Op: "get", Key: "a"}, response{Value: "old"})
	}
}

func TestMatrixAbsent(t *testing.T) {
	d := newDesktop(t).withBus().withChild()
	for _, op := range []string{"probe", "get", "set", "delete"} {
		d.want(request{Op: op, Key: "a", Value: "v"}, response{Err: "unavailable"})
	}
}

func TestMatrixSlow(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Delay: 100 * time.Millisecond})
	d.want(request{Op: "get", Key: "a"}, response{Value: "old"})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{})
	d.want(request{Op: "delete", Key: "a"}, response{})
	wantHeld(t, s)
}

// Given up on in mid-write: what arrives too late is taken back.
func TestMatrixTooSlow(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Delay: 200 * time.Millisecond})
	d.want(request{Op: "set", Key: "a", Value: "new", Patience: patience}, response{Err: "timeout"})
	d.want(request{Op: "get", Key: "a"}, response{Err: "not found"})
	wantHeld(t, s)
}

// security requirement 10
func TestMatrixTooBig(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Max: 512})
	d.want(request{Op: "set", Key: "a", Value: strings.Repeat("x", 1025)}, response{Err: "too big"})
	d.want(request{Op: "set", Key: "a", Value: strings.Repeat("x", 1024)}, response{Err: "unavailable"})
	wantHeld(t, s, "old")
}

func TestMatrixWritesThenFails(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Drop: true, Hold: true})
	d.want(request{Op: "set", Key: "b", Value: "new"}, response{Err: "not kept"})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{Err: "not kept"})
	d.want(request{Op: "delete", Key: "a"}, response{Err: "not deleted"})
	wantHeld(t, s, "old")
	s.Set(fakesecrets.Faults{FailAfter: true})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{Err: "unavailable"})
}

// Signals of other programs, of other prompts and forged ones count for nothing.
func TestMatrixAnotherProgramsSignalInMidPrompt(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{AskToCreate: true, AskToDelete: true, Answer: fakesecrets.No, Noise: true})
	d.want(request{Op: "set", Key: "b", Value: "new"}, response{Err: "dismissed"})
	d.want(request{Op: "delete", Key: "a"}, response{Err: "dismissed"})
	s.Set(fakesecrets.Faults{AskToCreate: true, Answer: fakesecrets.Never, Noise: true})
	d.want(request{Op: "set", Key: "b", Value: "new", Patience: patience}, response{Err: "timeout"})
	wantHeld(t, s, "old")
	s.Set(fakesecrets.Faults{Locked: true, Noise: true})
	d.want(request{Op: "get", Key: "a"}, response{Value: "old"})
}

// A program that ends takes its prompt and its wait with it.
func TestMatrixKeyringGoesAwayInMidPrompt(t *testing.T) {
	d, s := faulty(t, fakesecrets.Faults{Locked: true, Answer: fakesecrets.Never})
	go func() {
		<-s.Prompts
		s.Leave()
	}()
	d.want(request{Op: "get", Key: "a"}, response{Err: "unavailable"})
}
