package connect

import (
	"context"
	"errors"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// Remove signs a connection out at its server, deletes its credential and
// forgets it. What was not confirmed is a client.SignOutError; it is noted,
// without the credential, for Finish.
func (c *Connector) Remove(ctx context.Context, s Saved) error {
	err := c.signOut(ctx, s)
	forgotten := c.edit(func(l *list) error {
		if err != nil && !isLost(err) {
			l.leave(s, isRevoked(err))
		}
		if gone := l.remove(s.Key()); !errors.Is(gone, client.ErrNotFound) {
			return gone
		}
		return nil
	})
	return errors.Join(err, forgotten)
}

func (c *Connector) signOut(ctx context.Context, s Saved) error {
	a := c.kept(s.Key())
	c.drop(s.Key())
	if a != nil && a.session.Identity().Subject != "" && !a.session.Dropped() {
		return signOutError(ctx, a.session.SignOut(ctx))
	}
	if s.BuiltIn {
		if _, err := c.cfg.BuiltIn.Start(ctx); err != nil {
			return &client.SignOutError{Revoke: err}
		}
	}
	http, err := c.client(s)
	if err != nil {
		return err
	}
	kept := session.New(c.session(s, http))
	err = kept.Resume(ctx, s.Subject)
	left, unfinished := errors.AsType[*client.SignOutError](err)
	gone := errors.Is(err, credentials.ErrNotFound) || nowhere(ctx, err)
	switch {
	case unfinished:
		return signOutError(ctx, left)
	case errors.Is(err, session.ErrSignedOut):
		return nil
	case gone && (s.Revoked || s.Way == Token):
		return nil // the server knows already, or has nothing to end
	case gone:
		return &client.SignOutError{Revoke: err, Lost: true}
	case kept.Identity().Subject == "": // the keyring does not say, so neither half is done
		return signOutError(ctx, &client.SignOutError{Revoke: keyringError(ctx, err), Delete: err})
	}
	return signOutError(ctx, kept.SignOut(ctx))
}

// isRevoked reports whether the server has confirmed a sign-out that failed
// otherwise.
func isRevoked(err error) bool {
	e, ok := errors.AsType[*client.SignOutError](err)
	return ok && e.Revoke == nil
}

// nowhere reports whether err says that there is no place at all where a
// credential could still be: it was in memory, and the program has quit since.
func nowhere(ctx context.Context, err error) bool {
	return errors.Is(err, credentials.ErrUnavailable) && !errors.Is(err, credentials.ErrLocked) && credentials.Probe(ctx) != nil
}

func isLost(err error) bool {
	e, ok := errors.AsType[*client.SignOutError](err)
	return ok && e.Lost
}

// signOutError gives the keyring's part of err its meaning.
func signOutError(ctx context.Context, err error) error {
	e, ok := errors.AsType[*client.SignOutError](err)
	if !ok {
		return err
	}
	return &client.SignOutError{Revoke: e.Revoke, Delete: keyringError(ctx, e.Delete), Pending: e.Pending}
}

// Leaving answers the connections that were removed and whose sign-out is not
// yet confirmed.
func (c *Connector) Leaving() []Saved {
	l, err := c.read()
	if err != nil {
		return nil
	}
	return l.Leaving
}

// Finish does what earlier runs left undone: sign-outs that were not
// confirmed, sign-ins that nobody lived to keep. Nil says that nothing is left;
// Leaving has what is. Lost are those that can no longer be ended at the server.
// It asks no server that nothing is left at, and no keyring that would put up a
// prompt.
func (c *Connector) Finish(ctx context.Context) (lost []Saved, failed error) {
	l, err := c.read()
	if err != nil {
		return nil, nil //nolint:nilerr // of a list that cannot be read nobody is known to be left
	}
	ctx = credentials.Unasked(ctx)
	for _, s := range l.Leaving { // first: session.Finish deletes what says that they are ended
		gone, err := c.finish(ctx, s)
		if gone {
			lost = append(lost, s)
		}
		failed = errors.Join(failed, err)
	}
	for issuer, s := range byIssuer(l) {
		if c.signingIn(issuer) {
			continue // which ends itself what an earlier one left
		}
		http, err := c.client(s[0])
		if err == nil {
			err = session.Finish(ctx, c.session(s[0], http), subjects(s)...)
		}
		if err == nil || nowhere(ctx, err) {
			err = c.decide(issuer)
		}
		failed = errors.Join(failed, err)
	}
	return lost, failed
}

// finish tries again to sign s out, unless it was added anew meanwhile.
func (c *Connector) finish(ctx context.Context, s Saved) (lost bool, err error) {
	if l, err := c.read(); err != nil || l.index(s.Key()) >= 0 {
		return false, nil //nolint:nilerr // as in Finish
	}
	err = c.signOut(ctx, s)
	lost = isLost(err)
	if err != nil && !lost {
		return false, errors.Join(err, c.noteRevoked(s, err))
	}
	return lost, c.edit(func(l *list) error {
		l.stay(s.Key())
		return nil
	})
}

// noteRevoked notes what of the sign-out of s has been confirmed meanwhile.
func (c *Connector) noteRevoked(s Saved, err error) error {
	if s.Revoked || !isRevoked(err) {
		return nil
	}
	return c.edit(func(l *list) error {
		l.leave(s, true)
		return nil
	})
}

func byIssuer(l list) map[string][]Saved {
	out := map[string][]Saved{}
	for _, all := range [][]Saved{l.Connections, l.Leaving, l.Pending} {
		for _, s := range all {
			if s.Issuer != "" {
				out[s.Issuer] = append(out[s.Issuer], s)
			}
		}
	}
	return out
}

func subjects(all []Saved) []string {
	var out []string
	for _, s := range all {
		if s.Subject != "" { // else only begun
			out = append(out, s.Subject)
		}
	}
	return out
}
