// Package single keeps Keyfob from running twice for the same person. The first
// holds a lock in the configuration directory, which the operating system lets
// go of when the program ends, and listens on a socket beside it. A second one
// finds the lock taken, asks over the socket for the window, and ends. A
// directory that takes no lock, or no socket, does not keep the program from
// starting.
package single

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"keyfob/internal/crash"
	"keyfob/internal/filelock"
)

// ErrRunning says that another Keyfob runs for this person.
var ErrRunning = errors.New("the program is already running")

const (
	raise    = "raise\n"
	raised   = "keyfob raised\n"
	patience = 2 * time.Second
	pause    = 50 * time.Millisecond
)

// Lock is held while the program runs.
type Lock struct {
	held     *os.File     // nil where dir takes no lock
	listener net.Listener // nil where there can be no socket
	raise    atomic.Pointer[func()]
}

// Acquire takes the lock of dir, or asks the program that has it to raise its
// window and answers ErrRunning. One that has only just started, or is about to
// end, gets a moment.
func Acquire(ctx context.Context, dir string) (*Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = os.MkdirAll(dir, 0o700) // if it fails, so does taking the lock
	socket := filepath.Join(dir, "keyfob.sock")
	for {
		held, err := filelock.Take(filepath.Join(dir, "lock"))
		switch {
		case err == nil:
			return begin(ctx, held, socket), nil
		case asked(ctx, socket):
			return nil, fmt.Errorf("%w; its window was brought to the front", ErrRunning)
		case !errors.Is(err, filelock.ErrTaken):
			return begin(ctx, nil, socket), nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w, but does not answer; look for its window, or end it and start again", ErrRunning)
		case <-time.After(pause):
		}
	}
}

// begin listens for further starts, as far as the system lets it.
func begin(ctx context.Context, held *os.File, socket string) *Lock {
	l := &Lock{held: held}
	_ = os.Remove(socket) // nobody answers there: a crash left it
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return l
	}
	l.listener = listener
	go l.serve()
	return l
}

// OnRaise sets what happens when a second start asks for the window.
func (l *Lock) OnRaise(do func()) { l.raise.Store(&do) }

// Release gives the lock back.
func (l *Lock) Release() {
	if l.listener != nil {
		_ = l.listener.Close() // the socket goes with it, or the next start removes it
	}
	if l.held != nil {
		_ = l.held.Close() // nothing was written to it
	}
}

func (l *Lock) serve() {
	defer crash.Guard()
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.answer(c)
	}
}

func (l *Lock) answer(c net.Conn) {
	defer crash.Guard()
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	if !reads(c, raise) {
		return
	}
	if do := l.raise.Load(); do != nil {
		(*do)()
	}
	_, _ = io.WriteString(c, raised)
}

// asked says whether a Keyfob listens at socket and was asked to raise its window.
func asked(ctx context.Context, socket string) bool {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, raise); err != nil {
		return false
	}
	return reads(c, raised)
}

func reads(c net.Conn, want string) bool {
	got := make([]byte, len(want))
	_, err := io.ReadFull(c, got)
	return err == nil && string(got) == want
}
