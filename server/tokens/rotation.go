package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyfob/server/store"
)

// Refusals of a change of peppers that callers match.
var (
	ErrNoSuchPepper = errors.New("tokens: there is no such pepper")
	ErrPepperBusy   = errors.New("tokens: another pepper is on its way")
	ErrPepperHere   = errors.New("tokens: the pepper is not here")
	ErrPepperState  = errors.New("tokens: the pepper is not in that state")
)

// LackingError names the servers that do not hold a pepper.
type LackingError struct{ Servers []string }

func (e *LackingError) Error() string {
	return "tokens: it is not at " + strings.Join(e.Servers, ", ")
}

// NeededError says what works only by a pepper.
type NeededError struct{ store.PepperUse }

func (e *NeededError) Error() string {
	return fmt.Sprintf("tokens: %d tokens, %d client secrets, %d exchanged tokens and %d kept replies need it", e.Tokens, e.Secrets, e.Exchanged, e.Replies)
}

// KnownPepper is a pepper with what is kept under it.
type KnownPepper struct {
	ID    string    `json:"id"`
	State string    `json:"state"`
	Since time.Time `json:"since"`
	Here  bool      `json:"here"` // its file, or what is in memory

	Tokens    int `json:"tokens"`
	Ended     int `json:"endedTokens"`
	Secrets   int `json:"clientSecrets"`
	Exchanged int `json:"exchangedTokens"`
	Replies   int `json:"keptReplies"`
}

// KnownPeppers are all that there are and were. It reads all tokens.
func (s *Service) KnownPeppers(ctx context.Context) ([]KnownPepper, error) {
	rows, err := s.Store.Peppers(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]KnownPepper, len(rows))
	for i, r := range rows {
		u, err := s.Store.UsesOfPepper(ctx, r.ID, s.now())
		if err != nil {
			return nil, err
		}
		out[i] = KnownPepper{
			ID: r.ID, State: r.State, Since: r.Since, Here: s.peppers.Load().of(r.ID) != nil,
			Tokens: u.Tokens, Ended: u.Ended, Secrets: u.Secrets, Exchanged: u.Exchanged, Replies: u.Replies,
		}
	}
	return out, nil
}

// AddPepper notes a pepper that is new, so that the servers look for it. Nothing
// is made under it yet.
func (s *Service) AddPepper(ctx context.Context, c Caller, id string) error {
	return s.changePeppers(ctx, c, func(tx *store.Tx, rows []store.Pepper) error {
		for _, r := range rows {
			if r.ID == id {
				return ErrPepperState
			}
			if r.State == store.PepperNew || r.State == store.PepperOld {
				return ErrPepperBusy
			}
		}
		now := s.now()
		return errors.Join(tx.ForgetHolders(ctx), tx.SetPepper(ctx, store.Pepper{ID: id, State: store.PepperNew, Since: now}),
			record(ctx, tx, now, c.User.ID, "pepper.made", id, nil))
	})
}

// UsePepper makes the new pepper the current one, once every server that runs
// holds it: it waits until each must have told. Whichever server is asked then,
// what any of them made verifies.
func (s *Service) UsePepper(ctx context.Context, c Caller, id string) error {
	if err := s.waitForHolders(ctx, id); err != nil {
		return err
	}
	return s.changePeppers(ctx, c, func(tx *store.Tx, rows []store.Pepper) error {
		state, err := stateOf(rows, id)
		if err != nil || state != store.PepperNew {
			return errors.Join(err, ErrPepperState)
		}
		now := s.now()
		for _, r := range rows {
			if r.State == store.PepperCurrent {
				err = errors.Join(tx.SetPepper(ctx, store.Pepper{ID: r.ID, State: store.PepperOld, Since: now}),
					record(ctx, tx, now, c.User.ID, "pepper.used", id, map[string]any{"insteadOf": r.ID}))
			}
		}
		return errors.Join(err, tx.SetPepper(ctx, store.Pepper{ID: id, State: store.PepperCurrent, Since: now}), tx.ForgetHolders(ctx))
	})
}

// waitForHolders answers a *LackingError for servers that run and lack a pepper.
// No clock is compared: who tells again meanwhile is running.
func (s *Service) waitForHolders(ctx context.Context, id string) error {
	rows, err := s.Store.Peppers(ctx)
	if err != nil {
		return err
	}
	state, err := stateOf(rows, id)
	switch {
	case err != nil:
		return err
	case state != store.PepperNew:
		return ErrPepperState
	case s.peppers.Load().of(id) == nil:
		return ErrPepperHere
	}
	before, err := s.Store.Holders(ctx)
	if err != nil {
		return err
	}
	if err := s.pepperWait(ctx); err != nil {
		return err
	}
	after, err := s.Store.Holders(ctx)
	if err != nil {
		return err
	}
	var lacking []string
	for _, h := range after {
		silent := slices.ContainsFunc(before, func(b store.Holder) bool { return b.ServerID == h.ServerID && b.Beat == h.Beat })
		if !silent && !slices.Contains(h.Holds, id) {
			lacking = append(lacking, h.Name)
		}
	}
	if lacking != nil {
		return &LackingError{lacking}
	}
	return nil
}

