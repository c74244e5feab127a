package connect

import (
	"context"
	"maps"
	"slices"
	"sync"

	"keyfob/internal/crash"
)

// End ends at their servers the sign-ins that are in memory only, as the program
// ends: nobody would ever hold them again.
func (c *Connector) End(ctx context.Context) {
	c.mu.Lock()
	accounts := slices.Collect(maps.Values(c.accounts))
	c.mu.Unlock()
	var all sync.WaitGroup
	for _, a := range accounts {
		all.Go(func() {
			defer crash.Guard()
			c.end(ctx, a)
		})
	}
	over := make(chan struct{})
	go func() {
		defer crash.Guard()
		all.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done(): // some wait for a renewal
	}
}

func (c *Connector) end(ctx context.Context, a *account) {
	if !a.session.EndUnkept(ctx) {
		return
	}
	_ = c.edit(func(l *list) error { // else it is said to be lost when it is removed
		s, err := l.find(a.snapshot().Key())
		if err == nil {
			s.Revoked = true
		}
		return err
	})
}

// lives notes of a connection that End has ended that it is signed in again.
func (c *Connector) lives(key string) {
	l, err := c.read()
	if err != nil {
		return
	}
	if s, err := l.find(key); err != nil || !s.Revoked {
		return
	}
	_ = c.edit(func(l *list) error { // else it is noted so in memory
		s, err := l.find(key)
		if err == nil {
			s.Revoked = false
		}
		return err
	})
}
