//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/internal/xtest"
)

// patience is how long anything may take to come true. Generous, for a busy
// machine with two cores: nothing waits so long unless it has failed.
const patience = 60 * time.Second

// desktop is one person's machine: a home, an X server with a window manager,
// a session bus and, unless left out, an unlocked keyring.
type desktop struct {
	t    *testing.T
	home string // everything that programs write is below it
	logs string // what programs printed; kept if the test fails
	x    xtest.Display
	env  []string
	stop []func() // one for each program, in the order of their start
	read []string // every text that was read on the screen
}

// withoutKeyring leaves the keyring out: the bus has no Secret Service.
const withoutKeyring = false

func newDesktop(t *testing.T, keyring bool, env ...string) *desktop {
	t.Helper()
	d := &desktop{t: t, home: temporary(t), logs: filepath.Join(artifacts, t.Name()), x: xtest.Start(t)}
	must(t, os.RemoveAll(d.logs))
	must(t, os.MkdirAll(d.logs, 0o755))
	t.Cleanup(d.end)
	bus := filepath.Join(d.home, "run", "bus")
	d.env = d.x.Env(append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + d.home,
		"GORACE=exitcode=0", // races are looked for in what it prints
		"XDG_CONFIG_HOME=" + d.folder("config"),
		"XDG_DATA_HOME=" + d.folder("data"),
		"XDG_CACHE_HOME=" + d.folder("cache"),
		"XDG_STATE_HOME=" + d.folder("state"),
		"XDG_RUNTIME_DIR=" + d.folder("run"),
		"TMPDIR=" + d.folder("tmp"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + bus,
		"LANG=en_US.UTF-8",
		"LIBGL_ALWAYS_SOFTWARE=1",
		"FYNE_SCALE=1",
		"FYNE_THEME=light",
	}, env...))
	// Without animations a picture that does not change is a program at rest.
	d.write("config/fyne/settings.json", `{"no_animations": true}`)
	d.startBus(bus)
	if keyring {
		d.startKeyring()
	}
	d.startWindowManager()
	return d
}

// temporary is a folder with a short name: paths of sockets have at most 107
// characters, which t.TempDir may exceed.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (d *desktop) folder(name string) string {
	d.t.Helper()
	dir := filepath.Join(d.home, name)
	must(d.t, os.MkdirAll(dir, 0o700))
	return dir
}

func (d *desktop) write(name, content string) string {
	d.t.Helper()
	file := filepath.Join(d.home, name)
	must(d.t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(d.t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// startBus starts a session bus that starts nothing by itself, so that a test
// has exactly the services it asked for.
func (d *desktop) startBus(socket string) {
	d.t.Helper()
	config := d.write("run/bus.conf", `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=`+socket+`</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`)
	d.start("bus", nil, "dbus-daemon", "--nofork", "--config-file="+config)
	eventually(d.t, "the bus answers", func() error { return d.bus("ListNames") })
}

func (d *desktop) startKeyring() {
	d.t.Helper()
	d.start("keyring", strings.NewReader("a password"),
		"gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	eventually(d.t, "the keyring is on the bus", func() error {
		return d.bus("GetNameOwner", "string:org.freedesktop.secrets")
	})
}

func (d *desktop) bus(method string, args ...string) error {
	_, err := d.output("dbus-send", append([]string{
		"--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus." + method,
	}, args...)...)
	return err
}

// startWindowManager starts openbox, which gives every window the whole screen.
func (d *desktop) startWindowManager() {
	d.t.Helper()
	config := d.write("config/openbox/rc.xml", `<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
<keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
<applications><application class="*"><decor>no</decor><maximized>yes</maximized><focus>yes</focus></application></applications>
</openbox_config>`)
	d.start("openbox", nil, "openbox", "--config-file", config)
	eventually(d.t, "the window manager is there", func() error {
		_, err := d.output("xdotool", "get_num_desktops")
		return err
	})
}

// process is a program that runs until it ends or the test does.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone
}

// start starts a program that is stopped when the test ends. What it prints
// goes to a log.
func (d *desktop) start(name string, in io.Reader, command ...string) *process {
	d.t.Helper()
	log, err := os.OpenFile(filepath.Join(d.logs, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(d.t, err)
	p := &process{cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = d.env, d.home, in, log, log
	must(d.t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		_ = log.Close()
		close(p.ended)
	}()
	d.stop = append(d.stop, func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// output runs a program to its end and answers what it printed.
func (d *desktop) output(command string, args ...string) (string, error) {
	cmd := exec.CommandContext(d.t.Context(), command, args...)
	cmd.Env, cmd.Dir = d.env, d.home
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %q: %w: %s", command, args, err, complaints.String())
	}
	return string(out), nil
}

// do is output for what must succeed.
func (d *desktop) do(command string, args ...string) string {
	d.t.Helper()
	out, err := d.output(command, args...)
	must(d.t, err)
	return out
}

// end takes a last picture if the test failed, then stops everything.
func (d *desktop) end() {
	if d.t.Failed() {
		if err := d.x.Screenshot(filepath.Join(d.logs, "screen.png")); err != nil {
			d.t.Log(err)
		}
		d.t.Logf("the screen and the logs are in build/e2e/%s", d.t.Name())
	}
	for _, stop := range slices.Backward(d.stop) {
		stop()
	}
	for _, complaint := range []string{"DATA RACE", "panic:", "Error in Fyne call thread"} {
		if strings.Contains(d.complaints(), complaint) {
			d.t.Errorf("keyfob printed %q: see its log in build/e2e/%s", complaint, d.t.Name())
		}
	}
	if !d.t.Failed() {
		_ = os.RemoveAll(d.logs)
	}
}

// complaints is what the program has printed, without the race that is Fyne's
// own at its end: it closes a queue into which it may just have sent.
func (d *desktop) complaints() string {
	const line = "=================="
	var left []string
	for part := range strings.SplitSeq(d.log("keyfob"), line) {
		queue := strings.Contains(part, "UnboundedChan") && strings.Contains(part, "(*Lifecycle).RunEventQueue")
		if !queue {
			left = append(left, part)
		}
	}
	return strings.Join(left, line)
}

// eventually waits until check finds nothing to complain about.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	end := time.After(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-end:
			t.Fatalf("waited %s in vain until %s: %v", patience, what, err)
		case <-poll.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
