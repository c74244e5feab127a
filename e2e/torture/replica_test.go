package torture

import (
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/internal/pgtest"
)

// promised is how long a server may take a revoked token for good, at most.
const promised = 5 * time.Second

// replicas are several servers on one database.
type replicas struct {
	*world
	servers []*serving
	mu      sync.Mutex
	delays  []time.Duration // from a revocation's answer to the last good reply of any server
	late    int
	loads   atomic.Int64
}

// beside is one more server on the same records, with the same keys.
func (p place) beside() *serving {
	p.Helper()
	other := place{T: p.T, dir: filepath.Join(p.TempDir(), "data"), database: p.database}
	if err := os.Mkdir(other.dir, 0o700); err != nil {
		p.Fatal(err)
	}
	for _, name := range []string{"pepper", "signin.key"} {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(other.dir, name), text, 0o600)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
	return other.serve()
}

// security requirement 20: what is revoked at one of three servers, each of
// which has it in memory and is asked without a pause, is dead at all; also
// while the connections on which they tell each other are cut.
func TestARevocationHoldsAtAllServers(t *testing.T) {
	sum := &tally{}
	w := newWorld(t, place{T: t, dir: filepath.Join(t.TempDir(), "data"), database: pgtest.Database(t)}, sum, 0)
	r := &replicas{world: w, servers: []*serving{w.serving, w.beside(), w.beside()}}
	rng := mathrand.New(mathrand.NewPCG(9, 10))
	cut := make(chan struct{})
	var cutting sync.WaitGroup
	var made atomic.Int64 // cuts
	cutting.Go(func() {
		for {
			select {
			case <-cut:
				return
			case <-time.After(500 * time.Millisecond):
				pgtest.Run(t, w.database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'`)
				pgtest.Run(t, w.database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE '%change_head h%' AND pid <> pg_backend_pid()`)
				made.Add(1)
			}
		}
	})
	for i := 0; i < times(12) || made.Load() < 2; i++ { // by the second cut the first was noticed
		r.revoke(rng.IntN(len(r.servers)))
		sum.runs++
	}
	close(cut)
	cutting.Wait()
	if _, err := w.try("audit", "verify"); err != nil {
		sum.found(&sum.breaks, "audit verify: %v", err)
	}
	cuts := 0
	for _, s := range r.servers {
		s.kill()
		cuts += strings.Count(s.log.String(), "not told of changes")
	}
	slices.Sort(r.delays)
	t.Logf("three servers, listeners cut: revocations %d, cuts noticed %d, late accepts %d, p99 %s, max %s, calls meanwhile %d, chain breaks %d, 5xx %d",
		sum.runs, cuts, r.late, r.delays[len(r.delays)*99/100].Round(time.Millisecond), r.delays[len(r.delays)-1].Round(time.Millisecond), r.loads.Load(), sum.breaks, sum.failed)
	if cuts == 0 {
		t.Error("no listener was cut")
	}
	if r.late > 0 || sum.unavailable > 0 {
		t.Errorf("%d late accepts, %d calls refused", r.late, sum.unavailable)
	}
	for _, f := range sum.findings {
		t.Error(f)
	}
}

// revoke makes a token, has every server remember it, ends it at one of them
// and asks all until each refuses it three times in a row.
func (r *replicas) revoke(at int) {
	r.Helper()
	expires := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	var made api.Issued
	body := api.NewToken{Description: "short", AppID: r.appID, Scopes: []string{"read"}, ExpiresAt: &expires}
	if err := r.ask(call{method: http.MethodPost, path: "/profile/tokens", bearer: r.keeper, body: body, at: r.servers[(at+1)%len(r.servers)]}, &made); err != nil {
		r.Fatal(err)
	}
	var (
		revoked atomic.Int64 // when it was acknowledged; 0: not yet
		warm    sync.WaitGroup
		asking  sync.WaitGroup
		worst   time.Duration
	)
	warm.Add(len(r.servers))
	for i, s := range r.servers {
		asking.Go(func() {
			for n, refusedInARow := 0, 0; refusedInARow < 3; n++ {
				asked := time.Now()
				good, err := r.accepts(s, made.Secret)
				r.loads.Add(1)
				if n == 20 {
					warm.Done()
				}
				ended := revoked.Load()
				switch {
				case err != nil:
					r.found(&r.failed, "server %d: %v", i, err)
					return
				case !good && ended == 0 && n < 20:
					r.found(&r.lost, "server %d does not know a new token", i)
				case good && ended > 0 && asked.UnixNano() > ended:
					r.mu.Lock()
					worst = max(worst, time.Duration(asked.UnixNano()-ended))
					r.mu.Unlock()
				}
				if refusedInARow++; good {
					refusedInARow = 0
				}
			}
		})
	}
	warm.Wait()
	if err := r.ask(call{method: http.MethodDelete, path: "/profile/tokens/" + made.Token.ID, bearer: r.keeper, at: r.servers[at]}, nil); err != nil {
		r.Fatal(err)
	}
	revoked.Store(time.Now().UnixNano())
	asking.Wait()
	r.delays = append(r.delays, worst)
	if worst > promised {
		r.late++
	}
}

// accepts presents a secret at one server.
func (r *replicas) accepts(s *serving, secret string) (bool, error) {
	err := r.ask(call{method: http.MethodGet, path: "/profile/me", bearer: secret, at: s}, nil)
	if no, ok := err.(*refused); ok { //nolint:errorlint // as ask makes it
		if no.status == http.StatusUnauthorized {
			return false, nil
		}
		return false, fmt.Errorf("it answers %w", err)
	}
	return err == nil, err
}
