package desktop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ErrNoDisplay says that there is no desktop to open a window on.
var ErrNoDisplay = errors.New("there is no display to open a window on")

// patience is for displays of other hosts; a local one answers at once or never.
const patience = 5 * time.Second

// Check connects to the display that the environment names, and answers
// ErrNoDisplay with what it tried if none is there: the window system's library
// would end the program with a stack trace. Where only one of X and Wayland
// answers, it keeps the library from trying the other.
func Check(ctx context.Context) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	x, wayland := answers(ctx, xAddresses(os.Getenv("DISPLAY"))), answers(ctx, waylandAddresses())
	switch {
	case x && wayland:
		return nil
	case x:
		return os.Setenv("FYNE_PLATFORM", "x11")
	case wayland:
		return os.Setenv("FYNE_PLATFORM", "wayland")
	}
	return fmt.Errorf("%w: %s; start Keyfob in a desktop session, or see it under a virtual one with `make demo`", ErrNoDisplay, tried())
}

func tried() string {
	var names []string
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY"} {
		if value := os.Getenv(name); value != "" {
			names = append(names, fmt.Sprintf("%s=%q", name, value))
		}
	}
	if len(names) == 0 {
		return "neither DISPLAY nor WAYLAND_DISPLAY is set"
	}
	return "nothing answers at " + strings.Join(names, " or ")
}

// address is what net.Dialer takes.
type address struct{ network, at string }

func answers(ctx context.Context, addresses []address) bool {
	for _, a := range addresses {
		if c, err := new(net.Dialer).DialContext(ctx, a.network, a.at); err == nil {
			_ = c.Close() // nothing was said
			return true
		}
	}
	return false
}

// xAddresses are where the X server of a DISPLAY may listen, in libxcb's order.
// The forms are those of X(7), [protocol/][host]:display[.screen], or the path
// of a socket. What is none of them has no address.
func xAddresses(display string) []address {
	if path := strings.TrimPrefix(display, "unix:"); filepath.IsAbs(path) {
		return []address{{"unix", path}, {"unix", path[:len(path)-len(filepath.Ext(path))]}} // the second without .screen
	}
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return nil
	}
	text, _, _ := strings.Cut(display[colon+1:], ".")
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil
	}
	protocol, host, found := strings.Cut(display[:colon], "/")
	if !found {
		protocol, host = "", protocol
	}
	socket := fmt.Sprintf("/tmp/.X11-unix/X%d", number)
	local := []address{{"unix", "@" + socket}, {"unix", socket}}
	tcp := strconv.FormatUint(6000+number, 10)
	switch {
	case protocol == "unix", host == "unix":
		return local
	case host == "":
		return append(local, address{"tcp", net.JoinHostPort("localhost", tcp)})
	}
	return []address{{"tcp", net.JoinHostPort(strings.Trim(host, "[]"), tcp)}}
}

// waylandAddresses is where the compositor listens, by wl_display_connect(3).
func waylandAddresses() []address {
	name, set := os.LookupEnv("WAYLAND_DISPLAY")
	if !set {
		name = "wayland-0"
	}
	if filepath.IsAbs(name) {
		return []address{{"unix", name}}
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if name == "" || !filepath.IsAbs(dir) {
		return nil
	}
	return []address{{"unix", filepath.Join(dir, name)}}
}
