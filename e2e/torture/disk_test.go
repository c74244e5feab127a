package torture

import (
	mathrand "math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// The disk is full, or does not keep what it was given, for good or for a while:
// after that the server works again without a hand. The system answers so to the
// real server, by strace.
func TestADiskThatFails(t *testing.T) {
	for _, fault := range []struct {
		name, inject string
		ends         bool
	}{
		{"full disk, SQLite", "pwrite64:error=ENOSPC:when=400+1", false},
		{"full disk that gets room again, SQLite", "pwrite64:error=ENOSPC:when=400..430", true},
		{"failing fsync, SQLite", "fsync,fdatasync:error=EIO:when=4+3", false},
		{"failing fsync that ends, SQLite", "fsync,fdatasync:error=EIO:when=4..20", true},
	} {
		sum := &tally{}
		rng := mathrand.New(mathrand.NewPCG(3, 4))
		w := newWorld(t, place{T: t, dir: filepath.Join(t.TempDir(), "data")}, sum, 8)
		for range times(1) {
			w.stop()
			// Without a process of its own between the server and its test (-D).
			w.wrap = []string{"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,fsync,fdatasync", "-e", "inject=" + fault.inject}
			w.start()
			last := 200 + rng.Int64N(60) // more than the disk lets through
			w.work(func(acks int64) bool { return acks >= last })
			if fault.ends {
				w.again()
				w.check()
			}
			w.stop()
			w.wrap = nil
			w.start()
			w.check()
		}
		w.stop()
		sum.report(t, fault.name, true)
		if sum.unavailable == 0 {
			t.Errorf("%s: the disk never failed", fault.name)
		}
	}
}

// again repeats what is without an answer until all of it has one. The disk
// fails for each thread of the server by itself, so being ready is not enough.
func (w *world) again() {
	w.Helper()
	for begun, open := time.Now(), 1; open > 0; {
		if time.Since(begun) > patience {
			w.Fatalf("%d attempts have no answer", open)
		}
		open = 0
		for _, k := range w.workers {
			if k.open != nil && k.attempt(k.open) != nil {
				open++
			}
		}
	}
}
