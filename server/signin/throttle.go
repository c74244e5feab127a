package signin

import (
	"sync"
	"time"

	"keyfob/server/limit"
)

// How fast passwords may be tried. A wrong one costs its next tries time, and
// never locks anybody out: other networks are not concerned by what one does,
// and all of them together are slowed, but served.
const (
	freeTries  = 5               // of one login from one network, at once
	tryEvery   = 2 * time.Second // after that
	longest    = 8 * time.Second // that a try waits; beyond, it is told to come back
	freeWorld  = 30              // of one login from everywhere, at once
	worldEvery = time.Second     // after that
	worldDelay = 2 * time.Second // for each try above that
	maxKeys    = 20_000          // some megabytes
)

// throttle slows the guessing of passwords. It is in memory: a restart
// forgives, which is no attacker's to cause.
type throttle struct {
	mu    sync.Mutex // a try is one with respect to the other
	local *limit.Keyed[place]
	world *limit.Keyed[string]
}

type place struct{ login, network string }

func newThrottle() *throttle {
	return &throttle{
		local: limit.New[place](tryEvery, freeTries, maxKeys),
		world: limit.New[string](worldEvery, freeWorld, maxKeys),
	}
}

// admit says how long a try must wait, or, if ok is false, after how long to
// try again.
func (t *throttle) admit(login, network string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := t.local.Of(place{login, network}).ReserveN(now, 1)
	wait = turn.DelayFrom(now)
	if wait > longest {
		turn.CancelAt(now)
		return longest, false
	}
	if !t.world.Of(login).AllowN(now, 1) {
		wait = max(wait, worldDelay)
	}
	return wait, true
}

// forgive forgets the tries from one network, after the right password.
func (t *throttle) forgive(login, network string) { t.local.Forget(place{login, network}) }
