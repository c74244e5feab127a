package credentials_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// brake freezes the real keyring as the program comes to it: a call asks first
// whether there is one, then for what it is for, and looks then what came of it.
type brake struct {
	left   atomic.Int64
	frozen chan time.Time
}

// The times that the program comes in one call.
const (
	asking  = 2
	looking = 3
)

// withBrake is a desktop with a brake between its program and its real keyring.
func withBrake(t *testing.T) (*desktop, *brake) {
	t.Helper()
	d, b := newDesktop(t).withBus().withKeyring(), &brake{frozen: make(chan time.Time, 1)}
	address := d.between(func() {
		if b.left.Add(-1) == 0 {
			d.freeze()
			b.frozen <- time.Now()
		}
	})
	return d.withChild("DBUS_SESSION_BUS_ADDRESS=" + address), b
}

// slowed are the calls that find the keyring slow, at each time that they come
// to it, and what it has of the key in the end; it had "old" before.
var slowed = []struct {
	request
	comes      int64
	in         string // if it goes on in time
	afterwards string // if it does so too late
}{
	{request{Op: "get", Key: "read"}, asking, "old", "old"},
	{request{Op: "set", Key: "written", Value: "new"}, asking, "new", ""},
	{request{Op: "set", Key: "read back", Value: "new"}, looking, "new", ""},
	{request{Op: "delete", Key: "deleted"}, asking, "", ""},
	{request{Op: "delete", Key: "looked for"}, looking, "", ""},
}

// security requirement 8
func TestARealKeyringThatIsSlowIsWaitedFor(t *testing.T) {
	const slow = 300 * time.Millisecond
	d, b := withBrake(t)
	for _, s := range slowed {
		d.want(request{Op: "set", Key: s.Key, Value: "old"}, response{})
		b.left.Store(s.comes)
		var frozen time.Time
		answer := response{}
		if s.Op == "get" {
			answer.Value = "old"
		}
		d.wantAmid(s.request, func() {
			frozen = <-b.frozen
			time.AfterFunc(slow, d.thaw)
		}, answer)
		if took := time.Since(frozen); took < slow {
			t.Errorf("%s: answered after %s, before the keyring went on", s.Key, took)
		}
		d.wantFound(s.Key, s.in)
	}
}

// security requirement 8: what is told to be late is so, whatever the keyring does
// then, and what it keeps too late is taken back.
func TestARealKeyringThatIsTooSlowIsGivenUpAndTheTruthIsFoundLater(t *testing.T) {
	d, b := withBrake(t)
	for _, s := range slowed {
		for late := 4 * patience; !b.tooSlow(d, s.request, s.comes, late); late *= 2 {
			if late > time.Minute {
				t.Fatalf("%s: it does not come that far", s.Key)
			}
		}
		d.thaw()
		d.wantFound(s.Key, s.afterwards)
	}
}

// tooSlow has a call time out with the keyring frozen, and reports whether the call
// came that far: a busy machine takes its time.
func (b *brake) tooSlow(d *desktop, call request, comes int64, late time.Duration) bool {
	d.want(request{Op: "set", Key: call.Key, Value: "old"}, response{})
	b.left.Store(comes)
	call.Patience = late
	d.want(call, response{Err: "timeout"})
	select {
	case <-b.frozen:
		return true
	default:
		return false
	}
}

// security requirement 8, with a keyring that hardly ever gets to run: each of
// its answers is slow.
func TestARealKeyringThatIsSlowAllTheTimeIsWaitedFor(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	busy, atRest := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		d.stutter(busy)
	}()
	d.want(request{Op: "set", Key: "a", Value: "old"}, response{})
	d.want(request{Op: "set", Key: "a", Value: "new"}, response{})
	d.want(request{Op: "get", Key: "a"}, response{Value: "new"})
	d.want(request{Op: "set", Key: "b", Value: "other"}, response{})
	d.want(request{Op: "delete", Key: "a"}, response{})
	d.want(request{Op: "get", Key: "a"}, response{Err: "not found"})
	atRest()
	<-over
	d.wantFound("a", "")
	d.wantFound("b", "other")
}

// stutter lets the keyring run for a moment now and then.
func (d *desktop) stutter(ctx context.Context) {
	for frozen := false; ctx.Err() == nil || frozen; frozen = !frozen {
		length := 20 * time.Millisecond
		if frozen {
			d.thaw()
		} else {
			d.freeze()
			length = 100 * time.Millisecond
		}
		<-time.After(length)
	}
}

// wantFound looks what the keyring has, as the program sees it and as others do.
func (d *desktop) wantFound(key, value string) {
	d.t.Helper()
	want := response{Value: value}
	if value == "" {
		want.Err = "not found"
	}
	d.want(request{Op: "get", Key: key}, want)
	if got := d.lookup(key); got != value {
		d.t.Errorf("%s: another program finds %q, want %q", key, got, value)
	}
}
