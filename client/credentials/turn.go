package credentials

import (
	"context"
	"fmt"
)

// turn is a lock that is not waited for longer than its call may take: who has it may
// wait for a person.
type turn chan struct{}

func (f *Fallback) turn(key string) turn {
	t, _ := f.turns.LoadOrStore(key, make(turn, 1))
	return t.(turn)
}

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrTimeout, ctx.Err())
	}
}

// free takes the turn if nobody has it.
func (t turn) free() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turn) leave() { <-t }
