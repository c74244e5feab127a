package main

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/ui/task"
)

// window is an app whose Run returns once stopped is closed.
type window struct {
	fyne.App
	stopped chan struct{}
	quit    func()
}

func (w window) Run()  { <-w.stopped }
func (w window) Quit() { w.quit() }

// ended is how a program ended: by itself, or with a code, and after how long.
type ended struct {
	by    string
	code  int
	after time.Duration
}

// end runs and quits the app, whose Run returns only if quit closes stopped.
func end(t *testing.T, w window, finish func() error) ended {
	t.Helper()
	over, exits := make(chan struct{}), make(chan int, 1)
	q := quitting{App: w, over: make(chan struct{}), finish: finish, exit: func(code int) { exits <- code }}
	go func() {
		q.Run()
		close(over)
	}()
	asked := time.Now()
	q.Quit()
	defer synctest.Wait()
	select {
	case code := <-exits:
		return ended{"exit", code, time.Since(asked)}
	case <-over:
		time.Sleep(leaving) // of the bubble: whatever still comes
		if len(exits) > 0 {
			t.Errorf("Run has returned, and yet it exits with %d", <-exits)
		}
		return ended{by: "itself"}
	case <-time.After(time.Minute):
		return ended{by: "nothing"}
	}
}

func TestTheProgramEndsThoughTheWindowHangsWhileItStops(t *testing.T) {
	for failed, code := range map[error]int{nil: 0, errors.New("the clipboard is not cleared"): 1} {
		synctest.Test(t, func(t *testing.T) {
			w := window{stopped: make(chan struct{}), quit: func() {}}
			finished := 0
			got := end(t, w, func() error { finished++; return failed })
			if want := (ended{"exit", code, stopping}); got != want || finished != 1 {
				t.Errorf("it ends by %+v, not %+v, and finishes %d times", got, want, finished)
			}
			close(w.stopped)
		})
	}
}

func TestTheProgramEndsByItselfWhereTheWindowDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := window{stopped: make(chan struct{})}
		w.quit = func() { close(w.stopped) }
		got := end(t, w, func() error { t.Error("it finishes beside main"); return nil })
		if !task.Ended() {
			t.Error("what comes of tasks is still shown")
		}
		if got.by != "itself" {
			t.Errorf("it ends by %+v", got)
		}
	})
}

// Fyne names the hook on a type of its own, so it may go without the compiler saying so.
func TestTheSettingsAreNotWrittenOnceMoreAsTheProgramEnds(t *testing.T) {
	a := test.NewTempApp(t)
	l, ok := a.Lifecycle().(interface {
		SetOnStoppedHookExecuted(func())
		OnStopped() func()
	})
	if !ok {
		t.Fatal("Fyne has no such hook any more: look how it writes the settings now")
	}
	wrote := false
	l.SetOnStoppedHookExecuted(func() { wrote = true })
	noLastWrite(a)
	if l.OnStopped()(); wrote {
		t.Error("they are written")
	}
}
