// Package single keeps Keyfob from running twice on the same data: the first
// listens on a socket beside the data, a second one finds it answering, asks
// it to come to the front, and ends.
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
)

// ErrRunning says that another Keyfob has the data; it was asked to raise its window.
var ErrRunning = errors.New("the program is already running; its window was brought to the front")

const (
	file     = "keyfob.sock"
	raise    = "raise\n"
	patience = 2 * time.Second
)

// Lock is held while the program runs.
type Lock struct {
	listener net.Listener
	raise    atomic.Pointer[func()]
}

// Acquire takes the lock of dir, or answers ErrRunning. A socket that a crash
// left behind is replaced.
func Acquire(ctx context.Context, dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made, check its permissions: %w", err)
	}
	path := filepath.Join(dir, file)
	if answered(ctx, path) {
		return nil, ErrRunning
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing a stale lock: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("the data directory cannot be written to, check its permissions: %w", err)
	}
	l := &Lock{listener: listener}
	go l.serve()
	return l, nil
}

// OnRaise sets what happens when a second start asks for the window.
func (l *Lock) OnRaise(do func()) { l.raise.Store(&do) }

// Release gives the lock back.
func (l *Lock) Release() { _ = l.listener.Close() } // the file goes with it; a failure leaves a stale one, which Acquire replaces

func (l *Lock) serve() {
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.answer(c)
	}
}

func (l *Lock) answer(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	got := make([]byte, len(raise))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != raise {
		return
	}
	if do := l.raise.Load(); do != nil {
		(*do)()
	}
	_, _ = c.Write([]byte("ok\n"))
}

// answered asks whoever listens at path to raise its window.
func answered(ctx context.Context, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	_, err = c.Write([]byte(raise))
	return err == nil
}
