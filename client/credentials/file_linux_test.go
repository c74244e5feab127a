package credentials_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"keyfob/client/credentials"
)

// The window asks these in between: a slow disk must not hold it up. A pipe in
// the file's place is one.
func TestAFileIsQuickToAskWhileItsDiskIsSlow(t *testing.T) {
	path, f := created(t)
	fallback := credentials.NewFallback(&fickle{}).WithFile(f)
	data, err := os.ReadFile(path)
	if err := errors.Join(err, os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	opened, locked := make(chan error), make(chan bool)
	go func() { opened <- f.Open(passphrase) }()
	disk, err := os.OpenFile(path, os.O_WRONLY, 0) // once it is being read
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		f.Lock() // waits for that
		close(locked)
	}()
	if !f.IsOpen() || !fallback.InFile() || fallback.FileWaits() || fallback.FileLocked() {
		t.Error("it does not say how it stands")
	}
	wantState(t, fallback, credentials.InFile, nil)
	if read(t, f) != "canary-value" {
		t.Error("it does not give what it has")
	}
	_, err = disk.Write(data)
	if err := errors.Join(err, disk.Close(), <-opened); err != nil {
		t.Error(err)
	}
	<-locked
	if f.IsOpen() {
		t.Error("it is open after the lock")
	}
}
