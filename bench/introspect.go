//go:build bench

package main

import (
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"keyfob/server/secret"
)

const (
	askers        = 64               // connections: with 16 neither the server nor an empty handler keeps the processors busy
	hot           = 1000             // tokens that are asked about again and again
	remembered    = 100_000          // by a server, unless it is told otherwise
	writtenWithin = 10 * time.Second // a server writes the uses of tokens at least so often
)

// asking is introspection of a store's tokens.
type asking struct {
	server  *process
	head    []byte // of a request: all but the token
	secrets []string
	at      [askers]int // each client goes on where it was
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
	return load{address, askers, 200, func(client, i int, buffer []byte) []byte {
		return append(append(buffer, a.head...), a.secrets[(client*61+i)%hot]...)
	}}
}

// once asks about each token once.
func (a *asking) once() load {
	return load{a.server.address, askers, 200, func(client, _ int, buffer []byte) []byte {
		a.at[client]++
		return append(append(buffer, a.head...), a.secrets[(client*len(a.secrets)/askers+a.at[client])%len(a.secrets)]...)
	}}
}

// introspect compares introspection with an empty handler, by the same client.
func (b *bench) introspect() error {
	empty, err := b.launch(os.Args[0], "empty")
	if err != nil {
		return err
	}
	return errors.Join(b.remembering(empty), b.forgetful(empty), empty.stop())
}

// remembering asks a server as it usually is.
func (b *bench) remembering(empty *process) error {
	dir, err := b.copyOf(many, "introspect")
	if err != nil {
		return err
	}
	a, err := b.ask(dir)
	if err != nil {
		return err
	}
	nothing := func() *side { return &side{load: a.again(empty.address), server: empty} }
	cached := &side{load: a.again(a.server.address), server: a.server}
	ratio, err := b.compared("cached", cached, nothing(), b.round, a.server.ready)
	if err == nil {
		b.judge("introspection, cached / an empty handler", ratio, 0.5, false)
		err = b.steady(cached.load, a.again(empty.address), 0.7*median(cached.rates))
	}
	if err == nil {
		// Long enough that what is kept of the uses is written meanwhile, and none of it later.
		ratio, err = b.compared("each token once", &side{load: a.once(), server: a.server}, nothing(), writtenWithin+b.round, a.server.rest)
		b.say("| introspection of each of a million tokens once / an empty handler | – | %.2f | no budget |", ratio)
	}
	return errors.Join(err, a.server.stop())
}

// forgetful asks a server that remembers nothing about the same tokens.
func (b *bench) forgetful(empty *process) error {
	dir, err := b.copyOf(many, "uncached")
	if err != nil {
		return err
	}
	a, err := b.ask(dir, "--cache", "0")
	if err != nil {
		return err
	}
	nothing := &side{load: a.again(empty.address), server: empty}
	ratio, err := b.compared("uncached", &side{load: a.again(a.server.address), server: a.server}, nothing, b.round, a.server.ready)
	if err == nil {
		b.judge("introspection, uncached on SQLite (--cache 0) / an empty handler", ratio, 0.25, false)
	}
	return errors.Join(err, a.server.stop())
}

// side is what takes turns with another.
type side struct {
	load
	server *process
	rates  []float64
	sent   float64
	busy   time.Duration // of processors, the client's included
}

func (s *side) turn(ctx context.Context, d time.Duration) error {
	before, err1 := s.server.busyWithUs()
	start := time.Now()
	rate, err2 := s.closed(ctx, d)
	took := time.Since(start)
	after, err3 := s.server.busyWithUs()
	s.rates, s.sent, s.busy = append(s.rates, rate), s.sent+rate*took.Seconds(), s.busy+after-before
	return errors.Join(err1, err2, err3)
}

func (s *side) cost() float64 { return float64(s.busy.Microseconds()) / s.sent }

// compared has introspection and the empty handler take turns.
func (b *bench) compared(what string, some, none *side, turn time.Duration, after func(context.Context) error) (ratio float64, err error) {
	rounds := b.rounds
	if turn > writtenWithin {
		rounds = 3 // long ones
	}
	for range rounds {
		if err := errors.Join(none.turn(b.ctx, b.round), some.turn(b.ctx, turn), after(b.ctx)); err != nil {
			return 0, err
		}
	}
	ratio = upperQuartile(some.rates) / upperQuartile(none.rates)
	b.say("a second, upper quartiles: empty handler %.0f, introspection, %s, %.0f: %.2f; by processor time, the client's included, %.0f µs / %.0f µs = %.2f",
		upperQuartile(none.rates), what, upperQuartile(some.rates), ratio, none.cost(), some.cost(), none.cost()/some.cost())
	return ratio, nil
}

// upperQuartile is of rates what quartile is of times.
func upperQuartile(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)*3/4]
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
	some := asking{head: introspection(basic(nil)), secrets: slices.Repeat([]string{secret.New(prefix, secret.PAT).Reveal()}, hot)}
	err = b.cost("an empty handler", some.again(empty.address), empty)
	if err := errors.Join(err, empty.stop()); err != nil {
		return err
	}
	for _, kind := range []string{"cached", "uncached", "each token once"} {
		dir, err := b.copyOf(many, "profile")
		if err != nil {
			return err
		}
		profile := filepath.Join(b.dir, strings.ReplaceAll(kind, " ", "-")+".pprof")
		size := remembered
		if kind == "uncached" {
			size = 0
		}
		a, err := b.ask(dir, "--cpu-profile", profile, "--cache", strconv.Itoa(size))
		if err != nil {
			return err
		}
		l := a.again(a.server.address)
		if kind == "each token once" {
			l = a.once()
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

// steady measures at a part of the peak, and the empty handler at the same rate
// in turns: what a machine makes wait by itself is in both.
func (b *bench) steady(some, none load, rate float64) error {
	var p50s, p99s, nothings []float64
	for range b.rounds {
		_, nothing, err1 := none.open(b.ctx, rate, 2*b.round)
		p50, p99, err2 := some.open(b.ctx, rate, 2*b.round)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		p50s, p99s, nothings = append(p50s, ms(p50)), append(p99s, ms(p99)), append(nothings, ms(nothing))
	}
	b.say("at 70 %% of the peak, %.0f a second: p50 %.2f ms, p99 %.2f to %.2f ms; of an empty handler at the same rate %.2f to %.2f ms",
		rate, median(p50s), slices.Min(p99s), slices.Max(p99s), slices.Min(nothings), slices.Max(nothings))
	b.judge("introspection, cached, p99 at 70 % of its peak, ms", median(p99s), 10, true)
	b.say("| an empty handler at the same rate, p99, ms | – | %.2f | no budget |", median(nothings))
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
