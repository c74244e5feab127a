package credentials

import (
	"context"
	"sync"
	"time"

	"keyfob/client"
)

// Noticeable is how long a keyring may take before the person is told that it
// is waited for: it may want a password.
const Noticeable = time.Second

// Watch is a Store in front of another one that says when a call waits, and
// lets the person give it up.
type Watch struct {
	store Store

	mu      sync.Mutex
	calls   map[*watched]struct{}
	changed func()
}

// watched is one call under way.
type watched struct {
	giveUp context.CancelCauseFunc
	waits  bool
}

// NewWatch watches store.
func NewWatch(store Store) *Watch {
	return &Watch{store: store, calls: map[*watched]struct{}{}, changed: func() {}}
}

// OnWait sets what is called, on any goroutine, when Waiting may have changed.
func (w *Watch) OnWait(changed func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed = changed
}

// Waiting reports whether a call has been waiting for longer than Noticeable.
func (w *Watch) Waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.calls {
		if c.waits {
			return true
		}
	}
	return false
}

// GiveUp ends all calls that wait: they fail with ErrDismissed.
func (w *Watch) GiveUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.calls {
		c.giveUp(ErrDismissed)
	}
}

// Get is Store's.
func (w *Watch) Get(ctx context.Context, key string) (s client.Secret, err error) {
	err = w.watch(ctx, func(ctx context.Context) (err error) {
		s, err = w.store.Get(ctx, key)
		return err
	})
	return s, err
}

// Set is Store's.
func (w *Watch) Set(ctx context.Context, key string, s client.Secret) error {
	return w.watch(ctx, func(ctx context.Context) error { return w.store.Set(ctx, key, s) })
}

// Delete is Store's.
func (w *Watch) Delete(ctx context.Context, key string) error {
	return w.watch(ctx, func(ctx context.Context) error { return w.store.Delete(ctx, key) })
}

func (w *Watch) watch(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &watched{giveUp: cancel}
	w.mu.Lock()
	w.calls[c] = struct{}{}
	w.mu.Unlock()
	timer := time.AfterFunc(Noticeable, func() { w.late(c) })
	defer timer.Stop()
	defer w.over(c)
	return call(ctx)
}

// late notes that c waits, unless it is over.
func (w *Watch) late(c *watched) {
	w.mu.Lock()
	_, on := w.calls[c]
	c.waits = on
	changed := w.changed
	w.mu.Unlock()
	if on {
		changed()
	}
}

func (w *Watch) over(c *watched) {
	w.mu.Lock()
	delete(w.calls, c)
	changed := w.changed
	w.mu.Unlock()
	if c.waits {
		changed()
	}
}
