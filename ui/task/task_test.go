package task

import (
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestNothingIsShownOnceTheProgramEnds(t *testing.T) {
	test.NewTempApp(t)
	shown := 0
	Do(func() { shown++ })
	End()
	defer over.Store(false)
	Do(func() { shown++ })
	if shown != 1 {
		t.Errorf("shown %d times", shown)
	}
}
