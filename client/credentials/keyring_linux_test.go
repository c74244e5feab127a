package credentials_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const patience = 500 * time.Millisecond

// security requirement 8, requirement 8
func TestARealKeyringKeepsAndForgets(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "probe"}, response{})
	d.want(request{Op: "get", Key: "a"}, response{Err: "not found"})
	d.want(request{Op: "delete", Key: "a"}, response{})

	long := strings.Repeat("ü", 512) // 1024 bytes
	for _, value := range []string{"canary-first", "canary-second", `{"quotes":"\" ' $x"}`, long} {
		d.want(request{Op: "set", Key: "a", Value: value}, response{})
		d.want(request{Op: "get", Key: "a"}, response{Value: value})
		if got := d.lookup("a"); got != value {
			t.Errorf("another program finds %q, want %q", got, value)
		}
	}
	d.want(request{Op: "set", Key: "b", Value: "other"}, response{})
	d.want(request{Op: "delete", Key: "a"}, response{})
	d.want(request{Op: "get", Key: "a"}, response{Err: "not found"})
	d.want(request{Op: "get", Key: "b"}, response{Value: "other"})
	if got := d.lookup("a"); got != "" {
		t.Errorf("another program still finds %q", got)
	}
	assertNowhereOnDisk(t, d.home, "canary-first", "canary-second")
}

// security requirement 10
func TestARealKeyringIsNotHandedTooMuch(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "a", Value: strings.Repeat("x", 1025)}, response{Err: "too big"})
	if got := d.lookup("a"); got != "" {
		t.Errorf("the keyring has %d bytes", len(got))
	}
}

// Without a display gnome-keyring answers its own question with no.
func TestALockedKeyringLosesNothing(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "a", Value: "v"}, response{})
	d.lock()
	d.want(request{Op: "get", Key: "a"}, response{Err: "dismissed"})
	d.want(request{Op: "set", Key: "b", Value: "v"}, response{Err: "dismissed"})
	d.want(request{Op: "delete", Key: "a"}, response{Err: "dismissed"})
}

func TestWithoutASecretServiceThereIsNoKeyring(t *testing.T) {
	d := newDesktop(t).withBus().withChild()
	for _, op := range []string{"probe", "get", "set", "delete"} {
		d.want(request{Op: op, Key: "a", Value: "v"}, response{Err: "unavailable"})
	}
}

// A bus that was started along the way would outlive the program.
func TestWithoutASessionBusNoneIsStarted(t *testing.T) {
	d := newDesktop(t)
	bin, launched := filepath.Join(d.home, "bin"), filepath.Join(d.home, "launched")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ntouch " + launched + "\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "PATH="+bin+":"+os.Getenv("PATH"))
	d.withChild()
	for _, op := range []string{"probe", "get", "set", "delete"} {
		d.want(request{Op: op, Key: "a", Value: "v"}, response{Err: "unavailable"})
	}
	if _, err := os.Stat(launched); err == nil {
		t.Error("a session bus was launched")
	}
}

func TestAKeyringThatHangsIsGivenUpAndComesBack(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "a", Value: "v"}, response{})
	d.freeze()
	for range 2 { // the second waits behind the first
		d.want(request{Op: "get", Key: "a", Patience: patience}, response{Err: "timeout"})
	}
	d.thaw()
	d.want(request{Op: "get", Key: "a"}, response{Value: "v"})
}

// The caller was told that it is not kept, and may have a newer one since.
func TestWhatAKeyringKeepsTooLateIsTakenBack(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "other", Value: "v"}, response{})
	d.freeze()
	d.want(request{Op: "set", Key: "a", Value: "late", Patience: patience}, response{Err: "timeout"})
	d.thaw()
	d.want(request{Op: "get", Key: "a"}, response{Err: "not found"})
	if got := d.lookup("a"); got != "" {
		t.Errorf("the keyring has %q", got)
	}
}

func TestAKeyringThatDiesIsUnavailable(t *testing.T) {
	d := newDesktop(t).withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "a", Value: "v"}, response{})
	if err := d.daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.daemon.Wait()
	d.want(request{Op: "get", Key: "a"}, response{Err: "unavailable"})
	d.withKeyring()
	d.want(request{Op: "get", Key: "a"}, response{Value: "v"})
}

// security requirement 7
func assertNowhereOnDisk(t *testing.T, root string, canaries ...string) {
	t.Helper()
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		for _, c := range canaries {
			if bytes.Contains(b, []byte(c)) {
				t.Errorf("%s holds %q", path, c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
