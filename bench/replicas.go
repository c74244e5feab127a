//go:build bench

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	servers     = 3
	revocations = 10_000
	background  = 500             // introspections a second at each server, beside all else
	bound       = 5 * time.Second // after a revocation was acknowledged no server may accept the token
	cutEvery    = 10 * time.Second
	silent      = 5 * time.Second   // how long a connection says nothing
	within      = 100 * time.Second // the revocations of a phase, at least
)

// replicas are servers on one PostgreSQL database.
type replicas struct {
	*bench
	postgres *postgres
	servers  []*process
	basic    string // the app's credentials
	head     []byte // of an introspection: all but the token
	secrets  []string
	used     atomic.Int64 // of the secrets, from the first
}

// revoking measures how long a token that is revoked at one of three servers is
// still accepted at any of them.
func (b *bench) revoking() error {
	p, err := b.startPostgres()
	if err != nil {
		return err
	}
	r := &replicas{bench: b, postgres: p}
	err = r.open()
	if err == nil {
		err = r.measure()
	}
	for _, s := range r.servers {
		err = errors.Join(err, s.stop())
	}
	return errors.Join(err, p.stop())
}

// open brings a seeded store into the database, as an operator does, and starts
// the servers.
func (r *replicas) open() error {
	dir, err := r.copyOf(some, "replicas")
	if err != nil {
		return err
	}
	client, err1 := os.ReadFile(filepath.Join(dir, "client"))
	secrets, err2 := os.ReadFile(filepath.Join(dir, "secrets"))
	backup := filepath.Join(dir, "backup.tar")
	if err := errors.Join(err1, err2, r.operate("--data", dir, "backup", "--with-keys", backup)); err != nil {
		return err
	}
	r.basic = basic(client)
	r.head = introspection(r.basic)
	r.secrets = strings.Fields(string(secrets))
	rand.Shuffle(len(r.secrets), func(i, j int) { r.secrets[i], r.secrets[j] = r.secrets[j], r.secrets[i] })
	for i := range servers {
		data := filepath.Join(dir, fmt.Sprintf("server%d", i))
		began := time.Now()
		if err := r.operate("--data", data, "--database", r.postgres.url(), "restore", backup); err != nil {
			return err
		}
		if i == 0 {
			r.say("%d tokens were restored into PostgreSQL in %.0f s", some, time.Since(began).Seconds())
		}
		s, err := r.keyfobd(data, "--database", r.postgres.url())
		if err != nil {
			return err
		}
		r.servers = append(r.servers, s)
	}
	return nil
}

func (b *bench) operate(args ...string) error {
	out, err := exec.CommandContext(b.ctx, b.bin, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", b.bin, err, out)
	}
	return nil
}

func (r *replicas) measure() error {
	before, err := r.postgres.number(r.ctx, `SELECT pg_database_size(current_database()) / 1e6`)
	if err != nil {
		return err
	}
	r.say("%d tokens take %.0f MB in PostgreSQL", some, before)
	calm, err := r.phase(func(context.Context, *seen) error { return nil })
	if err != nil {
		return err
	}
	r.tell("all well", calm)
	r.judge("revoked until each of three replicas on PostgreSQL refuses, p99, ms", ms(quantile(calm.after, .99)), 250, true)
	cut, err := r.phase(r.cut)
	if err != nil {
		return err
	}
	r.tell("a listener cut every 10 s", cut)
	r.judge("the same with a listener cut every 10 s, the longest, ms", ms(quantile(cut.after, 1)), ms(bound), true)
	r.judge("accepted later than 5 s after the revocation, of "+fmt.Sprint(calm.checks+cut.checks)+" asked then", float64(calm.late+cut.late), 0, true)
	return nil
}

func (r *replicas) tell(what string, s *seen) {
	r.say("%s: %d revocations in %.0f s beside %d introspections a second at each server: until all refuse, from asking: p50 %.1f ms, p99 %.1f ms, longest %.1f ms; from its answer: p50 %.1f ms, p99 %.1f ms, longest %.1f ms; the introspections took p50 %.2f ms, p99 %.2f ms",
		what, len(s.took), s.lasted.Seconds(), background,
		ms(quantile(s.took, .5)), ms(quantile(s.took, .99)), ms(quantile(s.took, 1)), ms(quantile(s.after, .5)), ms(quantile(s.after, .99)), ms(quantile(s.after, 1)), ms(s.p50), ms(s.p99))
	if s.cuts > 0 {
		r.say("%d listeners were cut meanwhile", s.cuts)
	}
	r.say("connections to PostgreSQL: %.0f at most, of %d servers", s.connections, servers)
}

// seen is what was seen in a phase.
type seen struct {
	mu           sync.Mutex
	took, after  []time.Duration // until all refused, from asking for the revocation and from its answer
	checks, late int             // asked after the bound, and accepted then
	lasted       time.Duration
	p50, p99     time.Duration // of the introspections beside it
	cuts         int           // of listeners
	connections  float64
}

func (s *seen) add(one revoked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took, s.after = append(s.took, one.took), append(s.after, one.after)
}

func (s *seen) checked(active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	if active {
		s.late++
	}
}

// quantile is the duration that so many are at most.
func quantile(all []time.Duration, of float64) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)-1, int(float64(len(all))*of))]
}
