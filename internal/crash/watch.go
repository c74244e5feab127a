package crash

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// watchCommand is the first argument of the program when it watches another run.
const watchCommand = "watch-for-crash"

// Watch has the program watched by a second process of it, since a program
// that crashes below Go, or in a goroutine of a library, has no more code of
// its own that could leave values out. Go prints such a crash into a pipe; the
// watcher writes down where it was. Call it after Keep; the watcher ends with
// the program.
func Watch() error {
	mu.Lock()
	defer mu.Unlock()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() {
		_ = r.Close()
		_ = w.Close() // SetCrashOutput has its own
	}()
	watcher := exec.Command(self, watchCommand, folder, program) //nolint:gosec,noctx // itself, and for as long as it runs
	watcher.Stdin = r
	if err := debug.SetCrashOutput(w, debug.CrashOptions{}); err != nil {
		return err
	}
	if err := watcher.Start(); err != nil {
		return errors.Join(err, debug.SetCrashOutput(nil, debug.CrashOptions{}))
	}
	return watcher.Process.Release()
}

// Watching is true, after all is done, in a process that was started by Watch.
func Watching() bool {
	if len(os.Args) != 4 || os.Args[1] != watchCommand {
		return false
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // a terminal sends them to both; the program decides
	printed, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err == nil && len(printed) > 0 {
		_ = write(os.Args[2], os.Args[3], string(scrub(printed)))
	}
	return true
}
