package credentials_test

import (
	"errors"
	"runtime"
	"strconv"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
)

func open(t *testing.T, f *credentials.File, given client.Secret) {
	t.Helper()
	if err := f.Open(given); err != nil {
		t.Fatal(err)
	}
}

func wantLocked(t *testing.T, s credentials.Store) {
	t.Helper()
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Get: %v, want ErrLocked", err)
	}
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Delete: %v, want ErrLocked", err)
	}
}

func TestALockedFileAnswersNobodyUntilThePassphraseIsGivenAgain(t *testing.T) {
	_, f := created(t)
	f.Lock()
	if f.IsOpen() || !f.InUse() {
		t.Error("it is open, or forgotten")
	}
	wantLocked(t, f)
	if err := f.Set(t.Context(), "a", passphrase); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Set: %v, want ErrLocked", err)
	}
	if err := f.Change(passphrase, passphrase); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Change: %v, want ErrLocked", err)
	}
	if err := f.Open(client.NewSecret("a guess")); !errors.Is(err, client.ErrPassphrase) || f.IsOpen() {
		t.Errorf("a guess: %v", err)
	}
	open(t, f, passphrase)
	if read(t, f) != "canary-value" {
		t.Error("what it held is lost")
	}
}

func TestWhatWasReadFromAFileOutlivesItsLock(t *testing.T) {
	_, f := created(t)
	s, err := f.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	f.Lock()
	if s.Reveal() != "canary-value" {
		t.Error("the lock emptied what a caller holds")
	}
}

// inFile is a computer that has a keyring by now, and whose sign-in is in the
// encrypted file.
func inFile(t *testing.T) (*fickle, *credentials.Fallback) {
	t.Helper()
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k).WithFile(quick(newFile(t)))
	set(t, f, "v")
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	k.fails, k.calls = nil, 0
	return k, f
}

func TestWhileTheFileIsLockedNothingGoesIntoTheKeyring(t *testing.T) {
	k, f := inFile(t)
	f.LockFile()
	wantState(t, f, credentials.InFile, nil)
	if !f.InFile() || !f.FileLocked() || !f.FileWaits() {
		t.Error("it does not say that the file is locked")
	}
	wantLocked(t, f)
	if _, err := f.Recall(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Recall: %v, want ErrLocked", err)
	}
	set(t, f, "renewed")
	wantState(t, f, credentials.UntilQuit, credentials.ErrLocked)
	if read(t, f) != "renewed" {
		t.Error("the sign-in is lost")
	}
	if err := f.Keep(t.Context(), "b", passphrase); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("Keep: %v, want ErrLocked", err)
	}
	if err := f.MoveToKeyring(t.Context()); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("moving what cannot be read: %v, want ErrLocked", err)
	}
	if _, err := k.Memory.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("the keyring has it: %v", err)
	}
	if err := f.OpenFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.InFile, nil)
	f.LockFile()
	if err := f.OpenFile(t.Context(), passphrase); err != nil || read(t, f) != "renewed" {
		t.Errorf("what was held in memory is not in the file: %v", err)
	}
}

// Else what was not moved yet would stay in memory, where the lock leaves it.
func TestALockThatComesWhileTheFileIsMadeWaitsForWhatIsMovedIntoIt(t *testing.T) {
	f := credentials.NewFallback(&fickle{fails: credentials.ErrUnavailable}).WithFile(quick(newFile(t)))
	const n = 30
	for i := range n {
		if err := f.Set(t.Context(), strconv.Itoa(i), passphrase); err != nil {
			t.Fatal(err)
		}
	}
	made := make(chan error, 1)
	go func() { made <- f.KeepInFile(t.Context(), passphrase) }()
	for !f.InFile() {
		runtime.Gosched()
	}
	f.LockFile()
	if err := <-made; err != nil {
		t.Errorf("making it: %v", err)
	}
	for i := range n {
		if _, err := f.Get(t.Context(), strconv.Itoa(i)); !errors.Is(err, credentials.ErrLocked) {
			t.Errorf("%d is still to be had, with %v", i, err)
		}
	}
}

func TestADeleteIsNotSaidToReachIntoALockedFile(t *testing.T) {
	k, f := inFile(t)
	f.LockFile()
	set(t, f, "renewed")
	if err := f.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("what is in the file: %v, want ErrLocked", err)
	}
	if err := f.Set(t.Context(), "b", passphrase); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), "b"); err != nil {
		t.Errorf("what was never in the file: %v", err)
	}
	if err := f.OpenFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Errorf("open again: %v", err)
	}
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if k.calls == 0 {
		t.Error("the keyring was not asked to delete")
	}
}

// Nobody knows what is in a file that was not opened in this run.
func TestAFileThatWasNotOpenedMayHoldAnything(t *testing.T) {
	path, _ := created(t)
	f := credentials.NewFallback(&fickle{}).WithFile(quick(path))
	wantLocked(t, f)
	set(t, f, "anew") // the person goes on without the file
	wantState(t, f, credentials.Kept, nil)
	if err := f.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
}
