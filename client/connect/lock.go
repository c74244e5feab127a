package connect

import (
	"context"
	"errors"
	"maps"
	"slices"

	"keyfob/client"
)

// Lock drops from memory what signs in, of this connection and of all that were
// in use before it. Their calls fail with client.ErrLocked until Unlock, Use or
// SignInAgain.
func (c *Connection) Lock() {
	owner := c.account.owner
	owner.mu.Lock()
	accounts := slices.Collect(maps.Values(owner.accounts))
	owner.mu.Unlock()
	for _, a := range accounts {
		a.session.Lock()
	}
}

// Unlock fetches the credential from the keyring again; the built-in server
// gives another one if there it has none. Errors are those of Resume: after
// those that say that the server is not to be had the connection is unlocked
// all the same.
func (c *Connection) Unlock(ctx context.Context) error {
	err := keyringError(ctx, c.account.session.Unlock(ctx))
	if c.BuiltIn && (errors.Is(err, ErrNone) || errors.Is(err, client.ErrSignInExpired)) {
		return c.account.adopt(ctx)
	}
	return err
}
