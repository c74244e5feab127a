package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"keyfob/server/limit"
	"keyfob/server/store"
)

// Why a sign-in ended, as the change log has it.
const (
	bySignOut    = "signed out"
	byCodeTwice  = "authorization code used twice"
	byTokenTwice = "refresh token used twice"

	byDeviceTwice = "device code used twice"
	byNobody      = "never used"
)

// record writes the change log's row of something that was done to a user's
// sign-in. Nothing that was typed is in it, nor a token.
func record(ctx context.Context, tx *store.Tx, at time.Time, actor, action, userID string, detail map[string]any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("signin: writing the change log: %w", err)
	}
	return tx.InsertEvent(ctx, store.Event{At: at, ActorID: actor, Action: action, ObjectID: userID, Detail: string(text)})
}

// end ends a sign-in for a reason, and says so in the change log. One that has
// ended, or is not there, stays as it is.
func (p *Provider) end(ctx context.Context, tx *store.Tx, id, why string) error {
	s, err := tx.SignIn(ctx, id)
	if err != nil || !s.EndedAt.IsZero() {
		return absent(err)
	}
	now, action, actor := p.now(), "signin.ended", s.UserID
	if why != bySignOut {
		action, actor = "signin.revoked", store.ActorServer
	}
	return errors.Join(
		tx.EndSignIn(ctx, id, now),
		record(ctx, tx, now, actor, action, s.UserID, map[string]any{"signIn": id, "reason": why}))
}

// How many refused passwords go into the change log. The rest is counted, so
// that whoever guesses cannot fill the disk.
const (
	refusedFree  = 5 // for one login, at once
	refusedEvery = time.Minute
	refusedWorld = 60 // for all together, at once, and one each second
)

// refusals bounds the events of refused passwords. A login that does not exist
// counts like any other, so that the time which the row takes tells nothing.
type refusals struct {
	mu      sync.Mutex
	logins  *limit.Keyed[string]
	world   *rate.Limiter
	omitted int
}

func newRefusals() *refusals {
	return &refusals{logins: limit.New[string](refusedEvery, refusedFree, maxKeys), world: rate.NewLimiter(rate.Every(time.Second), refusedWorld)}
}

// admit reports whether one more is to be recorded, and how many were not
// since the last one that was.
func (r *refusals) admit(login string, now time.Time) (omitted int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.logins.Of(login).AllowN(now, 1) || !r.world.AllowN(now, 1) {
		r.omitted++
		return 0, false
	}
	omitted, r.omitted = r.omitted, 0
	return omitted, true
}

// refused records that a password was wrong. The login as it was typed is left
// out: people type their password there. The object is the user whose login it
// is, if there is one. That the row could not be written changes no answer.
func (p *Provider) refused(ctx context.Context, user store.User, login, from string) {
	omitted, ok := p.refusals.admit(login, p.now())
	if !ok {
		return
	}
	detail := map[string]any{"from": from}
	if omitted > 0 {
		detail["omitted"] = omitted
	}
	err := p.store.Write(ctx, func(tx *store.Tx) error {
		return record(ctx, tx, p.now(), store.ActorUnknown, "signin.refused", user.ID, detail)
	})
	if err != nil {
		p.fail(ctx, "recording a refused password", err)
	}
}
