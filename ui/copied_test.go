package ui

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/internal/screenlock"
	"keyfob/internal/xtest"
	"keyfob/ui/clipboard"
	"keyfob/ui/lock"
	"keyfob/ui/uitest"
)

// display is a clipboard of the test's own.
func display(t *testing.T) {
	t.Helper()
	t.Setenv("DISPLAY", xtest.Start(t).Name)
	t.Setenv("WAYLAND_DISPLAY", "")
}

// copies puts something on the clipboard that the program is to take back.
func (d *desk) copies() clipboard.Loan {
	d.t.Helper()
	loan, err := d.ui.cfg.Clipboard.Copy(d.t.Context(), client.NewSecret("enrt_test_value"))
	if err != nil {
		d.t.Fatal(err)
	}
	if pasted() != "enrt_test_value" {
		d.t.Fatal("it is not on the clipboard")
	}
	return loan
}

// pasted is what another program gets, if anything.
func pasted() string {
	out, _ := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", "UTF8_STRING").Output()
	return string(out)
}

func otherProgramCopies(t *testing.T, text string) {
	t.Helper()
	other := exec.Command("xclip", "-selection", "clipboard", "-i")
	other.Stdin = strings.NewReader(text)
	if err := other.Run(); err != nil {
		t.Fatal(err)
	}
	for pasted() != text { // it may come back before it has the clipboard
		runtime.Gosched()
	}
}

// takesItBack fails unless do, which ends on screen with a text, takes back what was copied, and leaves what another
// program has copied since.
func (d *desk) takesItBack(do func(), onScreen string, again func()) {
	d.t.Helper()
	loan := d.copies()
	do()
	d.Has(onScreen)
	d.wantEnded(loan, clipboard.Cleared, "")
	again()
	loan = d.copies()
	otherProgramCopies(d.t, "another program's")
	do()
	d.Has(onScreen)
	d.wantEnded(loan, clipboard.Replaced, "another program's")
}

// wantEnded does not wait for the time to take it back that there is anyway.
func (d *desk) wantEnded(loan clipboard.Loan, want clipboard.End, left string) {
	d.t.Helper()
	select {
	case how := <-loan.End:
		if how != want {
			d.t.Errorf("the copy ended as %d, want %d", how, want)
		}
	default:
		d.t.Error("nobody took it back")
	}
	if pasted() != left {
		d.t.Errorf("%d bytes are on the clipboard, want %d", len(pasted()), len(left))
	}
}

// unlocks is by the keyring.
func (d *desk) unlocks() {
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
}

// security requirement 4
func TestSigningOutTakesACopyBackIfItIsStillThere(t *testing.T) {
	display(t)
	d := signedIn(t)
	d.takesItBack(d.ui.signOut, "Use the built-in server", func() { d.Tap("Use the built-in server") })
}

// security requirement 4
func TestALockTakesACopyBackIfItIsStillThere(t *testing.T) {
	display(t)
	d := signedIn(t)
	d.takesItBack(func() { d.Shortcut(fyne.KeyL) }, isLocked, d.unlocks)
}

// security requirement 4
func TestTheIdleLockTakesACopyBackIfItIsStillThere(t *testing.T) {
	display(t)
	d := signedIn(t)
	unused := func() { // as long as it may be
		d.ui.idle = lock.NewIdle(func() time.Duration { return time.Nanosecond }, d.ui.Lock)
		d.ui.idle.Start()
		d.isLockedSoon()
		d.ui.idle = lock.NewIdle(func() time.Duration { return 0 }, d.ui.Lock)
	}
	d.takesItBack(unused, isLocked, d.unlocks)
}

// security requirement 4
func TestTheDesktopsLockTakesACopyBackIfItIsStillThere(t *testing.T) {
	display(t)
	sessionBus(t)
	d := signedIn(t)
	screenlock.Watch(t.Context(), d.ui.Lock)
	for strings.HasSuffix(rules(t), "uint32 0") { // a signal that nobody listens for is lost
		runtime.Gosched()
	}
	desktopLocks := func() {
		send(t, "/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", "boolean:true")
		d.isLockedSoon()
	}
	d.takesItBack(desktopLocks, isLocked, d.unlocks)
}

// isLockedSoon waits for a lock that no task of ours brings.
func (d *desk) isLockedSoon() {
	for d.ui.locked == nil {
		runtime.Gosched()
		uitest.Settle()
	}
}

func send(t *testing.T, message ...string) string {
	t.Helper()
	out, err := exec.Command("dbus-send", message...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// rules is how much is listened for on the bus.
func rules(t *testing.T) string {
	t.Helper()
	stats := send(t, "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats.GetStats")
	_, after, _ := strings.Cut(stats, `"MatchRules"`)
	line, _, _ := strings.Cut(strings.TrimLeft(after, " \n"), "\n")
	return strings.TrimSpace(line)
}

// sessionBus starts a bus that this process and dbus-send use.
func sessionBus(t *testing.T) {
	t.Helper()
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address := make([]byte, 1024)
	n, err := out.Read(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(string(address[:n])))
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
}
