package torture

import (
	mathrand "math/rand/v2"
	"path/filepath"
	"testing"
)

// The disk is full, or does not keep what it was given. The
// system answers so to the real server, by strace.
func TestADiskThatFails(t *testing.T) {
	for _, fault := range []struct{ name, inject string }{
		{"full disk, SQLite", "pwrite64:error=ENOSPC:when=1200+1"},
		{"failing fsync, SQLite", "fsync,fdatasync:error=EIO:when=4+3"},
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
