//go:build !windows && !darwin

package clipboard

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.design/x/x11"
)

// conversation is a short connection to the X server, with a window of its own
// that nobody sees.
type conversation struct {
	net.Conn
	r      *bufio.Reader
	window uint32
	sent   uint16 // requests; the server numbers its replies by them
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
	x.window = x11.NewIDGen(setup).Next()
	return x.send(x11.CreateWindow(x.window, setup.Root))
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
	for _, owner := range []uint32{x.window, x11.None} {
		if err := x.send(x11.SetSelectionOwner(owner, private, x11.CurrentTime)); err != nil {
			return 0, err
		}
	}
	p, err := x.event(x11.EventSelectionClear)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p.Raw[4:]), nil
}

// paste is what another program would get of the clipboard.
func (x *conversation) paste(target string) ([]byte, error) {
	var atoms [3]uint32
	for i, name := range []string{"CLIPBOARD", target, "_KEYFOB_PASTE"} {
		a, err := x.atom(name)
		if err != nil {
			return nil, err
		}
		atoms[i] = a
	}
	if err := x.send(x11.ConvertSelection(x.window, atoms[0], atoms[1], atoms[2], x11.CurrentTime)); err != nil {
		return nil, err
	}
	p, err := x.event(x11.EventSelectionNotify)
	if err != nil || p.SelectionNotify().Property == x11.None {
		return nil, err
	}
	const all = 1<<32 - 1
	value, err := x.ask(x11.GetProperty(true, x.window, atoms[2], 0, 0, all))
	if err != nil {
		return nil, err
	}
	return value.PropertyValue(), nil
}

// giveUp takes the clipboard from whoever has had it since that time.
func (x *conversation) giveUp(asOf uint32) error {
	selection, err := x.atom("CLIPBOARD")
	if err != nil {
		return err
	}
	return x.send(x11.SetSelectionOwner(x11.None, selection, asOf))
}

func (x *conversation) owner() (uint32, error) {
	selection, err := x.atom("CLIPBOARD")
	if err != nil {
		return 0, err
	}
	p, err := x.ask(x11.GetSelectionOwner(selection))
	if err != nil {
		return 0, err
	}
	return p.SelectionOwner(), nil
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

// event waits for the next event of a kind.
func (x *conversation) event(code byte) (x11.Packet, error) {
	for {
		p, err := x11.ReadPacket(x.r)
		switch {
		case err != nil:
			return p, err
		case p.IsError():
			return p, ErrUnavailable
		case p.IsEvent() && p.EventCode() == code:
			return p, nil
		}
	}
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
