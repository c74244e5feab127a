//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// security requirement 15
func TestTheRunningProgramIsClosedToOthersAndLeavesNoCoreFile(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	plain := d.start("plain", nil, unprivileged("tail", "-f", "/dev/null")...)
	p := d.start("keyfob", nil, unprivileged(program(t, "keyfob"))...)
	d.sees("built-in server")
	if limit := d.coreLimit(p); limit != "0 0" {
		t.Errorf("the limits of its core files are %s", limit)
	}
	if err := d.peeks(p); err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Errorf("another program of the user reads its memory: %v", err)
	}
	if err := d.peeks(plain); err != nil {
		t.Errorf("that of any program cannot be read, so this shows nothing: %v", err)
	}
}

// unprivileged is the command that runs another without the rights that let
// root, if root runs the tests, into every process.
func unprivileged(command ...string) []string {
	if os.Getuid() != 0 {
		return command
	}
	return append([]string{"setpriv", "--bounding-set=-all"}, command...)
}

var coreLimit = regexp.MustCompile(`(?m)^Max core file size +(\S+) +(\S+)`)

// coreLimit is how large a core file of the process may be, and be made to be.
func (d *desktop) coreLimit(p *process) string {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid))
	must(d.t, err)
	limits := coreLimit.FindSubmatch(text)
	if limits == nil {
		d.t.Fatalf("no limit of core files is listed:\n%s", text)
	}
	return fmt.Sprintf("%s %s", limits[1], limits[2])
}

// peeks reads of the memory of a process, as another program of the user, where
// its environment lies.
func (d *desktop) peeks(p *process) error {
	d.t.Helper()
	look := unprivileged("cat", fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid))
	memory, err := d.output(look[0], look[1:]...)
	if err == nil && !strings.Contains(memory, "HOME="+d.home) {
		err = errors.New("its environment is not to be found")
	}
	return err
}

func TestTheWindowLocksWithTheDesktopAndUnlocksByEnter(t *testing.T) {
	d := newDesktop(t, true)
	p := d.open()
	d.useBuiltIn()
	d.awaitListener("ActiveChanged")
	d.do("dbus-send", "--session", "--type=signal", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", "boolean:true")
	d.sees("Keyfob is locked", "Press Enter to unlock")
	d.seesNo("Create user access token", "No tokens yet")
	d.press("Return")
	d.sees("Signed in as", "Create user access token", "No tokens yet")
	d.quit(p)
}

// awaitListener waits until a program on the bus listens for a signal: one that
// comes before is lost.
func (d *desktop) awaitListener(signal string) {
	d.t.Helper()
	eventually(d.t, "a program listens for "+signal, func() error {
		rules, err := d.output("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats.GetAllMatchRules")
		if err == nil && !strings.Contains(rules, "member='"+signal+"'") {
			err = errors.New("none does")
		}
		return err
	})
}
