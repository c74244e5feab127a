// Package limit keeps a rate limiter for each of very many keys, such as
// networks or logins, in bounded memory: when there are too many, those that
// were not asked for in the longest time are forgotten, as if they had never
// been limited.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keyed is a limiter for each key. It is safe for concurrent use.
type Keyed[K comparable] struct {
	every time.Duration
	burst int
	half  int

	mu sync.Mutex
	// Two generations come close to "least recently used" without a list: what
	// is asked for moves to the young; a full generation becomes the old one,
	// and the old one before it is forgotten.
	young, old map[K]*rate.Limiter
}

// New makes a Keyed that allows each key burst events at once, then one for
// every so long, and remembers at most that many keys.
func New[K comparable](every time.Duration, burst, most int) *Keyed[K] {
	return &Keyed[K]{every: every, burst: burst, half: max(1, most/2), young: make(map[K]*rate.Limiter)}
}

// Of is the limiter of key.
func (k *Keyed[K]) Of(key K) *rate.Limiter {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l, ok := k.young[key]; ok {
		return l
	}
	l, ok := k.old[key]
	if !ok {
		l = rate.NewLimiter(rate.Every(k.every), k.burst)
	}
	if len(k.young) >= k.half {
		k.young, k.old = make(map[K]*rate.Limiter), k.young
	}
	k.young[key] = l
	return l
}

// Forget makes key as if it had never been limited.
func (k *Keyed[K]) Forget(key K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.young, key)
	delete(k.old, key)
}

// Len is how many limiters are kept, at most as many as New was told.
func (k *Keyed[K]) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.young) + len(k.old)
}
