package torture

import (
	mathrand "math/rand/v2"
	"path/filepath"
	"testing"

	"keyfob/internal/pgtest"
)

// life is how often one data directory is tortured before the next takes its
// place: records grow, and with them what there is to check.
const life = 25

// The server is killed in the middle of concurrent writes.
func TestKilledInTheMiddleOfWrites(t *testing.T) {
	killed(t, "kill -9, SQLite", times(4), func(testing.TB) string { return "" })
}

func TestKilledInTheMiddleOfWritesOnPostgreSQL(t *testing.T) {
	killed(t, "kill -9, PostgreSQL", times(2), pgtest.Database)
}

func killed(t *testing.T, name string, n int, database func(testing.TB) string) {
	t.Helper()
	sum := &tally{}
	rng := mathrand.New(mathrand.NewPCG(1, 2))
	for done := 0; done < n; {
		w := newWorld(t, place{T: t, dir: filepath.Join(t.TempDir(), "data"), database: database(t)}, sum, 8)
		for range min(life, n-done) {
			last := 1 + rng.Int64N(60)
			w.work(func(acks int64) bool {
				if acks == last {
					_ = w.serving.cmd.Process.Kill()
				}
				return acks >= last
			})
			w.stop()
			w.start()
			w.check()
			done++
		}
		w.stop()
	}
	sum.report(t, name, false)
}
