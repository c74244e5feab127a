package ui

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/internal/testserver"
)

// waitingLock is a lock that waits for a browser in which nobody signs in, and the pages that it was sent to.
func waitingLock(t *testing.T) (d *desk, opened chan string) {
	t.Helper()
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	opened = make(chan string, 8)
	d.ui.cfg.OpenURL = func(address string) error {
		opened <- address
		return nil
	}
	d.ui.Lock()
	d.Has(isLocked, "Sign in with your browser to unlock.")
	d.Begin(fyne.KeyReturn)
	d.Await("Open it again", "")
	return d, opened
}

func TestTheLockOffersThePageOfTheBrowserAgain(t *testing.T) {
	d, opened := waitingLock(t)
	d.Await("Open it again", "Open it again")
	d.Await("Copy link", "Copy link")
	d.wantCopied()
	picture(t, d, "lock-link")
	link := <-opened
	if again := <-opened; again != link || d.ui.cfg.App.Clipboard().Content() != link {
		t.Errorf("%s is opened again as %s, and copied as %s", link, again, d.ui.cfg.App.Clipboard().Content())
	}
	if _, err := testserver.LogIn(link, url.Values{"login": {"ada"}, "password": {testserver.Password}}); err != nil {
		t.Fatal(err)
	}
	d.HasNot(isLocked, "Open it again")
	d.Has("Signed in as ada")
}

// wantCopied fails the test unless it is said that the link was copied, while it is waited for the browser.
func (d *desk) wantCopied() {
	d.t.Helper()
	if !slices.Contains(d.Shown(), "Link copied. Open it on this computer.") {
		d.t.Errorf("nothing says that the link was copied:\n%s", strings.Join(d.Shown(), "\n"))
	}
}

// escape presses Escape while something is waited for, which ends the waiting.
func (d *desk) escape() {
	d.t.Helper()
	d.ui.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if slices.Contains(d.Shown(), "Cancel") {
		d.t.Error("it still waits")
		d.Await("Cancel", "Cancel")
	}
}

func TestEscapeAtTheLockGivesTheWaitUpAsCancelDoes(t *testing.T) {
	d, _ := waitingLock(t)
	for range 3 { // from Cancel, and from the buttons beside it
		d.escape()
		d.HasNot("Waiting for your browser…", "Open it again", "Cancel")
		d.Has(isLocked, "Sign in with the browser")
		d.Press(fyne.KeyEscape) // nothing is waited for any more
		d.Has(isLocked, "Sign in with the browser")
		d.Begin(fyne.KeyReturn)
		d.Await("Open it again", "Copy link")
		d.ui.window.Canvas().FocusNext()
	}
	d.escape()
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}
