//go:build linux || freebsd || netbsd || openbsd || dragonfly

package credentials

import (
	"context"
	"fmt"
	"slices"
)

// Probe says whether there is a keyring to ask at all, without asking it for
// anything and so without a prompt: nil, or ErrUnavailable.
func Probe(ctx context.Context) error {
	conn, err := connectBus(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
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
