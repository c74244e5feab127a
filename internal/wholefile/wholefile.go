// Package wholefile replaces files as a whole: whoever reads one, even after
// the power failed, finds the old content or the new, never a part.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Write puts data in the place of the file at path, readable by its owner
// alone, and makes the folders above it if need be. It is on the disk when
// Write returns nil.
func Write(path string, data []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // renamed by then, or of no use
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return SyncFolder(folder)
}

// SyncFolder makes the names in a folder last.
func SyncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such call, and needs none
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
