//go:build e2e && demo

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestDemo goes through the program as a person does, in light and in dark, and
// leaves a picture of every screen and dialog in the folder that DEMO names.
func TestDemo(t *testing.T) {
	if demo == "" {
		t.Fatal("DEMO names no folder: run `make demo`")
	}
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Run("alone", func(t *testing.T) { newTour(t, true, theme).alone() })
			t.Run("many", func(t *testing.T) { newTour(t, true, theme).many() })
			t.Run("file", func(t *testing.T) { newTour(t, withoutKeyring, theme).file() })
		})
	}
}

func newTour(t *testing.T, keyring bool, theme string) *tour {
	t.Helper()
	return &tour{desktop: newDesktop(t, keyring, "FYNE_THEME="+theme), theme: theme}
}

// alone is the tour of the built-in server.
func (d *tour) alone() {
	d.firstStart()
	d.furnish()
	p := d.open()
	d.tokens()
	d.newToken()
	d.revoke()
	d.mine()
	d.denied()
	d.apps()
	d.others()
	d.quit(p)
}

type tour struct {
	*desktop
	theme string
	made  string // the secret of the token that the tour made
}

// shot leaves a picture once the screen shows all of the texts.
func (d *tour) shot(name string, texts ...string) {
	d.t.Helper()
	d.sees(texts...)
	must(d.t, d.x.Screenshot(filepath.Join(demo, fmt.Sprintf("%s-%s.png", name, d.theme))))
}

func (d *tour) firstStart() {
	d.t.Helper()
	p := d.open()
	d.shot("first-start", "Use the built-in server", "Another server")
	d.press("Tab")
	d.typeText("tokens example")
	d.press("Return")
	d.shot("first-start-wrong-address", "not a server address")
	d.press("shift+Tab", "Return")
	d.shot("tokens-none", "Create user access token", "No tokens yet")
	d.quit(p)
}

func (d *tour) tokens() {
	d.t.Helper()
	d.shot("tokens", "Nightly export", "Expiring", "Expired", "All 24")
	d.press("ctrl+f")
	d.typeText("ware")
	d.shot("tokens-search", "Nightly export", "Backup job")
	d.press("ctrl+a", "BackSpace", "Tab", "Right", "Right", "space")
	d.seesNo("Laptop")
	d.shot("tokens-expiring", "Quarterly figures", "Nightly export")
	d.press("Home", "space")
	d.sees("Laptop")
}

func (d *tour) newToken() {
	d.t.Helper()
	d.press("ctrl+n")
	d.sees("New user access token", "Local scripts")
	d.typeText("Holiday calendar")
	d.shot("create", "Holiday calendar", "Generate token")
	d.press("Tab", "Tab", "Right", "Right", "space")
	d.shot("create-never", "A token that never expires stays dangerous")
	d.press("Left", "Left", "space", "Return")
	d.shot("secret", "only time it is shown", "Not copied yet")
	d.press("space")
	d.shot("secret-copied", "Copied")
	d.made = d.copied("enrt_p")
	d.handOver()
	d.press("ctrl+l")
	d.shot("lock-secret", "Keyfob is locked", "A new token waits behind this screen")
	d.press("Return")
	d.sees("Your new token")
	d.press("Escape")
	d.shot("secret-leave", "Close, though you have not said")
	d.press("Return", "space")
	d.shot("secret-stored", "copied and securely stored")
	d.press("Return")
	d.sees("Holiday calendar", "All 25")
}

func (d *tour) revoke() {
	d.t.Helper()
	d.press("Delete")
	d.shot("revoke", "Revoke token", "cannot be undone")
	d.press("Escape")
	d.seesNo("cannot be undone")
	d.press("Home", "shift+Down", "shift+Down")
	d.shot("tokens-ticked", "3 selected")
	d.press("Delete")
	d.shot("revoke-many", "Revoke 3 tokens")
	d.press("Escape")
	d.seesNo("cannot be undone")
}

func (d *tour) apps() {
	d.t.Helper()
	d.press("ctrl+3")
	d.shot("apps", "Partner portal", "Payroll", "Warehouse robot")
	d.press("ctrl+n")
	d.shot("app-add", "New trusted app", "System User")
	d.press("Escape")
	d.seesNo("within its policy and scopes")
	d.press("End", "Return")
	d.shot("app", "All its tokens", "Price feed")
	d.press("ctrl+n")
	d.sees("New application token")
	d.typeText("Delivery notes")
	d.shot("app-create", "Delivery notes", "Generate token")
	d.press("Escape")
	d.seesNo("within the scopes chosen here")
	d.press("Escape")
	d.sees("Partner portal")
	d.press("Home", "Down", "Down", "Return")
	d.shot("app-without-tokens", "policy is None")
	d.press("Escape")
	d.sees("Partner portal")
}

func (d *tour) others() {
	d.t.Helper()
	d.press("ctrl+1")
	d.shot("personal-info", "Personal info", "Administrator")
	d.press("ctrl+4")
	d.shot("settings", "Appearance", "As the system")
	d.press("ctrl+l")
	d.shot("lock-keyring", "Keyfob is locked", "Press Enter to unlock")
	d.press("Return")
	d.sees("Appearance", "As the system")
}
