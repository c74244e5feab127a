package torture

import (
	mathrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"keyfob/internal/pgtest"
)

// The database crashes in the middle of writes and comes back;
// the server stays, and works again without a hand.
func TestADatabaseThatGoesAwayAndComesBack(t *testing.T) {
	cluster := pgtest.New(t)
	sum := &tally{}
	rng := mathrand.New(mathrand.NewPCG(5, 6))
	w := newWorld(t, place{T: t, dir: filepath.Join(t.TempDir(), "data"), database: cluster.Database(t)}, sum, 8)
	for range times(1) {
		last := 1 + rng.Int64N(60)
		gone := make(chan struct{})
		go func() {
			<-gone
			cluster.Crash(t)
			gone <- struct{}{}
		}()
		w.work(func(acks int64) bool {
			if acks == last {
				gone <- struct{}{}
			}
			return false // until nobody gets an answer
		})
		<-gone
		cluster.Start(t)
		w.ready()
		w.check()
	}
	w.stop()
	sum.report(t, "PostgreSQL goes away", true)
}

// ready waits until the server says that it is.
func (w *world) ready() {
	w.Helper()
	for begun := time.Now(); w.ask(call{method: http.MethodGet, path: "/readyz"}, nil) != nil; {
		if time.Since(begun) > patience {
			w.Fatal("it does not come back")
		}
	}
}
