//go:build linux || freebsd || netbsd || openbsd || dragonfly

package credentials

import (
	"context"
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"
)

const secretService = "org.freedesktop.secrets"

// Probe says whether there is a keyring to ask at all, without asking it for
// anything and so without a prompt: nil, or ErrUnavailable. It starts no
// session bus; one started by a library would outlive the program.
func Probe(ctx context.Context) error {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("%w: no session bus", ErrUnavailable)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Auth(nil); err != nil {
		return fmt.Errorf("%w: session bus refuses: %w", ErrUnavailable, err)
	}
	if err := conn.Hello(); err != nil {
		return fmt.Errorf("%w: session bus refuses: %w", ErrUnavailable, err)
	}
	for _, list := range []string{"ListNames", "ListActivatableNames"} {
		var names []string
		if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+list, 0).Store(&names); err != nil {
			return fmt.Errorf("%w: session bus fails: %w", ErrUnavailable, err)
		}
		if slices.Contains(names, secretService) {
			return nil
		}
	}
	return fmt.Errorf("%w: no Secret Service on the session bus", ErrUnavailable)
}
