package connect

import (
	"context"
	"maps"
	"slices"
)

// End ends at their servers the sign-ins that are in memory only, as the program
// ends: nobody would ever hold them again.
func (c *Connector) End(ctx context.Context) {
	c.mu.Lock()
	accounts := slices.Collect(maps.Values(c.accounts))
	c.mu.Unlock()
	ended := make([]<-chan bool, len(accounts))
	for i, a := range accounts {
		ended[i] = a.session.EndUnkept(ctx)
	}
	for i, a := range accounts {
		select {
		case yes := <-ended[i]:
			if yes {
				c.setRevoked(a.snapshot().Key(), true)
			}
		case <-ctx.Done(): // some wait for a renewal
			return
		}
	}
}

// setRevoked may fail: then a removal says that its end is lost.
func (c *Connector) setRevoked(key string, on bool) {
	_ = c.edit(func(l *list) error {
		s, err := l.find(key)
		if err == nil {
			s.Revoked = on
		}
		return err
	})
}
