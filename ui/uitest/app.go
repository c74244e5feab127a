package uitest

import (
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/ui/task"
)

// App is Fyne's test app with the threads of a real one: what other goroutines
// hand to fyne.Do waits until the test's goroutine settles. Fyne's own test
// driver runs it at once, on the goroutine that asked, which no widget stands.
type App struct {
	fyne.App
	driver *driver
}

// NewApp makes the app of a test. Everything is done on the test's goroutine.
func NewApp(t testing.TB) *App {
	t.Helper()
	inner := test.NewApp()
	a := &App{App: inner, driver: &driver{Driver: inner.Driver()}}
	a.driver.arrived = sync.NewCond(&a.driver.mu)
	fyne.SetCurrentApp(a)
	t.Cleanup(func() {
		Settle()
		test.NewApp()
	})
	return a
}

// Driver is the test driver with a queue.
func (a *App) Driver() fyne.Driver { return a.driver }

type driver struct {
	fyne.Driver

	mu      sync.Mutex
	arrived *sync.Cond
	queue   []func()
	idle    bool // all tasks have ended
}

// DoFromGoroutine queues f for the test's goroutine.
func (d *driver) DoFromGoroutine(f func(), wait bool) {
	done := make(chan struct{})
	d.mu.Lock()
	d.queue = append(d.queue, func() {
		defer close(done)
		f()
	})
	d.arrived.Signal()
	d.mu.Unlock()
	if wait {
		<-done
	}
}

// Settle does on this goroutine what tasks hand to fyne.Do, until no task runs
// and nothing waits.
func Settle() {
	a, ok := fyne.CurrentApp().(*App)
	if !ok {
		task.Wait()
		return
	}
	for a.driver.settle(func() bool { return false }) {
	}
}

// settle runs the queue until all tasks have ended, or until enough says so
// after a step. It reports whether it ran anything, which may have started more.
func (d *driver) settle(enough func() bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = false
	go d.awaitTasks()
	ran := false
	for !enough() && (!d.idle || len(d.queue) > 0) {
		if len(d.queue) == 0 {
			d.arrived.Wait()
			continue
		}
		f := d.queue[0]
		d.queue = d.queue[1:]
		ran = true
		d.mu.Unlock()
		f()
		d.mu.Lock()
	}
	return ran
}

func (d *driver) awaitTasks() {
	task.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = true
	d.arrived.Signal()
}
