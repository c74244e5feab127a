// Package desktop is what the program needs of the desktop it runs on, beyond
// its own window.
package desktop

import (
	"errors"
	"net/url"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
)

// ErrNoDisplay says that there is no desktop to open a window on.
var ErrNoDisplay = errors.New("there is no display to open a window on; start Keyfob in a desktop session, or see it under a virtual one with `make demo`")

// Check answers ErrNoDisplay where a window could not open. Without it the
// window system's library ends the program with a stack trace.
func Check() error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return nil
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return ErrNoDisplay
	}
	return nil
}

// OpenURL opens addresses in the system's browser.
func OpenURL(app fyne.App) func(string) error {
	return func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		return app.OpenURL(u)
	}
}
