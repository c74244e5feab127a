//go:build !windows

package crash

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// canary is what no crash may tell.
const canary = "enrt_pCANARYcanary0123456789CANARYcanary0123456789"

type badError struct{ token string }

func (e badError) Error() string { return "refused: " + e.token + "\nfatal error: " + e.token }

// ways are those in which a program may crash with the canary in its hands.
var ways = map[string]func(){
	"string":     func() { panic(canary) },
	"error":      func() { panic(badError{canary}) },
	"wrapped":    func() { panic(fmt.Errorf("cannot: %w", badError{canary})) },
	"structure":  func() { panic(struct{ token string }{canary}) },
	"lines":      func() { panic("x\ngoroutine 1 [running]:\n" + canary + "()\n\t" + canary + ".go:1") },
	"index":      func() { fmt.Println([]byte(canary)[len(os.Args)+100]) },
	"assertion":  func() { fmt.Println(any(canary).(error)) },
	"array":      func() { array([48]byte([]byte(canary)), nil) },
	"repanicked": func() { defer func() { panic(recover()) }(); panic(badError{canary}) },
}

//go:noinline
func array(_ [48]byte, p *int) { *p++ }

// below are crashes that no recover catches.
var below = map[string]func(){
	"fatal": func() {
		m := map[string]string{"token": canary}
		for range 8 {
			go func() {
				for {
					m["token"] = canary
				}
			}()
		}
		select {}
	},
	"stack": func() {
		debug.SetMaxStack(64 << 10)
		fmt.Println(deep(canary, 0))
	},
	"signal": func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
		select {}
	},
}

// deep calls itself without end.
func deep(s string, n int) int { return again(s, n+1) + len(s) }

var again func(string, int) int

func init() { again = deep }

// The programs that crash are this one, started again: with a directory, a way,
// and whether a Guard is there.
func TestMain(m *testing.M) {
	if Watching() {
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "crash" {
		Keep(os.Args[2], "keyfob test", func() { fmt.Println("last words") })
		if err := Watch(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
		crash(os.Args[3])
	}
	os.Exit(m.Run())
}

func crash(way string) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		if f := ways[strings.TrimPrefix(way, "unguarded ")]; !strings.HasPrefix(way, "unguarded ") && f != nil {
			defer Guard()
			f()
		} else if f != nil {
			f()
		}
		below[way]()
	}()
	<-end
}

// crashed runs a program that crashes and answers what it printed and wrote.
func crashed(t *testing.T, way string) (printed, file string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "crashes")
	out, err := exec.CommandContext(t.Context(), os.Args[0], "crash", dir, way).CombinedOutput() //nolint:gosec // itself
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != Exit {
		t.Errorf("it ends with %v", err)
	}
	for range 200 { // the watcher writes when the program is gone
		all, err := files(dir)
		if err != nil || len(all) > 1 {
			t.Fatal(all, err)
		}
		if len(all) == 1 {
			if text, err := os.ReadFile(all[0]); err == nil && len(text) > 0 {
				return string(out), string(text)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("there is no crash file; it printed:\n%s", out)
	return "", ""
}

// security requirement 15
func TestAPanicIsToldWithoutItsValue(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) {
			printed, file := crashed(t, way)
			for what, text := range map[string]string{"printed": printed, "written": file} {
				tellsNothing(t, what, text)
				tells(t, what, text, "panic: ", "internal/crash.crash.func1", "crash_test.go:")
			}
			tells(t, "printed", printed, "last words")
			tells(t, "written", file, "keyfob test ended by a bug at 2", runtime.Version())
		})
	}
}

// security requirement 15
func TestWhatNothingCatchesIsWrittenDownWithoutValues(t *testing.T) {
	for way := range below {
		t.Run(way, func(t *testing.T) {
			_, file := crashed(t, way)
			tellsNothing(t, "written", file)
			tells(t, "written", file, "goroutine ", "crash_test.go:")
		})
	}
	for way := range ways {
		t.Run("unguarded "+way, func(t *testing.T) {
			printed, file := crashed(t, "unguarded "+way)
			tellsNothing(t, "written", file)
			tells(t, "written", file, "panic: ", "internal/crash.crash.func1")
			if slices.Contains([]string{"string", "error", "wrapped", "lines"}, way) && !strings.Contains(printed, canary) {
				t.Error("Go itself does not print the value: the search proves nothing")
			}
		})
	}
}

func tells(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%s is no %q:\n%s", what, w, text)
		}
	}
}

// tellsNothing looks for the canary whole, in part, as numbers and as words of memory.
func tellsNothing(t *testing.T, what, text string) {
	t.Helper()
	for _, sign := range []string{canary, "CANARY", "canary", "0x43, 0x41", "4e4143"} {
		if strings.Contains(text, sign) {
			t.Errorf("%s is %q:\n%s", what, sign, text)
		}
	}
}

func TestOnlyTheLastCrashesAreKept(t *testing.T) {
	dir := t.TempDir()
	for i := range kept + 3 {
		must(t, write(dir, "keyfob", fmt.Sprint("number ", i, strings.Repeat(" long", maximum))))
	}
	all, err := files(dir)
	must(t, err)
	if len(all) != kept {
		t.Errorf("%d files are kept", len(all))
	}
	for i, file := range all {
		info, err := os.Stat(file)
		must(t, err)
		if info.Size() > maximum || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has %d bytes and mode %v", file, info.Size(), info.Mode())
		}
		text, err := os.ReadFile(file)
		must(t, err)
		if want := fmt.Sprint("number ", i+3, " "); !strings.Contains(string(text), want) {
			t.Errorf("%s is not %s", file, want)
		}
	}
}

func TestACrashIsToldOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with [signs]* of patterns")
	if file, _ := Untold(dir); file != "" {
		t.Errorf("before any crash there is %s", file)
	}
	must(t, write(dir, "keyfob", "first"))
	file, text := Untold(dir)
	if !strings.Contains(text, "first") {
		t.Errorf("told is %q of %s", text, file)
	}
	must(t, Told(file))
	if file, _ := Untold(dir); file != "" {
		t.Errorf("it is told again: %s", file)
	}
	must(t, write(dir, "keyfob", "second"))
	if _, text := Untold(dir); !strings.Contains(text, "second") {
		t.Errorf("then told is %q", text)
	}
}

// The message of a crash never comes through, whatever it is.
func FuzzNothingOfAMessageIsKept(f *testing.F) {
	for _, seed := range []string{canary, "a\nfatal error: b", "[signal x]", "\r\ngoroutine 1 [running]:", "main.f()"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		indented := strings.ReplaceAll(message, "\n", "\n\t") // as Go prints a value of several lines
		for _, form := range []string{"panic: %s", "panic: main.T(\"%s\")", "panic: %s [recovered, repanicked]"} {
			got := scrub(fmt.Appendf(nil, form+"\n\ngoroutine 7 [running]:\nmain.f(0x1)\n\t/a/b.go:3 +0x1d\n", indented))
			want := "panic: where nothing of ours could catch it\n\ngoroutine 7 [running]:\nmain.f\n\t/a/b.go:3\n"
			if string(got) != want {
				t.Errorf("of %q is kept:\n%s", message, got)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
