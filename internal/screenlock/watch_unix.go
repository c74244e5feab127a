//go:build linux || freebsd || netbsd || openbsd || dragonfly

package screenlock

import (
	"context"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"

	"keyfob/internal/crash"
)

const (
	login   = "org.freedesktop.login1"
	manager = login + ".Manager"
	session = login + ".Session"
)

// watch listens on both buses, on connections of its own: the toolkit answers
// for what happens on the shared ones. A bus that is not there is not started.
func watch(ctx context.Context, do func()) {
	go listen(ctx, do, dbus.SessionBusPrivateNoAutoStartup, screenSaver)
	go listen(ctx, do, dbus.SystemBusPrivate, logind)
}

// connect opens a private connection to a bus.
type connect func(...dbus.ConnOption) (*dbus.Conn, error)

// subscribe asks for signals and answers which of them mean a lock.
type subscribe func(*dbus.Conn) (locks func(*dbus.Signal) bool, err error)

func listen(ctx context.Context, do func(), open connect, ask subscribe) {
	defer crash.Guard()
	conn, err := open(dbus.WithContext(ctx)) // ends with ctx
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	locks, err := ask(conn)
	if err != nil {
		return
	}
	for s := range signals { // closed with the connection
		if locks(s) {
			do()
		}
	}
}

// screenSaver is what desktops call their lock: org.freedesktop.ScreenSaver,
// org.gnome.ScreenSaver, and others of that name.
func screenSaver(conn *dbus.Conn) (func(*dbus.Signal) bool, error) {
	return isActive, conn.AddMatchSignal(dbus.WithMatchMember("ActiveChanged"))
}

func isActive(s *dbus.Signal) bool {
	return strings.HasSuffix(s.Name, ".ScreenSaver.ActiveChanged") && yes(s)
}

// logind asks the session to lock, and tells of sleep before it.
func logind(conn *dbus.Conn) (func(*dbus.Signal) bool, error) {
	own := ownSession(conn)
	locks := func(s *dbus.Signal) bool {
		switch s.Name {
		case session + ".Lock":
			return own == "" || s.Path == own
		case manager + ".PrepareForSleep":
			return yes(s)
		}
		return false
	}
	err := conn.AddMatchSignal(dbus.WithMatchSender(login), dbus.WithMatchInterface(session), dbus.WithMatchMember("Lock"))
	if err != nil {
		return nil, err
	}
	return locks, conn.AddMatchSignal(dbus.WithMatchSender(login), dbus.WithMatchInterface(manager), dbus.WithMatchMember("PrepareForSleep"))
}

// ownSession is the person's session; empty if it is not known: then the lock
// of any is taken for it.
func ownSession(conn *dbus.Conn) (path dbus.ObjectPath) {
	id := os.Getenv("XDG_SESSION_ID")
	if id == "" {
		return ""
	}
	_ = conn.Object(login, "/org/freedesktop/login1").Call(manager+".GetSession", dbus.FlagNoAutoStart, id).Store(&path)
	return path
}

func yes(s *dbus.Signal) bool {
	var on bool
	return dbus.Store(s.Body, &on) == nil && on
}
