package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"keyfob/client"
)

// Remove deletes the file and all that it holds; no file is no error.
func (f *File) Remove() error { return f.removeTaken(nil, false) }

// errMore says that the file holds more than was taken out of it.
var errMore = errors.New("credentials: more was set meanwhile")

// removeTaken is Remove. Of an open file all must have been taken: else it is errMore,
// or ErrLocked if nobody can know, since it was locked meanwhile.
func (f *File) removeTaken(taken map[string]bool, open bool) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	for key := range f.known() {
		switch {
		case !open || taken[key]:
		case f.IsOpen():
			return errMore
		default:
			return ErrLocked
		}
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", client.ErrDataUnwritable, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	wipe(f.items)
	f.opened, f.names = opened{}, nil
	return nil
}

// known are the names of what it holds, as far as anybody knows.
func (f *File) known() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.names)
}
