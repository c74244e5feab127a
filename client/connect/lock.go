package connect

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"keyfob/client"
)

// lockPatience is how long Lock waits for renewals under way.
const lockPatience = 2 * time.Second

// Lock drops from memory what signs in, of all connections that are signed in
// or are being signed in. Their calls fail with client.ErrLocked until Unlock,
// Use or SignInAgain. What is being renewed for longer than lockPatience, by a
// server that does not answer, is dropped once that comes to its end.
func (c *Connector) Lock() {
	c.mu.Lock()
	c.locks++
	accounts := slices.Collect(maps.Values(c.accounts))
	c.mu.Unlock()
	var all []<-chan struct{}
	for _, a := range accounts {
		all = append(all, a.session.BeginLock())
	}
	late := time.After(lockPatience)
	for _, over := range all {
		select {
		case <-over:
		case <-late:
			return
		}
	}
}

// locked is how often it was locked, for keep.
func (c *Connector) locked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locks
}

// SignedIn is a connection that is signed in, whichever; nil if none is.
func (c *Connector) SignedIn() *Connection {
	c.mu.Lock()
	keys := slices.Sorted(maps.Keys(c.accounts))
	c.mu.Unlock()
	for _, key := range keys {
		if a := c.kept(key); a != nil {
			return a.connection()
		}
	}
	return nil
}

// Unlock fetches the credential from the keyring again; the built-in server
// gives another one if there it has none. Errors are those of Resume: after
// those that say that the server is not to be had the connection is unlocked
// all the same. An encrypted file that is locked is client.ErrFileLocked.
func (c *Connection) Unlock(ctx context.Context) error {
	err := keyringError(ctx, c.account.session.Unlock(ctx))
	if errors.Is(err, client.ErrFileLocked) {
		return err
	}
	if c.BuiltIn && (errors.Is(err, ErrNone) || errors.Is(err, client.ErrSignInExpired)) {
		return c.account.adopt(ctx)
	}
	return err
}
