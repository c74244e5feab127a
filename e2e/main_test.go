//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// demo is where TestDemo leaves its pictures; empty: nowhere.
var demo = os.Getenv("DEMO")

// artifacts is where a failed test leaves its picture and logs.
const artifacts = "../build/e2e"

// bin is the folder of the programs under test.
var bin string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if bin = os.Getenv("KEYFOB_BIN"); bin != "" {
		return m.Run()
	}
	temporary, err := os.MkdirTemp("", "keyfob-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	bin = temporary
	return m.Run()
}

// built builds the programs under test, once for all tests.
var built = sync.OnceValue(func() error {
	if os.Getenv("KEYFOB_BIN") != "" {
		return nil
	}
	args := []string{"build", "-buildvcs=false", "-tags", "migrated_fynedo", "-o", bin}
	if demo == "" {
		args = append(args, "-race", "-gcflags=modernc.org/sqlite/lib=-race=false", "-gcflags=modernc.org/libc=-race=false") // as the tests; pictures need no race detector
	}
	out, err := exec.Command("go", append(args, "keyfob", "keyfob/cmd/keyfobd")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return nil
})

// program is the path of keyfob or keyfobd.
func program(t *testing.T, name string) string {
	t.Helper()
	must(t, built())
	return filepath.Join(bin, name)
}
