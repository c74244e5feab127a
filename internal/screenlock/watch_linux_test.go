package screenlock

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const config = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=SOCKET</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`

// bus starts a bus and answers its address and a connection to it.
func bus(t *testing.T) (address string, conn *dbus.Conn) {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf") // a socket's path is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket, file := filepath.Join(dir, "bus"), filepath.Join(dir, "conf")
	must(t, os.WriteFile(file, []byte(strings.Replace(config, "SOCKET", socket, 1)), 0o600))
	daemon := exec.Command("dbus-daemon", "--nofork", "--config-file="+file)
	must(t, daemon.Start())
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address = "unix:path=" + socket
	for {
		conn, err := dbus.Connect(address)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return address, conn
		}
		select {
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// desk is a desktop that says what it does, and what the program heard.
type desk struct {
	t       *testing.T
	session *dbus.Conn
	login   *dbus.Conn
	locked  chan bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, locked: make(chan bool, 16)}
	var address string
	address, d.session = bus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	address, d.login = bus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	t.Setenv("XDG_SESSION_ID", "7")
	_, err := d.login.RequestName(login, 0)
	must(t, err)
	must(t, d.login.Export(sessions{}, "/org/freedesktop/login1", manager))
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	Watch(ctx, func() { d.locked <- true })
	d.awaitRules(d.session, 1)
	d.awaitRules(d.login, 2)
	return d
}

type sessions struct{}

func (sessions) GetSession(id string) (dbus.ObjectPath, *dbus.Error) {
	return dbus.ObjectPath("/org/freedesktop/login1/session/_3" + id), nil
}

// awaitRules waits until somebody listens: signals before that are lost.
func (d *desk) awaitRules(conn *dbus.Conn, n int) {
	d.t.Helper()
	for {
		var stats map[string]dbus.Variant
		must(d.t, conn.BusObject().Call("org.freedesktop.DBus.Debug.Stats.GetStats", 0).Store(&stats))
		if rules, _ := stats["MatchRules"].Value().(uint32); int(rules) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (d *desk) says(conn *dbus.Conn, path dbus.ObjectPath, signal string, body ...any) {
	d.t.Helper()
	must(d.t, conn.Emit(path, signal, body...))
}

func (d *desk) hears() {
	d.t.Helper()
	select {
	case <-d.locked:
	case <-time.After(10 * time.Second):
		d.t.Error("it does not hear of the lock")
	}
}

func TestTheDesktopsLockIsHeard(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver"} {
		d.says(d.session, "/ScreenSaver", name+".ActiveChanged", false) // unlocked
		d.says(d.session, "/ScreenSaver", "org.example.Other.ActiveChanged", true)
		d.says(d.session, "/ScreenSaver", name+".ActiveChanged", true)
		d.hears()
	}
	d.hearsNoMore()
}

func TestLogindsLockAndSleepAreHeard(t *testing.T) {
	d := newDesk(t)
	d.says(d.login, "/org/freedesktop/login1/session/_38", session+".Lock") // another's
	d.says(d.login, "/org/freedesktop/login1", manager+".PrepareForSleep", false)
	d.says(d.login, "/org/freedesktop/login1/session/_37", session+".Lock")
	d.hears()
	d.says(d.login, "/org/freedesktop/login1", manager+".PrepareForSleep", true)
	d.hears()
	d.hearsNoMore()
}

// hearsNoMore: signals arrive in their order, so what came before the last one
// that was heard has been passed over.
func (d *desk) hearsNoMore() {
	d.t.Helper()
	if n := len(d.locked); n > 0 {
		d.t.Errorf("it hears of %d more", n)
	}
}

func TestWithoutABusNothingIsStarted(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	path := t.TempDir() // in place of the programs that could start one
	started := filepath.Join(path, "started")
	must(t, os.WriteFile(filepath.Join(path, "dbus-launch"), []byte("#!/bin/sh\n: >"+started+"\n"), 0o755))
	t.Setenv("PATH", path+":"+os.Getenv("PATH"))
	listen(t.Context(), func() { t.Error("it hears a lock") }, dbus.SessionBusPrivateNoAutoStartup, screenSaver)
	listen(t.Context(), func() { t.Error("it hears a lock") }, dbus.SystemBusPrivate, logind)
	if _, err := os.Stat(started); err == nil {
		t.Error("a bus was started")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
