package single_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"keyfob/internal/single"
)

func TestSecondStartRaisesTheFirstAndEnds(t *testing.T) {
	dir := t.TempDir()
	first, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Release()
	raised := make(chan struct{}, 1)
	first.OnRaise(func() { raised <- struct{}{} })

	if _, err := single.Acquire(t.Context(), dir); !errors.Is(err, single.ErrRunning) {
		t.Fatalf("a second start got %v, want ErrRunning", err)
	}
	<-raised
}

func TestLockIsFreeAfterRelease(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		lock, err := single.Acquire(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
	}
}

func TestLockLeftByACrashIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keyfob.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

func TestUnwritableDirectoryIsAnErrorOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := single.Acquire(t.Context(), filepath.Join(file, "dir")); err == nil || errors.Is(err, single.ErrRunning) {
		t.Fatalf("got %v, want an error about the directory", err)
	}
}
