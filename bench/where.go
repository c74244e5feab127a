//go:build bench

package main

import (
	"cmp"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// parts of the server's work, each with functions of which one is on the stack
// while it is done. The first that fits is the one.
var work = []struct {
	what string
	by   []string
}{
	{"collecting garbage", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart"}},
	{"writing last uses (beside the requests)", []string{"keyfob/server/tokens.(*Service).housekeeping"}},
	{"the log's line", []string{"log/slog.(*Logger)"}},
	{"metrics", []string{"keyfob/server/metrics."}},
	{"JSON", []string{"keyfob/server.writeJSON"}},
	{"MACs of the secrets", []string{"keyfob/server/secret.Pepper.MAC"}},
	{"reading the database", []string{"keyfob/server/store.Queries"}},
	{"looking into the cache", []string{"keyfob/server/cache."}},
	{"noting the use", []string{"keyfob/server/tokens.(*lastUses)"}},
	{"reading body, form and credentials", []string{"keyfob/server.readForm", "keyfob/server.boundBody", "keyfob/server.clientOf", "keyfob/server.presented"}},
	{"choosing the route", []string{"net/http.(*ServeMux).findHandler", "net/http.(*ServeMux).Handler"}},
	{"the rest of Keyfob's handler", []string{"keyfob/server"}},
	{"sockets: reading, writing, waiting", []string{"net.(*conn).Read", "net.(*conn).Write", "runtime.netpoll"}},
	{"net/http", []string{"net/http."}},
	{"scheduling", []string{"runtime.mcall", "runtime.schedule", "runtime.mstart", "runtime.sysmon"}},
}

// where says what parts of the server's time went to what.
func (b *bench) where(profile string) error {
	out, err := exec.CommandContext(b.ctx, "go", "tool", "pprof", "-traces", b.bin, profile).Output()
	if err != nil {
		return err
	}
	took, all := map[string]time.Duration{}, time.Duration(0)
	for stack := range strings.SplitSeq(string(out), "-----------+") {
		if d, what, ok := workOf(stack); ok {
			took[what] += d
			all += d
		}
	}
	byTime := func(x, y string) int { return cmp.Compare(took[y], took[x]) }
	for _, what := range slices.SortedFunc(maps.Keys(took), byTime) {
		b.say("  %5.1f %%  %s", 100*float64(took[what])/float64(all), what)
	}
	return nil
}

// workOf reads a stack as pprof prints it: how often it was seen, in time, and
// its functions, the innermost first.
func workOf(stack string) (d time.Duration, what string, ok bool) {
	_, stack, _ = strings.Cut(stack, "\n")
	fields := strings.Fields(stack)
	if len(fields) < 2 {
		return 0, "", false
	}
	d, err := time.ParseDuration(fields[0])
	if err != nil {
		return 0, "", false
	}
	for _, part := range work {
		for _, function := range part.by {
			if strings.Contains(stack, " "+function) {
				return d, part.what, true
			}
		}
	}
	return d, "everything else", true
}