// waitForTells is long enough for servers that tell every pepperEvery.
func waitForTells(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(4 * pepperEvery):
		return nil
	}
}

// RetirePepper ends an old pepper, or a new one that is not wanted. While
// anything works only by it, that is a *NeededError; by force, it is revoked
// first, each token with its row in the change log.
func (s *Service) RetirePepper(ctx context.Context, c Caller, id string, force bool) (store.PepperUse, error) {
	if err := administrator(c); err != nil {
		return store.PepperUse{}, err
	}
	if force {
		if err := s.revokeUnder(ctx, c, id); err != nil {
			return store.PepperUse{}, err
		}
	}
	had, err := s.Store.UsesOfPepper(ctx, id, s.now()) // which takes its time: before anybody waits for the change
	if err != nil {
		return had, err
	}
	err = s.changePeppers(ctx, c, func(tx *store.Tx, rows []store.Pepper) error {
		state, err := stateOf(rows, id)
		if err != nil || state != store.PepperOld && state != store.PepperNew {
			return errors.Join(err, ErrPepperState)
		}
		// First: it waits for those who are just keeping something under it.
		now := s.now()
		if err := tx.SetPepper(ctx, store.Pepper{ID: id, State: store.PepperRetired, Since: now}); err != nil {
			return err
		}
		stays, passes, err := tx.PepperNeeded(ctx, id, now)
		if err != nil {
			return err
		}
		if stays || !force && passes {
			return &NeededError{}
		}
		return record(ctx, tx, now, c.User.ID, "pepper.retired", id, map[string]any{"forced": force, "endedTokens": had.Ended})
	})
	if needed, ok := errors.AsType[*NeededError](err); ok {
		if had, err = s.Store.UsesOfPepper(ctx, id, s.now()); err != nil {
			return had, err
		}
		needed.PepperUse = had
		return had, needed
	}
	return had, err
}

// revokeUnder ends all that works only by an old pepper, in pieces that no
// other write waits long for.
func (s *Service) revokeUnder(ctx context.Context, c Caller, id string) error {
	rows, err := s.Store.Peppers(ctx)
	if err != nil {
		return err
	}
	if state, err := stateOf(rows, id); err != nil || state != store.PepperOld {
		return err
	}
	if err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.dropSecrets(ctx, tx, c, id) }); err != nil {
		return err
	}
	for last := ""; ; {
		ids, err := s.Store.LiveUnder(ctx, id, last, s.now(), 200)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
		err = s.Store.Write(ctx, func(tx *store.Tx) error {
			for _, token := range ids {
				if err := s.revokeUnderOne(ctx, tx, c, token, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (s *Service) revokeUnderOne(ctx context.Context, tx *store.Tx, c Caller, token, pepperID string) error {
	t, err := tx.TokenByID(ctx, token)
	if err != nil || t.PepperID != pepperID { // it was used meanwhile, and moved
		return err
	}
	now := s.now()
	ended, err := tx.RevokeToken(ctx, token, now, c.User.ID)
	if err != nil || !ended {
		return err
	}
	return record(ctx, tx, now, c.User.ID, "token.revoked", token, map[string]any{"pepper": pepperID})
}

// dropSecrets takes their client secrets from the apps that have them under a
// pepper.
func (s *Service) dropSecrets(ctx context.Context, tx *store.Tx, c Caller, pepperID string) error {
	ids, err := tx.SecretsUnder(ctx, pepperID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		a, err := tx.AppByID(ctx, id)
		if err != nil {
			return err
		}
		if a.SecretPepperID != pepperID {
			continue
		}
		a.SecretMAC, a.SecretPepperID = nil, ""
		if err := errors.Join(tx.UpdateApp(ctx, a), record(ctx, tx, s.now(), c.User.ID, "app.secret_removed", id, map[string]any{"pepper": pepperID})); err != nil {
			return err
		}
	}
	return nil
}

// changePeppers runs one change of peppers at a time, on any server.
func (s *Service) changePeppers(ctx context.Context, c Caller, change func(*store.Tx, []store.Pepper) error) error {
	if err := administrator(c); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Hold(ctx, "peppers"); err != nil {
			return err
		}
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		rows, err := tx.Peppers(ctx)
		if err != nil {
			return err
		}
		return change(tx, rows)
	})
}

func stateOf(rows []store.Pepper, id string) (string, error) {
	for _, r := range rows {
		if r.ID == id {
			return r.State, nil
		}
	}
	return "", ErrNoSuchPepper
}
