package harden

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The programs under test are this one, started again: they make a canary that
// is in no file, harden themselves or not, and wait for their input to end; or
// search the memory of such a one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "hold-") {
		hold(os.Args[1] == "hold-hardened")
	}
	if len(os.Args) == 3 && os.Args[1] == "search" {
		search(os.Args[2])
	}
	os.Exit(m.Run())
}

func hold(hardened bool) {
	if hardened {
		if err := Process(); err != nil {
			panic(err)
		}
	}
	// Where only parents may trace, this one lets all of the user's try.
	_ = unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0)
	canary := []byte(rand.Text())
	fmt.Println(string(canary))
	_, _ = io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(canary)
	os.Exit(0)
}

type holder struct {
	pid    int
	canary string
}

// nobody is a user without rights, whom the capabilities of a test run by root
// do not help.
const nobody = 65534

func start(t *testing.T, how string, env ...string) holder {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), how)
	cmd.Env = env
	as(cmd)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return holder{cmd.Process.Pid, strings.TrimSpace(line)}
}

// program is a copy of this program where everybody may run it.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	file := filepath.Join(open(t), "holder")
	must(t, os.WriteFile(file, self, 0o755))
	return file
}

// open is a directory that nobody, too, may use.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "harden")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o777))
	return dir
}

// as makes cmd run without root's rights, if the test has them.
func as(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

// finds reports whether another process of the same user finds the canary in
// the memory of h.
func finds(t *testing.T, h holder) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), "search", strconv.Itoa(h.pid))
	cmd.Stdin = strings.NewReader(h.canary)
	as(cmd)
	out, err := cmd.CombinedOutput()
	t.Logf("searching: %v: %s", err, out)
	return err == nil
}

// search looks through the private memory of a process for what it is given.
func search(pid string) {
	canary, err := io.ReadAll(os.Stdin)
	check(err)
	maps, err := os.ReadFile("/proc/" + pid + "/maps")
	check(err)
	memory, err := os.Open("/proc/" + pid + "/mem")
	check(err)
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || rights != "rw-p" || to-from > 1<<27 {
			continue
		}
		part := make([]byte, to-from)
		if n, _ := memory.ReadAt(part, from); bytes.Contains(part[:n], canary) {
			os.Exit(0)
		}
	}
	os.Exit(3)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// security requirement 15
func TestADebuggerOfTheUserGetsNoDump(t *testing.T) {
	h := start(t, "hold-hardened")
	dir := open(t)
	cmd := exec.CommandContext(t.Context(), "gcore", "-o", filepath.Join(dir, "core"), strconv.Itoa(h.pid))
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	as(cmd)
	said, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "Operation not permitted") {
		t.Errorf("gcore: %v, and says:\n%s", err, said)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "core*")); err != nil || len(left) > 0 {
		t.Errorf("it wrote %q, %v", left, err)
	}
}

// security requirement 15; a program that is not hardened shows that the search finds.
func TestMemoryIsClosedToOtherProcessesOfTheUser(t *testing.T) {
	for how, want := range map[string]bool{"hold-hardened": false, "hold-plain": true} {
		if got := finds(t, start(t, how)); got != want {
			t.Errorf("%s: the canary is found: %v", how, got)
		}
	}
}

// security requirement 15
func TestCoreFilesMayHoldNothing(t *testing.T) {
	if got := coreLimit(t, start(t, "hold-hardened").pid); got != "0" {
		t.Errorf("the limit of core files is %s", got)
	}
}

// Portals would not serve a sandboxed program that they cannot look at.
func TestInASandboxOnlyCoreDumpsAreOff(t *testing.T) {
	for _, sandbox := range []string{"SNAP=/snap/keyfob/1", "FLATPAK_ID=io.github.keyfob.Keyfob"} {
		h := start(t, "hold-hardened", sandbox)
		if got := coreLimit(t, h.pid); got != "0" {
			t.Errorf("%s: the limit of core files is %s", sandbox, got)
		}
		if !finds(t, h) {
			t.Errorf("%s: it is not dumpable", sandbox)
		}
	}
}

// coreLimit is the hard limit of a process's core files.
func coreLimit(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			return strings.Fields(rest)[1]
		}
	}
	t.Fatal("no limit of core files is listed")
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
