// Package task runs what must not run on the UI thread: asking a server, a
// keyring, the clipboard. It is the go statement, with an end that can be
// waited for.
package task

import (
	"sync"

	"keyfob/internal/crash"
)

var (
	mu      sync.Mutex
	running int
	idle    = sync.NewCond(&mu)
)

// Go runs do beside the UI thread. do touches widgets only inside fyne.Do.
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
