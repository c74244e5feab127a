package server_test

import (
	"crypto/rand"
	"encoding/json"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyfob/api"
)

// kept is a token that was acknowledged, as the model has it.
type kept struct {
	api.Issued
	ended bool
}

// jumper asks a server whose clock jumps, and counts what it finds.
type jumper struct {
	*house
	tokens                          []*kept
	lost, ghosts, revived, failures int
}

// The clock jumps, forward and backward, by seconds or by
// years. What was acknowledged is kept, what was revoked stays revoked whatever
// time it is, what has a time is worth something exactly within it, and the
// change log verifies. Nothing is to be done by hand.
func TestAClockThatJumps(t *testing.T) {
	h := newHouse(t)
	j := &jumper{house: h}
	dice := mathrand.New(mathrand.NewPCG(7, 8))
	jumps := []time.Duration{time.Second, -time.Second, 11 * time.Minute, -11 * time.Minute, 36 * time.Hour, -90 * time.Hour, 400 * 24 * time.Hour, -500 * 24 * time.Hour}
	breaks := 0
	for i := range clockJumps() {
		j.change(time.Duration(1+dice.IntN(72)) * time.Hour)
		h.clock.forward(jumps[i%len(jumps)] + time.Duration(dice.IntN(1000))*time.Millisecond)
		h.adaIn, h.bobIn = h.signIn(h.ada), h.signIn(h.bob) // what signed in may be over
		j.check()
		if !h.verified().OK {
			breaks++
		}
		h.get("/readyz", "").want(http.StatusOK)
		if len(j.tokens) > 60 {
			j.tokens = j.tokens[20:]
		}
	}
	t.Logf("clock jumps: runs %d, lost %d, ghosts %d, revived %d, chain breaks %d, 5xx %d", clockJumps(), j.lost, j.ghosts, j.revived, breaks, j.failures)
	if j.lost+j.ghosts+j.revived+breaks+j.failures > 0 {
		t.Error("not all is well")
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("it logged errors:\n%.2000s", h.log.String())
	}
}

// change makes tokens, with an end and without, rotates one and revokes one.
func (j *jumper) change(life time.Duration) {
	j.Helper()
	key := rand.Text() + rand.Text()
	end := j.clock.now().Add(life).Truncate(time.Second)
	first := j.create(key, &end)
	j.clock.forward(-time.Minute) // between an attempt and its repetition
	if again := j.create(key, &end); again.Secret != first.Secret {
		j.ghosts++
	}
	j.clock.forward(time.Minute)
	endless, rotated, revoked := j.create("", nil), j.create("", nil), j.create("", nil)
	next := j.issued(j.rotate(j.bobIn, "/profile/tokens/"+rotated.Token.ID, api.Rotation{}))
	j.call(http.MethodDelete, "/profile/tokens/"+revoked.Token.ID, j.bobIn, nil).want(http.StatusNoContent)
	j.tokens = append(j.tokens, &kept{Issued: first}, &kept{Issued: endless}, &kept{rotated, true}, &kept{revoked, true}, &kept{Issued: next})
	j.overlapping()
}

// overlapping rotates a token with an overlap and revokes the old one when that
// is over, by a clock that then goes back.
func (j *jumper) overlapping() {
	j.Helper()
	old := j.create("", nil)
	next := j.issued(j.rotate(j.bobIn, "/profile/tokens/"+old.Token.ID, api.Rotation{OverlapSeconds: 60}))
	j.clock.forward(2 * time.Minute)
	j.call(http.MethodDelete, "/profile/tokens/"+old.Token.ID, j.bobIn, nil).want(http.StatusNoContent)
	j.clock.forward(-2 * time.Minute)
	j.tokens = append(j.tokens, &kept{old, true}, &kept{Issued: next})
}

func (j *jumper) create(key string, end *time.Time) api.Issued {
	j.Helper()
	header := http.Header{"Authorization": {"Bearer " + j.bobIn}, "Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	text, err := json.Marshal(api.NewToken{AppID: j.open.ID, Scopes: []string{"read"}, ExpiresAt: end})
	j.must(err)
	return j.issued(j.send(http.MethodPost, "/profile/tokens", header, strings.NewReader(string(text))))
}

// check presents every secret.
func (j *jumper) check() {
	j.Helper()
	now := j.clock.now()
	for _, k := range j.tokens {
		r := j.get("/profile/me", k.Secret)
		works := r.status == http.StatusOK
		timely := k.Token.ExpiresAt == nil || now.Before(*k.Token.ExpiresAt)
		switch {
		case r.status >= 500 || r.status == http.StatusTooManyRequests:
			j.failures++
		case works && k.ended:
			j.revived++
		case works && !timely:
			j.ghosts++
		case !works && !k.ended && timely:
			j.lost++
		}
	}
}
