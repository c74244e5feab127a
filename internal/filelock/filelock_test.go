package filelock_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"keyfob/internal/filelock"
)

func TestALockIsHeldOnceAndFreeAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	for range 2 {
		held, err := filelock.Take(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := filelock.Take(path); !errors.Is(err, filelock.ErrTaken) {
			t.Errorf("a second Take answers %v, want ErrTaken", err)
		}
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileThatCannotBeOpenedIsAPathError(t *testing.T) {
	_, err := filelock.Take(t.TempDir())
	if _, ok := errors.AsType[*fs.PathError](err); !ok || errors.Is(err, filelock.ErrTaken) {
		t.Errorf("got %v", err)
	}
}

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := filelock.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it has %v, %v", info.Mode(), err)
	}
}
