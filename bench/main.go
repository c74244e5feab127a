//go:build bench

// Command bench measures what the token server must reach: ratios, each with
// both of its sides taken in one run, in turns, so that a busy machine slows
// both. It builds stores of up to 1,000,000 tokens under build/bench,
// starts the real keyfobd on copies of them and drives it over HTTP from this
// other process.
//
//	go run -tags bench ./bench [-rounds N] [-only introspect,memory,profile,create,list,start,replicas]
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
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	few  = 10_000
	some = 40_000 // where records are carried into PostgreSQL first
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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
	if err := errors.Join(os.MkdirAll(b.dir, 0o700), b.seed(few), b.seed(some), b.seed(many)); err != nil {
		return err
	}
	parts := []part{{"introspect", b.introspect}, {"memory", b.memory}, {"profile", b.profile}, {"create", b.create}, {"list", b.list}, {"start", b.start}, {"replicas", b.revoking}}
	if *only != "" && !slices.ContainsFunc(parts, func(p part) bool { return slices.Contains(strings.Split(*only, ","), p.name) }) {
		return fmt.Errorf("there is no part %q", *only)
	}
	for _, p := range parts {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), p.name) {
			continue
		}
		if err := b.part(p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	b.out = os.Stdout
	return b.table(parts)
}

// part is what can be run by its name.
type part struct {
	name string
	do   func() error
}

// part runs one, with its figures in a file of its own.
func (b *bench) part(p part) error {
	f, err := os.Create(filepath.Join(b.dir, p.name+".txt"))
	if err != nil {
		return err
	}
	b.out = io.MultiWriter(os.Stdout, f)
	b.say("%s: %s, %d processors, %s, %d rounds of %v", p.name, time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), runtime.Version(), b.rounds, b.round)
	return errors.Join(p.do(), f.Close(), b.tidy())
}

// tidy removes the copies of stores that a part worked on.
func (b *bench) tidy() error {
	copies, err := filepath.Glob(filepath.Join(b.dir, "run-*"))
	for _, dir := range copies {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// judge says a figure beside its budget, as a row of the table in
// docs/performance.md.
func (b *bench) judge(what string, got, budget float64, atMost bool) {
	verdict, sign := "kept", "≥"
	if atMost {
		sign = "≤"
	}
	if atMost && got > budget || !atMost && got < budget {
		verdict = "**missed**"
	}
	b.say("| %s | %s %v | %.2f | %s |", what, sign, budget, got, verdict)
}

// table prints the rows of all parts, also of those that ran before.
func (b *bench) table(parts []part) error {
	b.say("\n| figure | budget | measured | verdict |\n|---|---|---|---|")
	for _, p := range parts {
		text, err := os.ReadFile(filepath.Join(b.dir, p.name+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "| ") {
				b.say("%s", strings.TrimSuffix(line, "\n"))
			}
		}
	}
	return nil
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
	for _, command := range [][]string{
		{"cp", "-r", "--reflink=auto", b.seedDir(n), to},
		{"sync", "--file-system", to}, // no part pays for what this and the parts before it left to be written
	} {
		if out, err := exec.CommandContext(b.ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
	}
	return to, nil
}
