package instance

import (
	"fmt"
	"os"
)

// takeLock holds path until the file is closed or the process ends. The
// operating system lets go of it even after a crash, so none is ever stale.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	if err := lockFile(f); err != nil {
		_ = f.Close() // nothing was written to it
		return nil, err
	}
	return f, nil
}
