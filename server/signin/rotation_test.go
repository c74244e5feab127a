package signin

import (
	"errors"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"pgregory.net/rapid"

	"keyfob/server/store"
)

// line is the model of one sign-in's refresh tokens: the last is current.
type line struct {
	tokens   []string
	issued   []time.Time // and the one before was used then
	deadline time.Time
	over     bool
}

// refresh says whether token number i is answered at now. A reuse ends all;
// what has expired is as if it had never been.
func (l *line) refresh(i int, now time.Time) (granted bool) {
	last := len(l.tokens) - 1
	switch {
	case l.over, !now.Before(l.deadline), !now.Before(l.issued[i].Add(refreshLife)):
		return false
	case i == last, i == last-1 && now.Sub(l.issued[last]) <= graceLife:
		return true
	}
	l.over = true
	return false
}

// add is the model's side of a current token that was answered.
func (l *line) add(token string, now time.Time) {
	l.tokens, l.issued = append(l.tokens, token), append(l.issued, now)
}

// security 24: whatever is presented whenever, the server and a plain model
// agree on what is answered, with which token, and when the sign-in is over.
func TestRefreshTokensFollowThePlainModel(t *testing.T) {
	p := newProvider(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	p.clock = func() time.Time { return now }
	ctx, s := t.Context(), &storage{p}
	err := p.store.Write(ctx, func(tx *store.Tx) error {
		return tx.InsertUser(ctx, store.User{ID: "u", Login: "u", IsActive: true, CreatedAt: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	present := func(token string) (string, error) {
		r, err := s.TokenRequestByRefreshToken(ctx, token)
		if err != nil {
			return "", err
		}
		_, next, _, err := s.CreateAccessAndRefreshTokens(ctx, r, token)
		return next, err
	}
	rapid.Check(t, func(t *rapid.T) {
		first, err := p.SignInLocally(ctx, "u")
		if err != nil {
			t.Fatal(err)
		}
		l := &line{deadline: now.Add(signInLife)}
		l.add(first, now)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{
				0, time.Second, graceLife, graceLife + time.Millisecond, refreshLife - time.Millisecond, refreshLife,
			}).Draw(t, "later"))
			last := len(l.tokens) - 1
			i := max(0, last-rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "back"))
			granted := l.refresh(i, now)
			next, err := present(l.tokens[i])
			if granted != (err == nil) || err != nil && !errors.Is(err, oidc.ErrInvalidGrant()) {
				t.Fatalf("token %d of %d: %v, want granted = %v", i, last, err, granted)
			}
			switch {
			case granted && i == last:
				l.add(next, now)
			case granted && next != l.tokens[last]:
				t.Fatal("the second answer is another token than the first")
			}
		}
	})
}
