package connect

import (
	"context"

	"keyfob/client/session"
)

// begin signs a in at a server that may be new. That is written down before:
// the session's own note is in the keyring, under a name that is not known
// without the issuer.
func (c *Connector) begin(ctx context.Context, a *account, p Part) (session.Identity, error) {
	s := a.snapshot()
	c.count(s.Issuer, 1)
	defer c.count(s.Issuer, -1)
	_ = c.edit(func(l *list) error { // that it fails stops no sign-in
		l.begin(s)
		return nil
	})
	who, err := a.signIn(ctx, p)
	if err != nil && !a.session.LeftOver() {
		_ = c.edit(func(l *list) error {
			l.decide(s.Issuer)
			return nil
		})
	}
	return who, err
}

func (c *Connector) count(issuer string, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun[issuer] += by
}

func (c *Connector) signingIn(issuer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun[issuer] > 0
}

// decide notes that nothing is left over at issuer, unless somebody signs in
// there now.
func (c *Connector) decide(issuer string) error {
	l, err := c.read()
	if err != nil || !l.pending(issuer) || c.signingIn(issuer) {
		return nil
	}
	return c.edit(func(l *list) error {
		l.decide(issuer)
		return nil
	})
}
