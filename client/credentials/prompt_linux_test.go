package credentials_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"keyfob/internal/xtest"
)

const password = "login password" // of the real keyring

const prompter = "[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=/usr/libexec/gcr-prompter\n"

// atDesk is a desktop with a screen, where a real keyring that holds "old"
// under a asks the person before it.
func atDesk(t *testing.T) *desktop {
	t.Helper()
	d := newDesktop(t)
	services := filepath.Join(d.home, "services")
	if err := os.Mkdir(services, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(services, "prompter.service"), []byte(prompter), 0o600); err != nil {
		t.Fatal(err)
	}
	d.env = xtest.Start(t).Env(d.env)
	d.start(d.command("openbox")) // who gives the window the keyboard
	d.until("a window manager is there", func() bool { return d.command("xdotool", "get_num_desktops").Run() == nil })
	d.withBus().withKeyring().withChild()
	d.want(request{Op: "set", Key: "a", Value: "old"}, response{})
	d.lock()
	return d
}

// until waits for what other programs do in their own time.
func (d *desktop) until(what string, done func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s: that did not come", what)
		}
	}
}

// isAsked says whether the window that asks for the password has the keyboard.
func (d *desktop) isAsked() bool {
	title, err := d.command("xdotool", "getactivewindow", "getwindowname").Output()
	return err == nil && strings.HasPrefix(string(title), "Unlock")
}

// answers types into the window, and is done when it is gone.
func (d *desktop) answers(text, key string) {
	d.t.Helper()
	d.until("the keyring asks", d.isAsked)
	for _, args := range [][]string{{"type", text}, {"key", key}} {
		if out, err := d.command("xdotool", args...).CombinedOutput(); err != nil {
			d.t.Fatalf("%v: %s", args, out)
		}
	}
	d.until("the window goes", func() bool { return !d.isAsked() })
}

func (d *desktop) unlocks()   { d.t.Helper(); d.answers(password, "Return") }
func (d *desktop) dismisses() { d.t.Helper(); d.answers("no", "Escape") }

// security requirement 8: a prompt that a person sees
func TestARealKeyringIsOpenedByThePerson(t *testing.T) {
	d := atDesk(t)
	for _, c := range []struct {
		asked request
		want  response
		kept  string
	}{
		{request{Op: "get", Key: "a"}, response{Value: "old"}, "old"},
		{request{Op: "set", Key: "a", Value: "new"}, response{}, "new"},
		{request{Op: "delete", Key: "a"}, response{}, ""},
	} {
		d.wantAmid(c.asked, d.unlocks, c.want)
		if got := d.lookup("a"); got != c.kept {
			t.Errorf("after %s the keyring has %q", c.asked.Op, got)
		}
		d.lock()
	}
}

func TestARealKeyringThatThePersonDoesNotOpenIsLeftAsItWas(t *testing.T) {
	d := atDesk(t)
	for _, r := range []request{
		{Op: "get", Key: "a"}, {Op: "set", Key: "a", Value: "new"}, {Op: "set", Key: "b", Value: "new"}, {Op: "delete", Key: "a"},
	} {
		d.wantAmid(r, d.dismisses, response{Err: "dismissed"})
	}
	d.wantUntouched()
}

// Its window stays: gnome-keyring aborts when it is told to put it away. What was asked for
// too late is not done, and the next call waits for the same answer.
func TestARealKeyringThatNobodyAnswersIsGivenUpAndLives(t *testing.T) {
	d := atDesk(t)
	d.wantAmid(request{Op: "set", Key: "a", Value: "new", Patience: 10 * time.Second}, func() {
		d.until("the keyring asks", d.isAsked)
	}, response{Err: "timeout"})
	d.want(request{Op: "get", Key: "a", Patience: patience}, response{Err: "timeout"})
	d.wantUntouched()
}

// wantUntouched has the person unlock the keyring, and looks into it.
func (d *desktop) wantUntouched() {
	d.t.Helper()
	d.wantAmid(request{Op: "get", Key: "a"}, d.unlocks, response{Value: "old"})
	if a, b := d.lookup("a"), d.lookup("b"); a != "old" || b != "" {
		d.t.Errorf("the keyring has %q and %q", a, b)
	}
}

// Another program answers each time what the person does not.
func TestARealKeyringsAnswerIsNotTakenFromAnotherProgram(t *testing.T) {
	d := atDesk(t)
	d.wantAmid(request{Op: "set", Key: "b", Value: "new"}, func() {
		d.forges(false)
		d.dismisses()
	}, response{Err: "dismissed"})
	d.wantAmid(request{Op: "get", Key: "a"}, func() {
		d.forges(true)
		d.unlocks()
	}, response{Value: "old"})
	if got := d.lookup("b"); got != "" {
		t.Errorf("the keyring has %q", got)
	}
}

var promptName = regexp.MustCompile(`<node name="(\w+)"`)

// forges tells everybody on the bus that the prompt which stands was answered.
func (d *desktop) forges(dismissed bool) {
	d.t.Helper()
	d.until("the keyring asks", d.isAsked)
	const prompts = "/org/freedesktop/secrets/prompt"
	var nodes string
	if err := d.bus.Object("org.freedesktop.secrets", prompts).Call("org.freedesktop.DBus.Introspectable.Introspect", 0).Store(&nodes); err != nil {
		d.t.Fatal(err)
	}
	found := promptName.FindAllStringSubmatch(nodes, -1)
	if len(found) != 1 {
		d.t.Fatalf("not one prompt: %s", nodes)
	}
	for _, name := range d.everybody() {
		forged := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath(prompts + "/" + found[0][1])), dbus.FieldDestination: dbus.MakeVariant(name),
			dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.Secret.Prompt"), dbus.FieldMember: dbus.MakeVariant("Completed"),
			dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(dismissed, dbus.MakeVariant(""))),
		}, Body: []any{dismissed, dbus.MakeVariant("")}}
		if call := d.bus.Send(forged, nil); call != nil && call.Err != nil {
			d.t.Fatal(call.Err)
		}
	}
	d.everybody() // the bus has passed on by then what came before
}

func (d *desktop) everybody() (names []string) {
	d.t.Helper()
	if err := d.bus.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		d.t.Fatal(err)
	}
	return names
}
