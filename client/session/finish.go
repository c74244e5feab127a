package session

import (
	"context"
	"errors"
	"slices"

	"keyfob/client/credentials"
)

// Finish does what earlier runs left undone at cfg.Issuer: sign-outs that the
// server had not confirmed, and a sign-in that the program did not live to
// keep. Subjects are the accounts that are remembered there, those included
// whose sign-out is pending. Nil says that nothing is left; else it can be
// called again. Call it at start, before anybody signs in there, and for each
// issuer at which a sign-in was begun: who remembers accounts remembers that
// before SignIn. It touches no sign-in that is good.
func Finish(ctx context.Context, cfg Config, subjects ...string) error {
	s := New(cfg)
	err := s.finishAttempts(ctx, subjects)
	for _, subject := range subjects {
		c, e := s.stored(ctx, subject)
		if e == nil && !c.live() {
			e = s.finishSignOut(ctx, c)
		}
		err = errors.Join(err, present(e))
	}
	return err
}

// present drops ErrNotFound: nothing there is nothing left.
func present(err error) error {
	if errors.Is(err, credentials.ErrNotFound) {
		return nil
	}
	return err
}

// finishAttempts begins with those that another one shadows, which goes last.
func (s *Session) finishAttempts(ctx context.Context, subjects []string) error {
	shadowed := s.shadowedAttempts(ctx)
	if slices.ContainsFunc(shadowed, func(a attempt) bool { return a.Run == thisRun }) {
		return nil // somebody signs in
	}
	for _, a := range shadowed {
		if err := s.finishAttempt(ctx, a, subjects); err != nil {
			return err
		}
	}
	if len(shadowed) > 0 {
		if err := s.dropOthers(ctx, attemptKey(s.cfg.Issuer)); err != nil {
			return err
		}
	}
	a, err := s.attempted(ctx)
	if err != nil {
		return present(err)
	}
	return s.finishAttempt(ctx, a, subjects)
}

func (s *Session) finishAttempt(ctx context.Context, a attempt, subjects []string) error {
	if a.Run == thisRun {
		return nil
	}
	kept := false
	for _, subject := range subjects {
		c, err := s.stored(ctx, subject)
		if err := present(err); err != nil {
			return err // it may be the one that was kept
		}
		kept = kept || err == nil && c.Attempt == a.ID
	}
	switch {
	case kept:
		s.forget(ctx, a)
		return nil
	case a.Subject != "":
		return s.endUnremembered(ctx, a)
	}
	return s.undo(ctx, a)
}

// endUnremembered ends a sign-in whose credential was stored, but whose
// account nobody got to remember.
func (s *Session) endUnremembered(ctx context.Context, a attempt) error {
	c, err := s.stored(ctx, a.Subject)
	switch {
	case err != nil:
	case !c.live():
		err = s.finishSignOut(ctx, c)
	case c.Attempt == a.ID:
		s.recall(c)
		err = s.SignOut(ctx)
	}
	if err = present(err); err != nil {
		return err
	}
	s.forget(ctx, a)
	return nil
}
