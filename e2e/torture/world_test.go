package torture

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
)

// world is a place with a server on it, and the model of what that server
// acknowledged.
type world struct {
	place
	*tally
	serving *serving
	http    *http.Client
	keeper  string        // a PAT that manages its owner's
	app     *url.Userinfo // of the app that all tokens are for, to introspect with
	appID   string
	workers []*worker
	acks    atomic.Int64
	given   int // tokens that were there before
}

// newWorld furnishes a place, with a server on it.
func newWorld(t *testing.T, p place, sum *tally, workers int) *world {
	t.Helper()
	w := &world{place: p, tally: sum, given: 1}
	p.run("user", "add", "ada", "--admin")
	var app api.App
	p.into(&app, "app", "add", "Robots", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens")
	var credentials struct{ ClientID, ClientSecret string }
	p.into(&credentials, "app", "secret", "Robots")
	w.app, w.appID = url.UserPassword(credentials.ClientID, credentials.ClientSecret), app.ID
	w.keeper = p.run("token", "create", "--user", "ada", "--app", "Robots", "--scope", "tokens", "--scope", "read", "--expires", "never")
	for i := range workers {
		w.workers = append(w.workers, &worker{world: w, name: fmt.Sprint("worker ", i), rng: mathrand.New(mathrand.NewPCG(uint64(i), uint64(sum.runs)))})
	}
	w.start()
	return w
}

// start starts the server, with connections of its own to it.
func (w *world) start() {
	w.Helper()
	w.serving = w.serve()
	w.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (w *world) stop() {
	w.http.CloseIdleConnections()
	w.serving.kill()
}

// work lets all workers change things until until, called after each
// acknowledgement with their number, says that it is enough, or until a worker
// is without an answer.
func (w *world) work(until func(acks int64) bool) {
	w.acks.Store(0)
	var over atomic.Bool
	var busy sync.WaitGroup
	for _, k := range w.workers {
		busy.Go(func() {
			for !over.Load() && k.open == nil {
				if k.step() && until(w.acks.Add(1)) {
					over.Store(true)
				}
			}
		})
	}
	busy.Wait()
}

// token is what the model knows of one.
type token struct {
	id, secret string
	dead       bool // revoked, as acknowledged
	rotated    bool
}

// Kinds of attempt.
const (
	create = iota
	rotate
	revoke
)

// attempt is a change that was asked for. While it has no answer, it is the
// worker's open one.
type attempt struct {
	kind    int
	key     string
	of      *token
	overlap int // seconds
}

// worker changes tokens of its own, one after the other.
type worker struct {
	*world
	name string
	rng  *mathrand.Rand
	all  []*token
	open *attempt
}

// step asks for one change and reports whether it was acknowledged. If not, it
// is open.
func (k *worker) step() bool {
	k.open = k.next()
	return k.attempt(k.open) == nil
}

func (k *worker) next() *attempt {
	var able []*token
	for _, t := range k.all {
		if !t.dead && !t.rotated {
			able = append(able, t)
		}
	}
	a := &attempt{kind: create, key: rand.Text()}
	if len(able) > 0 && k.rng.IntN(2) == 0 {
		a.kind, a.of, a.overlap = []int{rotate, revoke}[k.rng.IntN(2)], able[k.rng.IntN(len(able))], 3600*k.rng.IntN(2)
	}
	return a
}

// attempt makes an attempt, perhaps again, and notes what was acknowledged.
func (k *worker) attempt(a *attempt) error {
	if a.kind == revoke {
		if err := k.ask(call{method: http.MethodDelete, path: "/profile/tokens/" + a.of.id, bearer: k.keeper}, nil); err != nil {
			return err
		}
		a.of.dead, k.open = true, nil
		return nil
	}
	c := call{method: http.MethodPost, path: "/profile/tokens", bearer: k.keeper, key: a.key}
	expires := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	c.body = api.NewToken{Description: k.name, AppID: k.appID, Scopes: []string{"read"}, ExpiresAt: &expires}
	if a.kind == rotate {
		c.path += "/" + a.of.id + "/rotate"
		c.body = map[string]any{"overlapSeconds": a.overlap}
	}
	var issued api.Issued
	if err := k.ask(c, &issued); err != nil {
		return err
	}
	if a.kind == rotate {
		a.of.rotated, a.of.dead = true, a.overlap == 0
	}
	k.all, k.open = append(k.all, &token{id: issued.Token.ID, secret: issued.Secret}), nil
	return nil
}
