package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestACrashOfAnEarlierRunIsToldAndShown(t *testing.T) {
	d := signedIn(t)
	told := 0
	d.ui.cfg.Crash = Crash{File: "/home/ada/.local/state/keyfob/crashes/crash-1.txt", Text: "goroutine 1 [running]:", Told: func() { told++ }}
	d.ui.tellCrash()
	d.Has("Keyfob ended unexpectedly", "/home/ada/.local/state/keyfob/crashes/crash-1.txt")
	d.HasNot("goroutine 1")
	d.Tap("Show the file")
	d.Has("goroutine 1 [running]:")
	d.Press(fyne.KeyEscape)
	d.HasNot("Keyfob ended unexpectedly")
	if told != 1 {
		t.Errorf("noted as told %d times", told)
	}
}
