// Package filelock takes locks that the operating system lets go of when the
// process ends, even by a crash, so that none is ever stale. Whether the file
// exists says nothing; it is never deleted.
package filelock

import (
	"errors"
	"fmt"
	"os"
)

// ErrTaken says that someone else holds the lock: another process, or this one
// by an earlier Take.
var ErrTaken = errors.New("the lock is taken")

// Take makes the file at path if it is missing and holds its lock until the
// file is closed. It does not wait. Errors: ErrTaken; a *fs.PathError where the
// file cannot be opened; another where the file system has no locks.
func Take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		_ = f.Close() // nothing was written to it
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}
