//go:build linux || freebsd || netbsd || openbsd || dragonfly

package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

const promptInterface = "org.freedesktop.Secret.Prompt"

// gnomeKeyring is a name that gnome-keyring has besides.
const gnomeKeyring = "org.gnome.keyring"

const (
	connecting = 5 * time.Second // how long a session bus may take to let one in
	dismissing = 2 * time.Second // and a service to put a prompt away
)

// talk is one conversation with the Secret Service.
type talk struct {
	conn    *dbus.Conn
	owner   string // the service's own name on the bus: nobody else's signals count
	gnome   string // and gnome-keyring's, if it runs
	signals chan *dbus.Signal
}

// openTalk connects, even for a caller who is gone: what was begun is ended.
func openTalk(ctx context.Context) (*talk, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connecting)
	defer cancel()
	conn, err := connectBus(ctx)
	if err != nil {
		return nil, err
	}
	t := &talk{conn: conn, signals: make(chan *dbus.Signal, 16)}
	if err := t.listen(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// connectBus is a connection of the caller's own to the session bus. It starts
// no bus: one started along the way would outlive the program.
func connectBus(ctx context.Context) (*dbus.Conn, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end) // a bus that hangs in mid-handshake
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(life))
	if err != nil {
		end()
		return nil, fmt.Errorf("%w: no session bus: %w", ErrUnavailable, err)
	}
	err = conn.Auth(nil)
	if err == nil {
		err = conn.Hello()
	}
	if !stop() {
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		_ = conn.Close()
		end()
		return nil, fmt.Errorf("%w: session bus refuses: %w", ErrUnavailable, err)
	}
	return conn, nil
}

// listen starts the service, if it does not run, and hears its prompts and its end.
func (t *talk) listen() error {
	bus := t.conn.BusObject()
	_ = bus.Call("org.freedesktop.DBus.StartServiceByName", 0, secretService, uint32(0)).Err // fails for one that was started by hand
	t.conn.Signal(t.signals)
	if err := t.conn.AddMatchSignal(dbus.WithMatchInterface(promptInterface), dbus.WithMatchSender(secretService)); err != nil {
		return err
	}
	ends := []dbus.MatchOption{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretService)}
	if err := t.conn.AddMatchSignal(ends...); err != nil {
		return err
	}
	_ = bus.Call("org.freedesktop.DBus.GetNameOwner", 0, gnomeKeyring).Store(&t.gnome) // fails where there is none
	return bus.Call("org.freedesktop.DBus.GetNameOwner", 0, secretService).Store(&t.owner)
}

func (t *talk) close() { _ = t.conn.Close() }

func (t *talk) object(path dbus.ObjectPath) dbus.BusObject { return t.conn.Object(secretService, path) }

// prompt has the service ask the person and answers what came of it:
// ErrDismissed for a no. When ctx ends, the prompt is put away, if it can be.
func (t *talk) prompt(ctx context.Context, path dbus.ObjectPath) (dbus.Variant, error) {
	if path == noPath {
		return dbus.Variant{}, nil
	}
	if unasked(ctx) {
		return dbus.Variant{}, ErrAsks
	}
	if err := t.call(path, promptInterface+".Prompt", "").Err; err != nil {
		return dbus.Variant{}, err
	}
	over := ctx.Done()
	var gone <-chan time.Time
	for {
		select {
		case s, open := <-t.signals:
			if !open || t.ended(s) {
				return dbus.Variant{}, errors.New("the keyring went away")
			}
			if t.completes(s, path) {
				return outcome(s)
			}
		case <-over:
			// The answer is still waited for: it may have been yes by then.
			over, gone = nil, t.dismiss(path)
		case <-gone:
			return dbus.Variant{}, context.Cause(ctx)
		}
	}
}

// dismiss puts a prompt away and answers when that should be done. gnome-keyring
// 42 aborts when it is told to, and every program's keyring is locked then: its
// prompt stays, and is waited for, until the person answers it.
func (t *talk) dismiss(path dbus.ObjectPath) <-chan time.Time {
	if t.owner == t.gnome {
		return nil
	}
	t.object(path).Go(promptInterface+".Dismiss", dbus.FlagNoReplyExpected, nil)
	return time.After(dismissing)
}

// completes reports whether s ends this prompt and comes from the service.
func (t *talk) completes(s *dbus.Signal, path dbus.ObjectPath) bool {
	return s.Sender == t.owner && s.Path == path && s.Name == promptInterface+".Completed"
}

// ended reports whether s says that the service has left the bus.
func (t *talk) ended(s *dbus.Signal) bool {
	return s.Sender == "org.freedesktop.DBus" && s.Name == "org.freedesktop.DBus.NameOwnerChanged"
}

func outcome(s *dbus.Signal) (result dbus.Variant, err error) {
	var dismissed bool
	if err := dbus.Store(s.Body, &dismissed, &result); err != nil {
		return dbus.Variant{}, err
	}
	if dismissed {
		return dbus.Variant{}, ErrDismissed
	}
	return result, nil
}
