package handover

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"keyfob/client"
	"keyfob/internal/wholefile"
)

// Why a file was not saved. Nothing is left behind then.
var (
	ErrExists     = errors.New("there is something of this name")
	ErrFolder     = errors.New("no such folder")
	ErrNotAllowed = errors.New("not allowed to write there")
	ErrFull       = errors.New("no space left")
	ErrNotPrivate = errors.New("others could read it there")
	ErrNotSaved   = errors.New("not saved")
)

// Save writes text to a new file that only its owner can read. What is there
// already, be it a link, is neither written to nor replaced. The file appears
// whole and is on the disk when Save returns. On Windows who can read it is for
// its folder to say.
func Save(path string, text client.Secret) error {
	content := []byte(text.Reveal())
	defer clear(content)
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return ErrFolder
	}
	part := filepath.Join(folder, "."+rand.Text()+".part")
	if err := write(part, content); err != nil {
		return meaning(err)
	}
	// A link never replaces anything, other than a rename.
	err := os.Link(part, path)
	err = errors.Join(err, os.Remove(part))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = write(path, content) // a file system without links
	}
	if err != nil {
		return meaning(err)
	}
	if err := wholefile.SyncFolder(folder); err != nil {
		return meaning(errors.Join(err, os.Remove(path)))
	}
	return nil
}

// write makes a file with the content, or none.
func write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = private(f)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// private asks before anything is written: some file systems know no owners.
func private(f *os.File) error {
	info, err := f.Stat()
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return ErrNotPrivate
	}
	return err
}

func meaning(err error) error {
	if err == nil {
		return nil
	}
	for _, m := range []struct{ is, means error }{
		{ErrNotPrivate, ErrNotPrivate},
		{fs.ErrExist, ErrExists},
		{fs.ErrNotExist, ErrFolder},
		{syscall.ENOTDIR, ErrFolder},
		{fs.ErrPermission, ErrNotAllowed},
		{syscall.EROFS, ErrNotAllowed},
		{syscall.ENOSPC, ErrFull},
		{syscall.EDQUOT, ErrFull},
	} {
		if errors.Is(err, m.is) {
			return fmt.Errorf("%w: %w", m.means, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrNotSaved, err)
}
