//go:build bench

package main

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyfob/server/secret"
)

const (
	hot           = 1000             // tokens that are asked about again and again
	remembered    = 100_000          // by a server, unless it is told otherwise
	writtenWithin = 10 * time.Second // a server writes the uses of tokens at least so often
)

// asking is introspection of a store's tokens.
type asking struct {
	server  *process
	head    []byte // of a request: all but the token
	secrets []string
	at      [64]int // each client goes on where it was
}

func (b *bench) ask(dir string, more ...string) (*asking, error) {
	client, err1 := os.ReadFile(filepath.Join(dir, "client"))
	text, err2 := os.ReadFile(filepath.Join(dir, "secrets"))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	server, err := b.keyfobd(dir, more...)
	if err != nil {
		return nil, err
	}
	a := &asking{server: server, head: introspection(basic(client)), secrets: strings.Fields(string(text))}
	rand.Shuffle(len(a.secrets), func(i, j int) { a.secrets[i], a.secrets[j] = a.secrets[j], a.secrets[i] })
	return a, nil
}

// again asks about the same tokens again and again.
func (a *asking) again(address string) load {
	return load{address, clients, 200, func(client, i int, buffer []byte) []byte {
		return append(append(buffer, a.head...), a.secrets[(client*61+i)%hot]...)
	}}
}

// once asks about each token once.
func (a *asking) once() load {
	return load{a.server.address, clients, 200, func(client, _ int, buffer []byte) []byte {
		a.at[client]++
		return append(append(buffer, a.head...), a.secrets[(client*len(a.secrets)/clients+a.at[client])%len(a.secrets)]...)
	}}
}

// introspect compares introspection with an empty handler, by the same client.
func (b *bench) introspect() error {
	dir, err := b.copyOf(many, "introspect")
	if err != nil {
		return err
	}
	a, err := b.ask(dir)
	if err != nil {
		return err
	}
	empty, err := b.launch(os.Args[0], "empty")
	if err != nil {
		return errors.Join(err, a.server.stop())
	}
	peak, err := b.introspection(a, empty)
	err = errors.Join(err, empty.stop())
	if err == nil {
		err = b.steady(a.again(a.server.address), 0.7*peak)
	}
	return errors.Join(err, a.server.stop())
}

func (b *bench) introspection(a *asking, empty *process) (peak float64, err error) {
	nothing, again, once := a.again(empty.address), a.again(a.server.address), a.once()
	warm, warmRatio, err := b.compared("cached", again, nothing, b.round, func() error { return nil })
	if err != nil {
		return 0, err
	}
	// Long enough that what is kept of the uses is written meanwhile, and none of it later.
	_, coldRatio, err := b.compared("each token once", once, nothing, writtenWithin+b.round, func() error { return a.server.rest(b.ctx) })
	if err != nil {
		return 0, err
	}
	b.judge("introspection, cached / an empty handler", warmRatio, 0.5, false)
	b.judge("introspection, uncached on SQLite / an empty handler", coldRatio, 0.25, false)
	return warm, nil
}

// compared has introspection and the empty handler take turns.
func (b *bench) compared(what string, introspection, nothing load, turn time.Duration, after func() error) (rate, ratio float64, err error) {
	var none, some, ratios []float64
	for range b.rounds {
		n, err1 := nothing.closed(b.ctx, b.round)
		s, err2 := introspection.closed(b.ctx, turn)
		if err := errors.Join(err1, err2, after()); err != nil {
			return 0, 0, err
		}
		none, some, ratios = append(none, n), append(some, s), append(ratios, s/n)
	}
	b.say("a second: empty handler %.0f, introspection, %s, %.0f; their ratios %.2f to %.2f",
		median(none), what, median(some), slices.Min(ratios), slices.Max(ratios))
	return median(some), median(ratios), nil
}

// memory asks about more tokens than are remembered, and then about some again.
func (b *bench) memory() error {
	dir, err := b.copyOf(many, "memory")
	if err != nil {
		return err
	}
	a, err := b.ask(dir)
	if err != nil {
		return err
	}
	asked := 0
	for asked < 2*remembered && err == nil {
		_, err = a.once().closed(b.ctx, b.round)
		asked = 0
		for _, n := range a.at {
			asked += n
		}
	}
	_, err2 := a.again(a.server.address).closed(b.ctx, b.round)
	now, most, err3 := a.server.memory()
	b.say("after %d different tokens the server has %.0f MB in memory", asked, now)
	b.judge("memory with the cache full, the most, MB", most, 300, true)
	return errors.Join(err, err2, err3, a.server.rest(b.ctx), a.server.stop())
}

// profile says where the server's time goes, by its own CPU profile.
func (b *bench) profile() error {
	empty, err := b.launch(os.Args[0], "empty")
	if err != nil {
		return err
	}
	err = b.cost("an empty handler", load{empty.address, clients, 200, (&asking{head: introspection(""), secrets: make([]string, hot)}).again("").next}, empty)
	if err := errors.Join(err, empty.stop()); err != nil {
		return err
	}
	for _, kind := range []string{"cached", "uncached"} {
		dir, err := b.copyOf(many, "profile")
		if err != nil {
			return err
		}
		profile := filepath.Join(b.dir, kind+".pprof")
		a, err := b.ask(dir, "--cpu-profile", profile)
		if err != nil {
			return err
		}
		l := a.once()
		if kind == "cached" {
			l = a.again(a.server.address)
		}
		if err := errors.Join(b.cost("introspection, "+kind, l, a.server), a.server.stop(), b.where(profile)); err != nil {
			return err
		}
	}
	return nil
}

// cost says how long a server has a processor for each request.
func (b *bench) cost(what string, l load, server *process) error {
	start := time.Now()
	perSecond, err := l.closed(b.ctx, time.Duration(b.rounds)*b.round)
	took := time.Since(start)
	if err := errors.Join(err, server.rest(b.ctx)); err != nil {
		return err
	}
	busy, err := server.busy()
	b.say("%s: %.0f a second; of a processor the server took %.0f µs for each", what, perSecond, float64(busy.Microseconds())/(perSecond*took.Seconds()))
	return err
}

func basic(clientSecret []byte) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(appID+":"+string(clientSecret)))
}

// introspection is the request without its end, which is a token's secret.
func introspection(authorization string) []byte {
	like := secret.New(prefix, secret.PAT).Reveal() // each is as long
	whole := request("POST", "/id/connect/introspect", authorization, "application/x-www-form-urlencoded", "token="+like)
	return whole[:len(whole)-len(like)]
}

// steady measures at a part of the peak.
func (b *bench) steady(l load, rate float64) error {
	l.n = 64
	var p50s, p99s []float64
	for range b.rounds {
		p50, p99, err := l.open(b.ctx, rate, 2*b.round)
		if err != nil {
			return err
		}
		p50s, p99s = append(p50s, ms(p50)), append(p99s, ms(p99))
	}
	b.say("at 70 %% of the peak, %.0f a second: p50 %.2f ms, p99 %.2f to %.2f ms", rate, median(p50s), slices.Min(p99s), slices.Max(p99s))
	b.judge("introspection, cached, p99 at 70 % of its peak, ms", median(p99s), 10, true)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
