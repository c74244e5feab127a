//go:build !windows && !darwin

package clipboard

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.design/x/x11"
)

// On X11, looking whether the selection is still ours and emptying it are two
// steps, and another program may copy in between. The X server does it in one:
// giving a selection up "as of" a time has no effect once it changed hands
// later (ICCCM 2.1). So a loan remembers the server's time of its own copy.
// Native Wayland tells of changes at once and has no such call.
type mark struct{ time uint32 } // 0: not on X11

func markNow([]byte) mark {
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		return mark{}
	}
	x, err := dialX11()
	if err != nil {
		return mark{}
	}
	defer x.end()
	t, err := x.now()
	if err != nil {
		return mark{}
	}
	return mark{t}
}

func marker([]byte) []hint { return nil }

func (mark) still() bool { return true }

// release gives the clipboard up as of the loan's time and reports whether
// nobody has it now.
func (m mark) release() (bool, error) {
	if m.time == 0 {
		return false, errors.ErrUnsupported
	}
	x, err := dialX11()
	if err != nil {
		return false, err
	}
	defer x.end()
	selection, err := x.atom("CLIPBOARD")
	if err != nil {
		return false, err
	}
	if err := x.send(x11.SetSelectionOwner(x11.None, selection, m.time)); err != nil {
		return false, err
	}
	owner, err := x.ask(x11.GetSelectionOwner(selection))
	if err != nil {
		return false, err
	}
	return owner.SelectionOwner() == x11.None, nil
}

// conversation is a short connection to the X server.
type conversation struct {
	net.Conn
	r    *bufio.Reader
	root uint32
	ids  *x11.IDGen
	sent uint16 // requests; the server numbers its replies by them
}

func dialX11() (*conversation, error) {
	d, err := x11.ParseDisplay(os.Getenv("DISPLAY"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	dialer, ctx := net.Dialer{Timeout: patience}, context.Background()
	conn, err := dialer.DialContext(ctx, d.Net, d.Addr)
	if err != nil && d.Net == "unix" {
		conn, err = dialer.DialContext(ctx, "unix", "@/tmp/.X11-unix/X"+strconv.Itoa(d.Num))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	x := &conversation{Conn: conn, r: bufio.NewReader(conn)}
	if err := x.greet(d.Num); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return x, nil
}

func (x *conversation) end() { _ = x.Close() }

func (x *conversation) greet(display int) error {
	if err := x.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := x.Write(x11.SetupRequest(cookie(display))); err != nil {
		return err
	}
	setup, err := x11.ReadSetup(x.r)
	if err != nil {
		return err
	}
	x.root, x.ids = setup.Root, x11.NewIDGen(setup)
	return nil
}

// cookie is what the user's X authority file has for the display, if anything.
func cookie(display int) (string, []byte) {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, _ := os.UserHomeDir()
		path = filepath.Join(home, ".Xauthority")
	}
	file, err := os.ReadFile(path) //nolint:gosec // the user names the file, as for every X program
	if err != nil {
		return "", nil
	}
	entries, err := x11.ParseXauthority(file)
	if err != nil {
		return "", nil
	}
	host, _ := os.Hostname()
	return x11.ChooseCookie(entries, display, host)
}

// now is the X server's time in its own milliseconds. It is read from the
// notice that a selection of our own, which nobody else knows, changed hands.
func (x *conversation) now() (uint32, error) {
	private, err := x.atom("_KEYFOB_TIME")
	if err != nil {
		return 0, err
	}
	window := x.ids.Next()
	for _, request := range [][]byte{
		x11.CreateWindow(window, x.root),
		x11.SetSelectionOwner(window, private, x11.CurrentTime),
		x11.SetSelectionOwner(x11.None, private, x11.CurrentTime),
	} {
		if err := x.send(request); err != nil {
			return 0, err
		}
	}
	for {
		p, err := x11.ReadPacket(x.r)
		switch {
		case err != nil:
			return 0, err
		case p.IsError():
			return 0, ErrUnavailable
		case p.EventCode() == x11.EventSelectionClear:
			return binary.LittleEndian.Uint32(p.Raw[4:]), nil
		}
	}
}

func (x *conversation) atom(name string) (uint32, error) {
	p, err := x.ask(x11.InternAtom(name, false))
	if err != nil {
		return 0, err
	}
	return p.Atom(), nil
}

func (x *conversation) send(request []byte) error {
	x.sent++
	_, err := x.Write(request)
	return err
}

// ask sends a request and waits for its reply.
func (x *conversation) ask(request []byte) (x11.Packet, error) {
	if err := x.send(request); err != nil {
		return x11.Packet{}, err
	}
	for {
		p, err := x11.ReadPacket(x.r)
		switch {
		case err != nil:
			return p, err
		case p.IsEvent() || p.Sequence() != x.sent:
			continue
		case p.IsError():
			return p, ErrUnavailable
		}
		return p, nil
	}
}
