package credentials_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// between lets each connection of the program through to its bus, and calls
// first before it does.
func (d *desktop) between(first func()) (address string) {
	d.t.Helper()
	path := filepath.Join(d.home, "between")
	listener, err := new(net.ListenConfig).Listen(d.t.Context(), "unix", path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = listener.Close() })
	bus, _, _ := strings.Cut(strings.TrimPrefix(d.address(), "unix:path="), ",")
	go func() {
		for {
			program, err := listener.Accept()
			if err != nil {
				return
			}
			first()
			go join(d.t.Context(), program, bus)
		}
	}()
	return "unix:path=" + path
}

func join(ctx context.Context, program net.Conn, path string) {
	defer func() { _ = program.Close() }()
	bus, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return
	}
	defer func() { _ = bus.Close() }()
	go func() {
		_, _ = io.Copy(bus, program)
		_ = bus.Close()
	}()
	_, _ = io.Copy(program, bus)
}

// spoil is what becomes of b in a real keyring once it has done as it was asked
// and said yes, and before the program looks.
type spoil struct {
	how  string
	do   func(d *desktop)
	want string
}

// security requirement 8
func TestARealKeyringThatWritesAndThenFailsIsFoundOut(t *testing.T) {
	for _, s := range []spoil{
		{"deletes it", func(d *desktop) { d.secretTool("", "clear") }, "not kept"},
		{"has another", func(d *desktop) { d.secretTool("other", "store", "--label=other") }, "not kept"},
		{"locks", (*desktop).lock, "dismissed"}, // there is no screen to ask on
		{"dies", (*desktop).die, "unavailable"},
	} {
		t.Run(s.how, func(t *testing.T) { s.after(t, request{Op: "set", Key: "b", Value: "new"}, "new") })
	}
}

func TestARealKeyringThatDeletesAndThenFailsIsFoundOut(t *testing.T) {
	for _, s := range []spoil{
		{"has it again", func(d *desktop) { d.secretTool("old", "store", "--label=old") }, "not deleted"},
		{"dies", (*desktop).die, "unavailable"},
	} {
		t.Run(s.how, func(t *testing.T) { s.after(t, request{Op: "delete", Key: "b"}, "") })
	}
}

// after asks for r, and spoils it as soon as the keyring has done it.
func (s spoil) after(t *testing.T, r request, done string) {
	t.Helper()
	d := newDesktop(t).withBus().withKeyring()
	d.secretTool("old", "store", "--label=old")
	spoilt := make(chan bool, 1)
	address := d.between(func() {
		if len(spoilt) == 0 && d.lookup("b") == done {
			spoilt <- true
			s.do(d)
		}
	})
	d.withChild("DBUS_SESSION_BUS_ADDRESS=" + address)
	d.want(r, response{Err: s.want})
	if len(spoilt) == 0 {
		t.Error("the program did not look")
	}
}

// secretTool is another program at b.
func (d *desktop) secretTool(value string, args ...string) {
	cmd := d.command("secret-tool", append(args, "service", "keyfob test", "username", "b")...)
	cmd.Stdin = strings.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Errorf("%v: %v, %s", args, err, out)
	}
}

func (d *desktop) die() {
	_ = d.daemon.Process.Kill()
	_ = d.daemon.Wait()
}
