package signin

import "sync/atomic"

// tries counts the passwords that were tried, by what became of it.
type tries struct{ right, wrong, throttled, failed atomic.Uint64 }

// count notes one try that was made.
func (t *tries) count(right bool, err error) {
	switch {
	case err != nil:
		t.failed.Add(1)
	case right:
		t.right.Add(1)
	default:
		t.wrong.Add(1)
	}
}

// Tries is how many passwords were tried since the start, by result.
func (p *Provider) Tries() map[string]uint64 {
	t := &p.tries
	return map[string]uint64{
		"accepted": t.right.Load(), "refused": t.wrong.Load(), "throttled": t.throttled.Load(), "failed": t.failed.Load(),
	}
}
