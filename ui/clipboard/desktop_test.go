package clipboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/internal/xtest"
)

// display starts an X server and points this process and xclip at it.
func display(t *testing.T) {
	t.Helper()
	t.Setenv("DISPLAY", xtest.Start(t).Name)
	t.Setenv("WAYLAND_DISPLAY", "")
}

// paste is what another program gets for a target.
func paste(t *testing.T, target string) string {
	t.Helper()
	out, err := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", target).Output()
	if err != nil {
		t.Fatalf("xclip -o -t %s: %v", target, err)
	}
	return string(out)
}

// nothingToPaste fails if another program still gets anything.
func nothingToPaste(t *testing.T) {
	t.Helper()
	out, _ := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", "UTF8_STRING").Output()
	if len(out) > 0 {
		t.Errorf("%d bytes are left", len(out))
	}
}

// foreignCopy copies text by another program and comes back when it is there.
func foreignCopy(t *testing.T, text string) {
	t.Helper()
	cmd := exec.Command("xclip", "-selection", "clipboard", "-i")
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		t.Fatalf("xclip -i: %v", err)
	}
	for range 200 {
		if paste(t, "UTF8_STRING") == text {
			return
		}
	}
	t.Fatalf("the other program's copy was lost: the clipboard holds %d bytes", len(paste(t, "UTF8_STRING")))
}

// requirement 11, security requirement 2
func TestOtherProgramsPasteExactlyTheValueAndSeeTheHint(t *testing.T) {
	display(t)
	c := New(always(time.Hour))
	const value = "enrt_p4ZpQ7Qd2 \"ünï\" $x\n"
	if _, err := c.Copy(t.Context(), client.NewSecret(value)); err != nil {
		t.Fatal(err)
	}
	if got := paste(t, "UTF8_STRING"); got != value {
		t.Errorf("pasted %q, copied %q", got, value)
	}
	if got := paste(t, "x-kde-passwordManagerHint"); got != "secret" {
		t.Errorf("hint is %q", got)
	}
	targets := strings.Fields(paste(t, "TARGETS"))
	for _, want := range []string{"UTF8_STRING", "x-kde-passwordManagerHint"} {
		if !slices.Contains(targets, want) {
			t.Errorf("targets %v lack %s", targets, want)
		}
	}
}

func TestTheClipboardIsEmptyWhenTheTimeIsUp(t *testing.T) {
	display(t)
	loan, err := New(always(50*time.Millisecond)).Copy(t.Context(), client.NewSecret("enrt_pSecret"))
	if err != nil {
		t.Fatal(err)
	}
	if end := <-loan.End; end != Cleared {
		t.Fatalf("ended as %v", end)
	}
	nothingToPaste(t)
}

func TestClearEmptiesTheClipboardAtOnce(t *testing.T) {
	display(t)
	c := New(always(DefaultAfter))
	loan, err := c.Copy(t.Context(), client.NewSecret("enrt_pSecret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if end := <-loan.End; end != Cleared {
		t.Errorf("ended as %v", end)
	}
	nothingToPaste(t)
}

func TestALaterCopyOfOursTakesThePlaceOfTheEarlier(t *testing.T) {
	display(t)
	c := New(always(time.Hour))
	first, err := c.Copy(t.Context(), client.NewSecret("first"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(t.Context(), client.NewSecret("second")); err != nil {
		t.Fatal(err)
	}
	if end := <-first.End; end != Superseded {
		t.Errorf("the first ended as %v", end)
	}
	if got := paste(t, "UTF8_STRING"); got != "second" {
		t.Errorf("pasted %q", got)
	}
}

// Whatever the moment of the other program's copy, it is what stays. The copies
// fall closely around the clearing, and come over a connection of their own.
func TestAForeignCopySurvivesTheClearing(t *testing.T) {
	display(t)
	ends := map[End]int{}
	for run := range 200 {
		after := 10 * time.Millisecond
		loan, err := New(always(after)).Copy(t.Context(), client.NewSecret("enrt_pSecret"))
		if err != nil {
			t.Fatal(err)
		}
		foreign := fmt.Sprintf("shopping list %d", run)
		<-time.After(after - 5*time.Millisecond + time.Duration(run)*30*time.Microsecond)
		if _, err := write([]byte(foreign), nil); err != nil {
			t.Fatal(err)
		}
		ends[<-loan.End]++
		if got := paste(t, "UTF8_STRING"); got != foreign {
			t.Fatalf("run %d: the clipboard holds %q, want %q", run, got, foreign)
		}
	}
	if ends[Cleared] == 0 || ends[Replaced] == 0 {
		t.Errorf("the copies fell all on one side of the clearing: %v", ends)
	}
}

func TestAForeignCopyIsToldAndClearLeavesItAlone(t *testing.T) {
	display(t)
	c := New(always(time.Hour))
	loan, err := c.Copy(t.Context(), client.NewSecret("enrt_pSecret"))
	if err != nil {
		t.Fatal(err)
	}
	foreignCopy(t, "shopping list")
	if end := <-loan.End; end != Replaced {
		t.Errorf("ended as %v", end)
	}
	if err := c.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := paste(t, "UTF8_STRING"); got != "shopping list" {
		t.Errorf("the clipboard holds %q", got)
	}
}

// overtaken is the desktop where another program copies before it is seen what others get.
type overtaken struct {
	desktop
	by func()
}

func (o overtaken) lend(text []byte) (held, error) {
	replaced, err := write(text, []byte("id"))
	if err != nil {
		return nil, err
	}
	o.by()
	return seen(replaced, text, []byte("id"))
}

func TestACopyThatIsOvertakenAtOnceIsNotSaidToBeThere(t *testing.T) {
	display(t)
	c := with(overtaken{by: func() { foreignCopy(t, "shopping list") }}, always(time.Hour))
	if _, err := c.Copy(t.Context(), client.NewSecret("enrt_pSecret")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := c.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := paste(t, "UTF8_STRING"); got != "shopping list" {
		t.Errorf("the clipboard holds %q", got)
	}
}

// The connection to the display is looked for once per process, so this runs
// in a process of its own.
func TestWithoutADisplayCopySaysUnavailable(t *testing.T) {
	if os.Getenv("KEYFOB_NO_DISPLAY") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v") //nolint:gosec // this test itself
		cmd.Env = append(os.Environ(), "KEYFOB_NO_DISPLAY=1", "DISPLAY=", "WAYLAND_DISPLAY=")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	c := New(always(DefaultAfter))
	if _, err := c.Copy(context.Background(), client.NewSecret("enrt_pSecret")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Copy: %v", err)
	}
	if err := c.Clear(context.Background()); err != nil {
		t.Errorf("Clear without a loan: %v", err)
	}
}
