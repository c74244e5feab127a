// Package xtest gives tests a screen of their own: an Xvfb on a free display
// that ends with the test.
package xtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// Display is an X server without a screen.
type Display struct{ Name string } // such as :7

// Start starts an X server of 1280x800 and stops it when the test ends. The X
// server picks the display's number, so tests may run side by side.
func Start(t testing.TB) Display {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	_ = w.Close() // Xvfb has its own
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	number, err := io.ReadAll(r)
	if err != nil || len(number) == 0 {
		t.Fatalf("Xvfb names no display: %q, %v", number, err)
	}
	return Display{Name: ":" + strings.TrimSpace(string(number))}
}

// Env is env with the programs sent to this display.
func (d Display) Env(env []string) []string {
	return append(slices.Clip(env), "DISPLAY="+d.Name, "WAYLAND_DISPLAY=")
}

// Screenshot writes what is on the display to a PNG file.
func (d Display) Screenshot(path string) error {
	out, err := exec.Command("import", "-display", d.Name, "-window", "root", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("import: %w: %s", err, out)
	}
	return nil
}
