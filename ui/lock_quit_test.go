package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

const wouldBeLost = "What was entered in a form behind this screen would be lost. Quit once more to give it up."

// The form is not shown to who is here, who may be another; that there is one is.
func TestQuittingAtTheLockSaysFirstThatEntriesWouldBeLost(t *testing.T) {
	d := signedIn(t)
	end := d.ends()
	d.Shortcut(fyne.KeyN)
	d.Shortcut(fyne.KeyL)
	d.Shortcut(fyne.KeyQ)
	if d.HasNot(wouldBeLost); end.times != 1 {
		t.Fatalf("nothing was entered; ended %d times", end.times)
	}
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Type("Nightly export")
	d.Shortcut(fyne.KeyL)
	d.Shortcut(fyne.KeyQ)
	if d.Has(wouldBeLost); end.times != 1 {
		t.Error("ended, with what was entered")
	}
	d.HasNot("Nightly export")
	picture(t, d, "lock-quit-entries")
	d.Press(fyne.KeyReturn) // unlocks
	d.HasNot(isLocked)
	d.Shortcut(fyne.KeyL)
	d.Shortcut(fyne.KeyQ)
	if d.Has(wouldBeLost); end.times != 1 {
		t.Error("ended, as it was told before it was unlocked")
	}
	d.Shortcut(fyne.KeyQ)
	if end.times != 2 {
		t.Errorf("told so twice, ended %d times", end.times-1)
	}
}

// Who goes on to unlock has not given anything up.
func TestWhatQuittingWouldLoseIsSaidAgainAfterAnAttemptToUnlock(t *testing.T) {
	d := newBare(t).start(t)
	d.Tap("Use the built-in server")
	d.keepInFile()
	end := d.ends()
	d.Tap("Tokens")
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Shortcut(fyne.KeyL)
	d.Shortcut(fyne.KeyQ)
	d.Has(wouldBeLost)
	d.give("a wrong passphrase")
	d.HasNot(wouldBeLost)
	d.Shortcut(fyne.KeyQ)
	if d.Has(wouldBeLost); end.times > 0 {
		t.Error("ended, with what was entered")
	}
}
