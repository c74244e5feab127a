//go:build bench

package main

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const hot = 1000 // tokens that are asked about again and again

// introspect compares introspection with an empty handler, by the same client.
func (b *bench) introspect() error {
	dir, err := b.copyOf(many, "introspect")
	if err != nil {
		return err
	}
	profile := filepath.Join(b.dir, "introspect.pprof")
	server, err := b.keyfobd(dir, "--cpu-profile", profile)
	if err != nil {
		return err
	}
	empty, err := b.launch(os.Args[0], "empty")
	if err != nil {
		return errors.Join(err, server.stop())
	}
	err = b.introspection(dir, server, empty)
	err = errors.Join(err, empty.stop(), server.stop())
	if err == nil {
		err = b.top(profile)
	}
	return err
}

func (b *bench) introspection(dir string, server, empty *process) error {
	client, err := os.ReadFile(filepath.Join(dir, "client"))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "secrets"))
	if err != nil {
		return err
	}
	secrets := strings.Fields(string(text))
	rand.Shuffle(len(secrets), func(i, j int) { secrets[i], secrets[j] = secrets[j], secrets[i] })
	head := request("POST", "/id/connect/introspect", "Basic "+base64.StdEncoding.EncodeToString([]byte(appID+":"+string(client))),
		"application/x-www-form-urlencoded", "token="+secrets[0])
	head = head[:len(head)-len(secrets[0])]
	again := func(client, i int, buffer []byte) []byte {
		return append(append(buffer, head...), secrets[(client*61+i)%hot]...)
	}
	at := make([]int, clients) // each client goes on where it was
	once := func(client, _ int, buffer []byte) []byte {
		at[client]++
		return append(append(buffer, head...), secrets[(client*len(secrets)/clients+at[client])%len(secrets)]...)
	}
	nothing := load{empty.address, clients, 200, again}
	cached := load{server.address, clients, 200, again}
	uncached := load{server.address, clients, 200, once}
	var none, warm, cold, warmRatio, coldRatio []float64
	for range b.rounds {
		e, err1 := nothing.closed(b.ctx, b.round)
		c, err2 := cached.closed(b.ctx, b.round)
		u, err3 := uncached.closed(b.ctx, b.round)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		none, warm, cold = append(none, e), append(warm, c), append(cold, u)
		warmRatio, coldRatio = append(warmRatio, c/e), append(coldRatio, u/e)
	}
	b.say("a second: empty handler %.0f, introspection cached %.0f, each token once %.0f (%d tokens)", median(none), median(warm), median(cold), len(secrets))
	b.judge("introspection cached / empty handler", median(warmRatio), 0.5, false)
	b.judge("introspection of each token once / empty handler", median(coldRatio), 0.25, false)
	if err := b.steady(cached, 0.7*median(warm)); err != nil {
		return err
	}
	rss, err := server.memory()
	b.judge("memory with the cache full, MB", rss, 300, true)
	return err
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
	b.say("at 70 %% of the peak, %.0f a second: p50 %.2f ms", rate, median(p50s))
	b.judge("p99 at 70 % of the peak, ms", median(p99s), 10, true)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// top says where the server's time went.
func (b *bench) top(profile string) error {
	out, err := exec.CommandContext(b.ctx, "go", "tool", "pprof", "-top", "-cum", "-nodecount=60", b.bin, profile).CombinedOutput()
	b.say("\n%s", out)
	return err
}
