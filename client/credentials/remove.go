package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"keyfob/client"
)

// errMore says that the file holds more than was taken out of it.
var errMore = errors.New("credentials: more was set meanwhile")

// remove deletes the file and all that it holds; no file is no error. Of one that was
// open all must have been taken: else it is errMore, or ErrLocked if it was locked
// meanwhile, so that the rest cannot be taken.
func (f *File) remove(taken map[string]turn, open bool) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	left := ErrLocked
	if f.IsOpen() {
		left = errMore
	}
	for key := range f.known() {
		if open && taken[key] == nil {
			return left
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
