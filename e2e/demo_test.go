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
			tour := &tour{newDesktop(t, true, "FYNE_THEME="+theme), theme}
			tour.firstStart()
			tour.furnish()
			p := tour.open()
			tour.tokens()
			tour.newToken()
			tour.revoke()
			tour.apps()
			tour.rest()
			tour.quit(p)
		})
	}
}

type tour struct {
	*desktop
	theme string
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
	d.shot("first-start", "built-in server")
	d.press("Return")
	d.shot("tokens-none", "Create user access token", "No tokens yet")
	d.quit(p)
}

func (d *tour) tokens() {
	d.t.Helper()
	d.shot("tokens", "Nightly export", "Expiring", "Expired")
}

func (d *tour) newToken() { d.t.Helper() }
func (d *tour) revoke()   { d.t.Helper() }
func (d *tour) apps()     { d.t.Helper() }
func (d *tour) rest()     { d.t.Helper() }
