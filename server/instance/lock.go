package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"keyfob/internal/filelock"
)

// takeLock holds path until the file is closed or the process ends.
func takeLock(path string) (*os.File, error) {
	held, err := filelock.Take(path)
	if errors.Is(err, filelock.ErrTaken) {
		return nil, fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return held, err
}
