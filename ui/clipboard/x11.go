//go:build !windows && !darwin

package clipboard

import (
	"bytes"
	"errors"

	"golang.design/x/x11"
)

// On X11, looking whether the selection is still ours and emptying it are two
// steps, and another program may copy in between. The X server does it in one:
// giving a selection up "as of" a time has no effect once it changed hands
// later (ICCCM 2.1). So a loan remembers a time of the server's at which the
// selection was ours. Native Wayland tells of changes at once and has no such
// call.
type mark struct{ time uint32 } // 0: not on X11

// markNow sees that another program gets exactly text, at a moment after that
// of the mark: the server counts milliseconds, and a copy by somebody else must
// not bear the same one. Native Wayland shows a program only what is copied
// while it has the focus, so there the compositor's word has to do.
func markNow(text, _ []byte) (mark, error) {
	if native() {
		return mark{}, nil
	}
	x, err := dialX11()
	if err != nil {
		return mark{}, err
	}
	defer x.end()
	now, err := x.now()
	for later := now; err == nil && later == now; {
		later, err = x.now()
	}
	if err != nil {
		return mark{}, err
	}
	pasted, err := x.paste("UTF8_STRING")
	defer clear(pasted)
	switch {
	case err != nil:
		return mark{}, errors.Join(err, x.giveUp(now))
	case !bytes.Equal(pasted, text):
		return mark{}, errTaken
	}
	return mark{now}, nil
}

func marker([]byte) []hint { return nil }

func (mark) still() bool { return true }

// release gives the clipboard up as of the loan's time and reports whether
// nobody has it now.
func (m mark) release() (bool, error) {
	if m.time == 0 {
		return false, errors.ErrUnsupported
	}
	x, err := dialX11()
	if err != nil {
		return false, err
	}
	defer x.end()
	if err := x.giveUp(m.time); err != nil {
		return false, err
	}
	owner, err := x.owner()
	return err == nil && owner == x11.None, err
}
