package single_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keyfob/internal/filelock"
	"keyfob/internal/single"
)

func TestSecondStartRaisesTheFirstAndEnds(t *testing.T) {
	dir := short(t)
	first, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Release()
	raised := make(chan struct{}, 1)
	first.OnRaise(func() { raised <- struct{}{} })

	_, err = single.Acquire(t.Context(), dir)
	if !errors.Is(err, single.ErrRunning) || !strings.Contains(err.Error(), "brought to the front") {
		t.Fatalf("a second start got %v, want ErrRunning", err)
	}
	<-raised
}

func TestOfManyStartsAtOnceOneRuns(t *testing.T) {
	for range 50 {
		race(t, 4)
	}
}

// race starts several at once, which keep what they got until all have answered.
func race(t *testing.T, starts int) {
	t.Helper()
	dir := short(t)
	type answer struct {
		lock *single.Lock
		err  error
	}
	answers, ready := make(chan answer, starts), make(chan struct{})
	var all sync.WaitGroup
	for range starts {
		all.Go(func() {
			<-ready
			lock, err := single.Acquire(t.Context(), dir)
			answers <- answer{lock, err}
		})
	}
	close(ready)
	all.Wait()
	close(answers)
	running := 0
	for a := range answers {
		switch {
		case a.err == nil:
			running++
			a.lock.Release()
		case !errors.Is(a.err, single.ErrRunning):
			t.Error(a.err)
		}
	}
	if running != 1 {
		t.Fatalf("%d of %d run", running, starts)
	}
}

func TestLockIsFreeAfterRelease(t *testing.T) {
	dir := short(t)
	for range 2 {
		lock, err := single.Acquire(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
	}
}

func TestSocketLeftByACrashIsReplaced(t *testing.T) {
	dir := short(t)
	if err := os.WriteFile(filepath.Join(dir, "keyfob.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if _, err := single.Acquire(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "brought to the front") {
		t.Errorf("a second start does not reach the first: %v", err)
	}
}

func TestAnotherProgramAtTheSocketIsNotTakenForOurs(t *testing.T) {
	dir := short(t)
	stranger(t, dir)
	lock, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

func TestWithoutALockAStrangersAnswerDoesNotStopTheStart(t *testing.T) {
	dir := short(t)
	withoutLock(t, dir)
	stranger(t, dir)
	lock, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

func TestWithoutALockTheSocketStillFindsTheFirst(t *testing.T) {
	dir := short(t)
	withoutLock(t, dir)
	first, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Release()
	if _, err := single.Acquire(t.Context(), dir); !errors.Is(err, single.ErrRunning) {
		t.Errorf("a second start got %v, want ErrRunning", err)
	}
}

func TestAHeldLockWithoutAnAnswerIsARunningProgram(t *testing.T) {
	dir := short(t)
	held, err := filelock.Take(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = single.Acquire(impatient, dir)
	if !errors.Is(err, single.ErrRunning) || strings.Contains(err.Error(), "brought to the front") {
		t.Errorf("got %v, want ErrRunning without a raised window", err)
	}
}

func TestASocketThatCannotBeMadeDoesNotStopTheStart(t *testing.T) {
	dir := filepath.Join(short(t), strings.Repeat("long", 50)) // socket paths end at some 107 characters
	lock, err := single.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := single.Acquire(impatient, dir); !errors.Is(err, single.ErrRunning) {
		t.Errorf("a second start got %v, want ErrRunning", err)
	}
}

func TestADirectoryThatCannotBeMadeDoesNotStopTheStart(t *testing.T) {
	file := filepath.Join(short(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := single.Acquire(t.Context(), filepath.Join(file, "dir"))
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

// short is a directory whose path leaves room for a socket's name.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// withoutLock makes dir one that takes no lock.
func withoutLock(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "lock"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// stranger is another program that listens where the first would, and answers
// what it is told.
func stranger(t *testing.T, dir string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "keyfob.sock"))
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(c, c, 1)
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		served.Wait()
	})
}
