package signin

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/time/rate"

	"keyfob/server/limit"
)

// comeIn is what somebody is told who came when all together had too many.
const comeIn = 2 * time.Second

// budget bounds how often something may be done: from one network, and from
// all together. Like the throttle it is in memory, each server's own.
type budget struct {
	mu   sync.Mutex // both are one step
	each *limit.Keyed[string]
	all  *rate.Limiter
}

// The budgets. A person types a user code once or twice, and a network may be
// a whole company behind one address. With all of them used up for ten
// minutes and a hundred devices waiting, guessing finds one of them with a
// probability of about one in eighty thousand (RFC 8628, section 5.1).
func newGuesses() *budget { return newBudget(3*time.Second, 20, 5, 200) }

// newStarts bounds the devices that begin to wait, each of which is a row.
func newStarts() *budget { return newBudget(3*time.Second, 20, 10, 500) }

// newFailures bounds what is answered with a reason when it was refused at
// /connect/token and /connect/authorize. Codes and tokens have 256 bits, so
// there is nothing to guess: a program that goes wrong in a loop is told to
// slow down. What is right is always answered, so that nobody is locked out
// by what a neighbour does behind the same address.
func newFailures() *budget { return newBudget(time.Second, 100, 100, 2000) }

func newBudget(every time.Duration, burst, allPerSecond, allBurst int) *budget {
	return &budget{
		each: limit.New[string](every, burst, maxKeys),
		all:  rate.NewLimiter(rate.Limit(allPerSecond), allBurst),
	}
}

// take uses one up. If ok is false there was none, and after wait there will be.
func (b *budget) take(network string, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	turn := b.each.Of(network).ReserveN(now, 1)
	if wait = turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
		return wait, false
	}
	if !b.all.AllowN(now, 1) {
		return comeIn, false
	}
	return 0, true
}

// comeBack says in a reply's header after how many seconds to try again.
func comeBack(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
}

// tooMany refuses a program that asks too often, in the words that RFC 8628,
// section 3.5, has for it.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	comeBack(w.Header(), wait)
	writeJSON(w, http.StatusTooManyRequests, oidc.ErrSlowDown().WithDescription("too many requests from this network: try again later"))
}
