package signin

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
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
	mu    sync.Mutex
	local map[place]*rate.Limiter
	world map[string]*rate.Limiter
}

type place struct{ login, network string }

func newThrottle() *throttle {
	return &throttle{local: make(map[place]*rate.Limiter), world: make(map[string]*rate.Limiter)}
}

// admit says how long a try must wait, or, if ok is false, after how long to
// try again.
func (t *throttle) admit(login, network string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	here := limiter(t.local, place{login, network}, tryEvery, freeTries, now)
	turn := here.ReserveN(now, 1)
	wait = turn.DelayFrom(now)
	if wait > longest {
		turn.CancelAt(now)
		return longest, false
	}
	if !limiter(t.world, login, worldEvery, freeWorld, now).AllowN(now, 1) {
		wait = max(wait, worldDelay)
	}
	return wait, true
}

// forgive forgets the tries from one network, after the right password.
func (t *throttle) forgive(login, network string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.local, place{login, network})
}

// limiter is the one of key, made when it is missing.
func limiter[K comparable](of map[K]*rate.Limiter, key K, every time.Duration, burst int, now time.Time) *rate.Limiter {
	if l, ok := of[key]; ok {
		return l
	}
	if len(of) >= maxKeys {
		makeRoom(of, burst, now)
	}
	l := rate.NewLimiter(rate.Every(every), burst)
	of[key] = l
	return l
}

// makeRoom drops what has been at rest for long enough to be forgotten; if
// nothing has, any few, so that memory stays bounded under attack.
func makeRoom[K comparable](of map[K]*rate.Limiter, burst int, now time.Time) {
	for key, l := range of {
		if l.TokensAt(now) >= float64(burst) {
			delete(of, key)
		}
	}
	for key := range of {
		if len(of) < maxKeys-maxKeys/16 {
			return
		}
		delete(of, key)
	}
}
