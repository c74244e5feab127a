//go:build windows || darwin

package clipboard

import (
	"bytes"
	"context"
	"errors"
	"runtime"

	"golang.design/x/clipboard"
)

// These systems do not tell of a change; the library looks once a second. So a
// loan carries a random number in a format of our own, and what we look at
// before emptying the clipboard is that number, nobody's content.
const markerFormat = "application/x-keyfob-loan"

type mark []byte

func markNow(_, id []byte) (mark, error) {
	if m := mark(id); m.still() {
		return m, nil
	}
	return nil, errTaken
}

func reachNow() Reach {
	if runtime.GOOS == "windows" {
		return Windows
	}
	return Pasteboard
}

func marker(id []byte) []hint {
	if id == nil {
		return nil
	}
	return []hint{{markerFormat, id}}
}

func (m mark) still() bool {
	id, err := clipboard.Read(context.Background(), clipboard.Register(markerFormat))
	return err == nil && bytes.Equal(id, m)
}

func (mark) release() (bool, error) { return false, errors.ErrUnsupported }
