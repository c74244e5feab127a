//go:build bench

// Command bench measures what the token server must reach: ratios, each with
// both of its sides taken in one run, in turns, so that a busy machine slows
// both. It builds stores of 10,000 and 1,000,000 tokens under build/bench,
// starts the real keyfobd on copies of them and drives it over HTTP from this
// other process.
//
//	go run -tags bench ./bench [-rounds N] [-only introspect,create,list,start]
//
// It prints what it saw and keeps it in build/bench/*.txt; docs/performance.md
// has the figures of a run, with its machine and date.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	few  = 10_000
	many = 1_000_000
)

// bench is one run.
type bench struct {
	ctx    context.Context
	dir    string // build/bench
	bin    string // keyfobd
	rounds int
	round  time.Duration
	out    io.Writer
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "empty" {
		serveEmpty()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	b := &bench{ctx: ctx, dir: "build/bench"}
	flag.StringVar(&b.bin, "bin", "build/keyfobd", "the server's program")
	flag.IntVar(&b.rounds, "rounds", 7, "how often each side has its turn")
	flag.DurationVar(&b.round, "round", 2*time.Second, "how long a turn is")
	only := flag.String("only", "", "parts to run, separated by commas; empty: all")
	flag.Parse()
	if err := errors.Join(os.MkdirAll(b.dir, 0o700), b.seed(few), b.seed(many)); err != nil {
		return err
	}
	parts := []struct {
		name string
		do   func() error
	}{{"introspect", b.introspect}, {"create", b.create}, {"list", b.list}, {"start", b.start}}
	for _, p := range parts {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), p.name) {
			continue
		}
		if err := b.part(p.name, p.do); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// part runs one part, with its figures in a file of its own.
func (b *bench) part(name string, do func() error) error {
	f, err := os.Create(filepath.Join(b.dir, name+".txt"))
	if err != nil {
		return err
	}
	b.out = io.MultiWriter(os.Stdout, f)
	b.say("%s: %s, %d processors, %s, %d rounds of %v, medians", name, time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), runtime.Version(), b.rounds, b.round)
	return errors.Join(do(), f.Close())
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// judge says a figure beside its budget.
func (b *bench) judge(what string, got, budget float64, atMost bool) {
	verdict, sign := "ok", "≥"
	if atMost {
		sign = "≤"
	}
	if atMost && got > budget || !atMost && got < budget {
		verdict = "MISSED"
	}
	b.say("%-62s %8.2f  (%s %.2f)  %s", what, got, sign, budget, verdict)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// copyOf is a copy of a seeded store that a part may change.
func (b *bench) copyOf(n int, name string) (string, error) {
	to := filepath.Join(b.dir, "run-"+name)
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(b.ctx, "cp", "-r", "--reflink=auto", b.seedDir(n), to).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return to, nil
}
