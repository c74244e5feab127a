// Package task runs what must not run on the UI thread: asking a server, a
// keyring, the clipboard. It is the go statement, with an end that can be
// waited for; and it leads back to the UI thread with what came of that.
package task

import (
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"

	"keyfob/internal/crash"
)

var (
	mu      sync.Mutex
	running int
	idle    = sync.NewCond(&mu)

	over atomic.Bool
)

// Do runs do on the UI thread, and does not wait for it. Once the program ends it
// runs nothing: fyne.Do then would on the goroutine that asks, beside others.
func Do(do func()) {
	fyne.Do(func() {
		if !Ended() {
			do()
		}
	})
}

// End says that the program ends.
func End() { over.Store(true) }

// Ended reports whether that was said.
func Ended() bool { return over.Load() }

// Go runs do beside the UI thread. do touches widgets only inside Do.
func Go(do func()) {
	mu.Lock()
	running++
	mu.Unlock()
	go func() {
		defer ended()
		defer crash.Guard()
		do()
	}()
}

func ended() {
	mu.Lock()
	defer mu.Unlock()
	running--
	idle.Broadcast()
}

// Wait returns when all that was started has ended. It is for tests.
func Wait() {
	mu.Lock()
	defer mu.Unlock()
	for running > 0 {
		idle.Wait()
	}
}
