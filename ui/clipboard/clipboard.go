// Package clipboard lends secrets to the system clipboard.
//
// A copied secret is a loan: it is written together with the hints that ask
// clipboard managers not to record it, it is taken back after a while, and it
// is taken back only if it is still there. What another program copies
// meanwhile is neither read nor touched: the system tells us that ours was
// replaced, so nothing has to be compared (requirement 11).
//
// A copy is looked at by a second connection before it is called one: what
// another program would paste is exactly the secret. What a desktop cannot
// promise beyond that, its loans say (Reach).
//
// Every call may wait for the system and belongs off the UI thread.
package clipboard

import (
	"context"
	"errors"
	"time"

	"keyfob/client"
	"keyfob/internal/crash"
)

// DefaultAfter is how long a secret stays on the clipboard unless the user
// chose otherwise.
const DefaultAfter = 30 * time.Second

// patience bounds one write. A healthy system needs a millisecond.
const patience = 3 * time.Second

// ErrUnavailable says that there is no clipboard to write to, or that it does
// not answer. The secret is then not on it.
var ErrUnavailable = errors.New("clipboard not available")

// End is how a loan ended.
type End int

// The ends.
const (
	Cleared    End = iota // taken back, by time or by Clear
	Replaced              // another program copied something else
	Superseded            // a later Copy of ours took its place
	NotCleared            // could not be taken back: it may still be there
)

// Reach is how far the promise to take a secret back goes on a desktop.
type Reach int

// The reaches.
const (
	Sure       Reach = iota // X11, and Wayland where it lets programs manage the clipboard
	Bridged                 // Wayland by way of X11: it keeps a copy, and follows the window in front
	Windows                 // what a program that is ended by force has copied stays
	Pasteboard              // macOS: the same, and other devices of the person may get it
)

// Loan is a secret on the clipboard.
type Loan struct {
	For   time.Duration // until it is taken back; 0: not by time
	End   <-chan End    // says once how it ended
	Reach Reach
}

// Clipboard lends one secret at a time. Its methods may be called from any
// goroutine.
type Clipboard struct {
	after func() time.Duration
	sys   system
	turn  chan struct{} // held by whoever writes or settles a loan
	now   *loan         // guarded by turn
}

// loan is the inside of a Loan.
type loan struct {
	text  []byte
	after time.Duration
	on    held
	end   chan End
	ended chan struct{} // closed when end was said
}

// New makes a Clipboard that takes secrets back after the time that it asks for
// at each Copy; 0 means only by Clear. Nothing is connected before the first
// Copy.
func New(after func() time.Duration) *Clipboard { return with(desktop{}, after) }

func with(sys system, after func() time.Duration) *Clipboard {
	return &Clipboard{after: after, sys: sys, turn: make(chan struct{}, 1)}
}

// Copy puts s on the clipboard. After an error s is not there, or is taken
// back as soon as the system answers. Errors: ErrUnavailable, or the context's.
func (c *Clipboard) Copy(ctx context.Context, s client.Secret) (Loan, error) {
	if err := c.take(ctx); err != nil {
		return Loan{}, err
	}
	defer c.release()
	l := &loan{text: []byte(s.Reveal()), after: c.after(), end: make(chan End, 1), ended: make(chan struct{})}
	on, err := c.lend(ctx, l.text)
	if err != nil {
		return Loan{}, err
	}
	c.settle(Superseded)
	l.on, c.now = on, l
	go func() {
		defer crash.Guard()
		c.watch(l)
	}()
	return Loan{For: l.after, End: l.end, Reach: c.sys.reach()}, nil
}

// Clear takes back what is lent, if it is still there, before the program
// goes. It waits no longer than ctx allows, and does nothing without a loan.
func (c *Clipboard) Clear(ctx context.Context) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.release()
	return c.takeBack(ctx)
}

// watch ends l when its time is up or when it was replaced, and wipes our copy
// of the text once nobody can ask for it any more.
func (c *Clipboard) watch(l *loan) {
	var up <-chan time.Time
	if l.after > 0 {
		up = time.After(l.after)
	}
	select {
	case <-up:
		c.expire(l)
	case <-l.on.gone():
		c.replaced(l)
	case <-l.ended:
	}
	<-l.on.gone()
	clear(l.text)
}

func (c *Clipboard) expire(l *loan) {
	c.turn <- struct{}{}
	defer c.release()
	if c.now != l {
		return
	}
	_ = c.takeBack(context.Background()) // said as NotCleared
}

// replaced tells a foreign copy from our own next one: that one holds the turn
// until it has settled l.
func (c *Clipboard) replaced(l *loan) {
	c.turn <- struct{}{}
	defer c.release()
	if c.now == l {
		c.settle(Replaced)
	}
}

// takeBack empties the clipboard if the loan is still on it, waiting for the
// system only so long. The caller holds the turn.
func (c *Clipboard) takeBack(ctx context.Context) error {
	l := c.now
	if l == nil {
		return nil
	}
	was, err := within(ctx, l.on.release, func(bool) {})
	switch {
	case err != nil:
		c.settle(NotCleared)
		return err
	case was:
		c.settle(Cleared)
	default:
		c.settle(Replaced)
	}
	return nil
}

// settle ends the current loan, if there is one. The caller holds the turn.
func (c *Clipboard) settle(how End) {
	if c.now == nil {
		return
	}
	c.now.end <- how
	close(c.now.ended)
	c.now = nil
}

// lend waits for the system only so long. A copy that comes through later is
// undone: the caller has been told that it failed.
func (c *Clipboard) lend(ctx context.Context, text []byte) (held, error) {
	lend := func() (held, error) { return c.sys.lend(text) }
	return within(ctx, lend, func(late held) { _, _ = late.release() })
}

// within does something that cannot be interrupted, but waits no longer than
// ctx and our patience allow. What succeeds later goes to late.
func within[T any](ctx context.Context, do func() (T, error), late func(T)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrUnavailable)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer crash.Guard()
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			defer crash.Guard()
			if r := <-done; r.err == nil {
				late(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

func (c *Clipboard) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Clipboard) release() { <-c.turn }
