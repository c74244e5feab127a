package clipboard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"golang.design/x/clipboard"
)

// system is the clipboard of the machine.
type system interface {
	// lend replaces its whole content by text with the hints, in one step, and
	// sees that others get it.
	lend(text []byte) (held, error)
	reach() Reach
}

// held is one text on the clipboard.
type held interface {
	gone() <-chan struct{}        // fires when anything replaced it
	release() (was bool, _ error) // empties the clipboard, if the text is still on it
}

// desktop is the real one. It has a connection of its own to the display and
// shares nothing with the window toolkit's clipboard.
type desktop struct{}

// hint is a format that clipboard managers look for.
type hint struct {
	format string
	value  []byte
}

type lent struct {
	replaced <-chan struct{}
	mark     mark
}

func (desktop) lend(text []byte) (held, error) {
	id := []byte(rand.Text())
	replaced, err := write(text, id)
	if err != nil {
		return nil, err
	}
	return seen(replaced, text, id)
}

// seen is what was written, once it is seen that others get it.
func seen(replaced <-chan struct{}, text, id []byte) (held, error) {
	m, err := markNow(text, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return lent{replaced, m}, nil
}

func (desktop) reach() Reach { return reachNow() }

// errTaken says that what was copied a moment ago is not what others paste.
var errTaken = errors.New("another program took the clipboard")

func (l lent) gone() <-chan struct{} { return l.replaced }

func (l lent) release() (bool, error) {
	select {
	case <-l.replaced:
		return false, nil
	default:
	}
	was, err := l.mark.release()
	if !errors.Is(err, errors.ErrUnsupported) {
		return was, err
	}
	if !l.mark.still() {
		return false, nil
	}
	// The hints go with the empty text too: a manager would restore or record
	// what it takes for an ordinary change.
	_, err = write(nil, nil)
	return err == nil, err
}

func write(text, id []byte) (<-chan struct{}, error) {
	// A write after a failed Init may panic; Init connects once.
	if err := clipboard.Init(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	items := []clipboard.Option{clipboard.Item{Format: clipboard.FmtText, Bytes: text}}
	for _, h := range append(slices.Clip(hints), marker(id)...) {
		items = append(items, clipboard.Item{Format: clipboard.Register(h.format), Bytes: h.value})
	}
	gone, err := clipboard.WriteAll(context.Background(), items...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return gone, nil
}
