//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// secretOnScreen opens the dialog of a new secret and copies it.
func (d *desktop) secretOnScreen(description string) string {
	d.t.Helper()
	d.press("ctrl+n")
	d.sees("New user access token", localScripts, "Generate token")
	d.typeText(description)
	d.press("Return")
	d.sees("copied and securely stored", "Hold to show", "Copy")
	before, _ := d.output("xclip", "-selection", "clipboard", "-o") // of an earlier secret, or nothing
	d.press("space")
	eventually(d.t, "the clipboard holds something new", func() error {
		if now, err := d.output("xclip", "-selection", "clipboard", "-o"); err != nil || now == before {
			return errors.New("it does not")
		}
		return nil
	})
	return d.copied("enrt_p")
}

// requirement 11, security requirement 4
func TestASignalClearsTheClipboardAndEndsTheProgramInTwoSeconds(t *testing.T) {
	d := newDesktop(t, true)
	for i, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := d.open()
		if i == 0 {
			d.useBuiltIn()
		} else {
			d.sees("Signed in as", "Create user access token")
		}
		secret := d.secretOnScreen("Nightly export")
		begin := time.Now()
		must(t, p.cmd.Process.Signal(signal))
		<-p.ended
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%v: it ends after %v", signal, took)
		}
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%v: it ends with %d", signal, code)
		}
		if d.clipboardHas(secret) {
			t.Errorf("%v: the clipboard still has the secret", signal)
		}
	}
}

// security requirement 15
func TestACrashLeavesAFileWithoutValuesAndTheNextStartTells(t *testing.T) {
	d := newDesktop(t, true)
	p := d.open()
	d.useBuiltIn()
	secret := d.secretOnScreen("Nightly export")
	must(t, p.cmd.Process.Signal(syscall.SIGQUIT)) // Go ends as by a fatal error
	<-p.ended
	var file string
	eventually(t, "there is a crash file", func() error {
		all, err := filepath.Glob(filepath.Join(d.home, "state", "keyfob", "crashes", "crash-*.txt"))
		if err != nil || len(all) != 1 {
			return errors.New(strings.Join(all, " "))
		}
		file = all[0]
		return nil
	})
	text, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(text), "ended by a bug at") || !strings.Contains(string(text), "goroutine 1 ") {
		t.Errorf("it says:\n%s", text)
	}
	if files := d.filesWith(secret); len(files) > 0 {
		t.Errorf("these files hold the secret: %q", files)
	}
	p = d.open()
	d.sees("Keyfob ended unexpectedly", "Show the file")
	d.press("Escape")
	d.sees("Nightly export", "Signed in as")
	d.quit(p)
}

// Whatever is written as the program ends may be cut off by that end.
func TestQuittingLeavesTheSettingsFileAlone(t *testing.T) {
	d := newDesktop(t, true)
	const file, settings = "config/fyne/io.github.keyfob.Keyfob/preferences.json", `{"lockSignIn": true}`
	d.write(file, settings)
	p := d.open()
	d.useBuiltIn()
	d.quit(p)
	text, err := os.ReadFile(filepath.Join(d.home, file))
	must(t, err)
	if string(text) != settings {
		t.Errorf("the settings were written anew: %s", text)
	}
	if log := d.log("keyfob"); strings.Contains(log, "Preferences") {
		t.Errorf("it printed %s", log)
	}
}
