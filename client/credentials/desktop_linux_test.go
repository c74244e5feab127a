package credentials_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"keyfob/client"
	"keyfob/client/credentials"
)

// The keyring library keeps one connection to the session bus per process, so
// each test speaks to its bus from a process of its own: this test binary,
// started as a child.
func TestMain(m *testing.M) {
	if os.Getenv("KEYFOB_TEST_CHILD") != "" {
		child(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

type request struct {
	Op, Key, Value string
	Patience       time.Duration // 0: the Keyring's own
}

type response struct{ Value, Err string }

// names are how errors cross the pipe.
var names = []struct {
	name string
	err  error
}{
	{"not found", credentials.ErrNotFound},
	{"dismissed", credentials.ErrDismissed},
	{"unavailable", credentials.ErrUnavailable},
	{"timeout", credentials.ErrTimeout},
	{"too big", credentials.ErrTooBig},
	{"not kept", credentials.ErrNotKept},
	{"not deleted", credentials.ErrNotDeleted},
}

// child serves requests with a real Keyring until its input ends.
func child(in io.Reader, out io.Writer) {
	k := credentials.NewKeyring("keyfob test")
	enc := json.NewEncoder(out)
	for dec := json.NewDecoder(in); ; {
		var r request
		if dec.Decode(&r) != nil {
			return
		}
		_ = enc.Encode(serve(k, r))
	}
}

func serve(k *credentials.Keyring, r request) response {
	ctx := context.Background()
	if r.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Patience)
		defer cancel()
	}
	var value client.Secret
	var err error
	switch r.Op {
	case "get":
		value, err = k.Get(ctx, r.Key)
	case "set":
		err = k.Set(ctx, r.Key, client.NewSecret(r.Value))
	case "delete":
		err = k.Delete(ctx, r.Key)
	case "probe":
		err = credentials.Probe(ctx)
	}
	if err == nil {
		return response{Value: value.Reveal()}
	}
	for _, n := range names {
		if errors.Is(err, n.err) {
			return response{Err: n.name}
		}
	}
	return response{Err: err.Error()}
}

// desktop is a home, perhaps with a session bus and a keyring, and a process
// in it that has a Keyring.
type desktop struct {
	t      *testing.T
	home   string
	env    []string
	bus    *dbus.Conn
	daemon *exec.Cmd
	in     *json.Encoder
	out    *json.Decoder
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=%[1]s</listen><servicedir>%[1]s/services</servicedir><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	// Short, because the names of sockets are.
	home, err := os.MkdirTemp("", "kf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	d := &desktop{t: t, home: home}
	for _, dir := range []string{"run", "data", "config", "cache"} {
		if err := os.Mkdir(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.env = []string{
		"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "XDG_DATA_HOME=" + filepath.Join(home, "data"),
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8",
	}
	return d
}

// withBus starts a private session bus, on which nothing is activatable but
// what the test has put among its home's services.
func (d *desktop) withBus() *desktop {
	d.t.Helper()
	conf := filepath.Join(d.home, "bus.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, busConfig, d.home), 0o600); err != nil {
		d.t.Fatal(err)
	}
	cmd := d.command("dbus-daemon", "--config-file="+conf, "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	d.start(cmd)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		d.t.Fatalf("the bus did not start: %v", err)
	}
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address))
	if d.bus, err = dbus.Connect(strings.TrimSpace(address)); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = d.bus.Close() })
	return d
}

// withKeyring starts a real gnome-keyring, unlocked.
func (d *desktop) withKeyring() *desktop {
	d.t.Helper()
	changes := make(chan *dbus.Signal, 32)
	d.bus.Signal(changes)
	defer d.bus.RemoveSignal(changes)
	if err := d.bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		d.t.Fatal(err)
	}
	d.daemon = d.command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	d.daemon.Stdin = strings.NewReader(password)
	d.start(d.daemon)
	deadline := time.After(30 * time.Second)
	for {
		select {
		case s := <-changes:
			if s.Body[0] == "org.freedesktop.secrets" && s.Body[2] != "" {
				return d
			}
		case <-deadline:
			d.t.Fatal("gnome-keyring did not come up")
		}
	}
}

// withChild starts the process that has the Keyring.
func (d *desktop) withChild(env ...string) *desktop {
	d.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := d.command(exe)
	cmd.Env = append(append(cmd.Env, "KEYFOB_TEST_CHILD=1"), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	d.start(cmd)
	d.in, d.out = json.NewEncoder(in), json.NewDecoder(out)
	return d
}

// want asks and compares.
func (d *desktop) want(r request, want response) {
	d.t.Helper()
	d.wantAmid(r, func() {}, want)
}

// wantAmid asks, does something before it hears the answer, and compares.
func (d *desktop) wantAmid(r request, do func(), want response) {
	d.t.Helper()
	var got response
	if err := d.in.Encode(r); err != nil {
		d.t.Fatal(err)
	}
	do()
	if err := d.out.Decode(&got); err != nil {
		d.t.Fatal(err)
	}
	if got != want {
		d.t.Errorf("%s %s: got %q %q, want %q %q", r.Op, r.Key, got.Value, got.Err, want.Value, want.Err)
	}
}

// lookup is what another program finds in the keyring.
func (d *desktop) lookup(key string) string {
	d.t.Helper()
	out, err := d.command("secret-tool", "lookup", "service", "keyfob test", "username", key).Output()
	if _, isExit := errors.AsType[*exec.ExitError](err); err != nil && !isExit {
		d.t.Fatal(err)
	}
	return string(out)
}

// lock locks the keyring, as a screen lock may.
func (d *desktop) lock() {
	d.t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	call := d.bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call(
		"org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"})
	if err := call.Store(&locked, &prompt); err != nil || len(locked) != 1 {
		d.t.Fatalf("locking: %v, %v", locked, err)
	}
}

// freeze makes the keyring hang; thaw lets it go on.
func (d *desktop) freeze() { d.signal(syscall.SIGSTOP) }
func (d *desktop) thaw()   { d.signal(syscall.SIGCONT) }

func (d *desktop) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.daemon.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(d.t.Context(), name, args...)
	cmd.Env = append([]string{}, d.env...)
	cmd.Dir = d.home
	return cmd
}

// start starts cmd and sees to its end.
func (d *desktop) start(cmd *exec.Cmd) {
	d.t.Helper()
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}
