// Package desktop is what the program needs of the desktop it runs on, beyond
// its own window.
package desktop

import (
	"net/url"

	"fyne.io/fyne/v2"
)

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
