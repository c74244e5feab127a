package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client/connect"
	"keyfob/internal/crash"
	"keyfob/ui"
	"keyfob/ui/clipboard"
	"keyfob/ui/task"
)

// leaving bounds the end of the program: what a signal asks for is done within
// two seconds.
const leaving = 1250 * time.Millisecond // a busy machine needs the rest to end a process

// leave ends the program for a signal. The window may hang or a dialog be open:
// the clipboard is cleared all the same, and nobody is asked.
func leave(a fyne.App, clip *clipboard.Clipboard) {
	defer crash.Guard()
	task.End()
	fyne.Do(a.Quit)
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	_ = clip.Clear(ctx) // nobody is left to be told
	<-ctx.Done()
	os.Exit(1)
}

// telling bounds telling servers the end of sign-ins: the built-in one needs the rest.
const telling = leaving / 2

func endSignIns(ctx context.Context, c *connect.Connector) {
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	c.End(ctx)
}

// quitting is the app, whose end is looked after.
type quitting struct {
	fyne.App
	over   chan struct{} // closed when Run has returned
	finish func() error
	exit   func(code int)
}

// Run shows the window until it is quit.
func (q quitting) Run() {
	q.App.Run()
	close(q.over)
}

// Quit ends the app.
func (q quitting) Quit() {
	task.End()
	go q.endAnyway()
	q.App.Quit()
}

// noLastWrite keeps Fyne from writing the settings once more as the program ends.
// Each was written when it was chosen, or 100 ms later if it followed on another. That
// write empties the file first and is waited for by nobody, so that the end could leave
// the file empty.
func noLastWrite(a fyne.App) {
	if l, ok := a.Lifecycle().(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		l.SetOnStoppedHookExecuted(func() {})
	}
}

// stopping is how long Fyne may take to end the window.
const stopping = 500 * time.Millisecond

// endAnyway ends the program where Fyne does not: an event that comes while it
// stops may be dropped, and then it waits for that for ever.
func (q quitting) endAnyway() {
	defer crash.Guard()
	select {
	case <-q.over:
		return
	case <-time.After(stopping):
	}
	code := 0
	if err := q.finish(); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob:", err)
		code = 1
	}
	q.exit(code)
}

// keepCrashes has the program leave a file when it ends by a bug, and the
// clipboard empty.
func keepCrashes(dir, version string, clip *clipboard.Clipboard) {
	if dir != "" {
		dir = crashes(dir)
	}
	crash.Keep(dir, "keyfob "+version, func() {
		ctx, cancel := context.WithTimeout(context.Background(), leaving)
		defer cancel()
		_ = clip.Clear(ctx) // the program ends in any case
	})
	if dir == "" {
		return
	}
	if err := crash.Watch(); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob: not watched for crashes:", err)
	}
}

// crashed is what the person is still to be told of an earlier run.
func crashed(state string) ui.Crash {
	if state == "" {
		return ui.Crash{}
	}
	file, text := crash.Untold(crashes(state))
	return ui.Crash{File: file, Text: text, Told: func() { _ = crash.Told(file) }} // else it is told again
}

func crashes(state string) string { return filepath.Join(state, "crashes") }
