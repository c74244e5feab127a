package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Files of a Book in its directory.
const (
	File          = "checkpoints"     // signed checkpoints, appended only
	VerifyingFile = "checkpoints.pub" // verifies them
	SigningFile   = "checkpoints.key" // signs them
)

// Book is the file of signed checkpoints. It is safe for concurrent use; one
// process at a time may append.
type Book struct {
	path   string
	signer note.Signer
	by     note.Verifier
	mu     sync.Mutex
}

// OpenBook opens the checkpoints in dir to append to them. Where there are none
// it makes the file and its keys.
func OpenBook(dir string) (*Book, error) {
	signing := filepath.Join(dir, SigningFile)
	if _, err := os.Stat(signing); errors.Is(err, fs.ErrNotExist) {
		if err := makeKeys(dir); err != nil {
			return nil, fmt.Errorf("audit: making the key of the checkpoints: %w", err)
		}
	}
	key, err := os.ReadFile(signing)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	b := &Book{path: filepath.Join(dir, File)}
	if b.signer, err = note.NewSigner(strings.TrimSpace(string(key))); err != nil {
		return nil, fmt.Errorf("audit: %s is no signing key: put the file back that belongs here", SigningFile)
	}
	if b.by, err = readVerifier(filepath.Join(dir, VerifyingFile)); err != nil {
		return nil, err
	}
	return b, nil
}

// makeKeys writes the verifying key first: a signing key in place says that
// both are.
func makeKeys(dir string) error {
	signing, verifying, err := newKey()
	if err != nil {
		return err
	}
	return errors.Join(
		writeFile(filepath.Join(dir, VerifyingFile), verifying),
		writeFile(filepath.Join(dir, SigningFile), signing))
}

// writeFile leaves a whole file or none.
func writeFile(path, line string) error {
	temporary := path + ".new"
	err := appendTo(temporary, []byte(line+"\n"), os.O_TRUNC)
	if err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

func appendTo(path string, text []byte, flags int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|flags, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func readVerifier(path string) (note.Verifier, error) {
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return nil, fmt.Errorf("audit: %s is no verifying key", filepath.Base(path))
	}
	return v, nil
}

// Append signs c and adds it. It is on the disk when Append returns. What an
// earlier Append left half written is dropped.
func (b *Book) Append(c Checkpoint) error {
	signed, err := c.sign(b.signer)
	if err != nil {
		return fmt.Errorf("audit: signing a checkpoint: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, whole, size, err := b.end()
	if err != nil {
		return err
	}
	if whole < size {
		if err := os.Truncate(b.path, whole); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	if err := appendTo(b.path, append(signed, '\n'), 0); err != nil {
		return fmt.Errorf("audit: writing a checkpoint: %w", err)
	}
	return nil
}

// Restored signs that the change log was replaced by the one of a backup, which
// ended with head, unless it signed that before.
func (b *Book) Restored(head Head, backup, now time.Time) error {
	all, err := ReadCheckpoints(b.path, filepath.Join(filepath.Dir(b.path), VerifyingFile))
	if err != nil {
		return err
	}
	c := Checkpoint{Head: head, At: now.UTC().Truncate(time.Second), Backup: backup.UTC().Truncate(time.Second)}
	at := c.At
	for _, s := range all {
		if s.Head == head && s.Backup.Equal(c.Backup) && !s.At.Before(c.At) {
			return nil
		}
		if s.At.After(at) { // the clock was put back: what is dropped must not be of later
			at = s.At
		}
	}
	c.At = at
	return b.Append(c)
}

// Last is where the chain ended at the last checkpoint; a *Break if that
// cannot be read, or is not ours.
func (b *Book) Last() (Head, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, _, _, err := b.end()
	if err == nil && last.note != nil && !last.genuine() {
		err = &Break{Reason: Unsigned}
	}
	return last.Head, err
}

// tailSize is far more than a checkpoint needs, in bytes.
const tailSize = 4096

// end reads the last whole checkpoint, where it ends, and where the file does.
func (b *Book) end() (last Signed, whole, size int64, err error) {
	f, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Signed{}, 0, 0, nil
	}
	if err != nil {
		return Signed{}, 0, 0, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return Signed{}, 0, 0, fmt.Errorf("audit: %w", err)
	}
	start := max(0, size-tailSize)
	tail, err := io.ReadAll(io.NewSectionReader(f, start, size-start))
	if err != nil {
		return Signed{}, 0, 0, fmt.Errorf("audit: %w", err)
	}
	last, used, ok := lastWhole(tail, b.by)
	if !ok && size >= tailSize {
		return Signed{}, 0, 0, &Break{Reason: Unsigned}
	}
	return last, start + int64(used), size, nil
}

// ReadCheckpoints reads a file of checkpoints, and the file of the key that
// verifies them, such as copies kept elsewhere. Without both files there are no
// checkpoints. It answers a *Break for a file that is damaged.
func ReadCheckpoints(file, key string) ([]Signed, error) {
	if absent(file) && absent(key) {
		return nil, nil
	}
	by, err := readVerifier(key)
	if err != nil {
		return nil, err
	}
	all, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return parseAll(all, by)
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
