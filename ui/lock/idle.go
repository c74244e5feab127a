package lock

import (
	"sync"
	"time"
)

// Idle acts when the program was not used for a while. Its methods may be
// called from any goroutine.
type Idle struct {
	after func() time.Duration // 0: never
	do    func()

	mu    sync.Mutex
	used  time.Time
	timer *time.Timer // nil: stopped
}

// NewIdle makes an Idle that is stopped. after is asked again and again, so
// that another choice takes effect at once.
func NewIdle(after func() time.Duration, do func()) *Idle { return &Idle{after: after, do: do} }

// Start begins to wait anew.
func (i *Idle) Start() {
	i.Stop()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.used = time.Now()
	if after := i.after(); after > 0 {
		i.timer = time.AfterFunc(after, i.check)
	}
}

// Stop ends the waiting.
func (i *Idle) Stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
}

// Used puts the moment off. It costs next to nothing: it is called for every
// movement of the pointer.
func (i *Idle) Used() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.used = time.Now()
}

func (i *Idle) check() {
	if i.due() {
		i.do()
	}
}

// due waits on for what is left since the last use, if anything is.
func (i *Idle) due() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.timer == nil {
		return false
	}
	if left := i.after() - time.Since(i.used); left > 0 {
		i.timer.Reset(left)
		return false
	}
	i.timer = nil
	return true
}
