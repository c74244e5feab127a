package connect

import (
	"context"
	"errors"

	"keyfob/client"
)

// Lock drops from memory what signs the connection in. Its calls fail with
// client.ErrLocked until Unlock or SignInAgain.
func (c *Connection) Lock() { c.session.Lock() }

// Unlock fetches the credential from the keyring again; the built-in server
// gives another one if there it has none. Errors are those of Resume: after
// those that say that the server is not to be had the connection is unlocked
// all the same.
func (c *Connection) Unlock(ctx context.Context) error {
	err := keyringError(ctx, c.session.Unlock(ctx))
	if c.BuiltIn && (errors.Is(err, ErrNone) || errors.Is(err, client.ErrSignInExpired)) {
		return c.adopt(ctx)
	}
	return err
}
