package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"filippo.io/age"

	"keyfob/client"
	"keyfob/internal/wholefile"
)

// ErrLocked is an ErrUnavailable: the file's passphrase was not given yet.
var ErrLocked = fmt.Errorf("%w: the encrypted file is locked", ErrUnavailable)

// File is a Store in one file, for a computer without a keyring. A passphrase
// opens it, once; then it is open until the program quits.
//
// The passphrase, made slow to guess, encrypts a key of the file's own, and that
// key the credentials. So a write needs no passphrase, and none is held.
type File struct {
	path string
	work int // the logarithm of what a guess at the passphrase costs

	mu    sync.Mutex
	key   *age.X25519Identity // nil: locked
	under string              // the key, under the passphrase
	items map[string]string
}

// NewFile is the store at path; there may be no file yet.
func NewFile(path string) *File { return NewFileOf(path, 18) }

// NewFileOf is NewFile with a cost of one's own for a guess at the passphrase:
// the logarithm of scrypt's N. Tests have no second to spend.
func NewFileOf(path string, work int) *File { return &File{path: path, work: work} }

// Exists reports whether there is a file. One that cannot even be looked for
// holds nothing that could be opened.
func (f *File) Exists() bool {
	_, err := os.Lstat(f.path)
	return err == nil
}

// IsOpen reports whether the passphrase was given.
func (f *File) IsOpen() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.key != nil
}

// Create makes the file, empty and open. It does not replace one.
func (f *File) Create(passphrase client.Secret) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Exists() {
		return client.ErrConflict
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	under, err := wrap(key, passphrase, f.work)
	if err != nil {
		return err
	}
	if err := f.write(key, under, map[string]string{}); err != nil {
		return err
	}
	f.key, f.under, f.items = key, under, map[string]string{}
	return nil
}

// Open opens the file. A passphrase that is not its own is
// client.ErrPassphrase; a file that is no longer whole client.ErrFileDamaged.
func (f *File) Open(passphrase client.Secret) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	under, sealed, err := f.read()
	if err != nil {
		return err
	}
	key, err := unwrap(under, passphrase)
	if err != nil {
		return err
	}
	plain, err := decrypt(sealed, key)
	if err != nil {
		return fmt.Errorf("%w: %w", client.ErrFileDamaged, err)
	}
	defer clear(plain)
	items := map[string]string{}
	if json.Unmarshal(plain, &items) != nil { // whose error quotes it
		return client.ErrFileDamaged
	}
	f.key, f.under, f.items = key, under, items
	return nil
}

// Change gives the file another passphrase, if the old one is its own.
func (f *File) Change(old, passphrase client.Secret) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return ErrLocked
	}
	if _, err := unwrap(f.under, old); err != nil {
		return err
	}
	under, err := wrap(f.key, passphrase, f.work)
	if err != nil {
		return err
	}
	if err := f.write(f.key, under, f.items); err != nil {
		return err
	}
	f.under = under
	return nil
}

// Remove deletes the file and all that it holds; no file is no error.
func (f *File) Remove() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", client.ErrDataUnwritable, err)
	}
	f.key, f.under, f.items = nil, "", nil
	return nil
}

// Get is the secret under key, or ErrNotFound, or ErrLocked.
func (f *File) Get(_ context.Context, key string) (client.Secret, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return client.Secret{}, ErrLocked
	}
	value, ok := f.items[key]
	if !ok {
		return client.Secret{}, ErrNotFound
	}
	return client.NewSecret(value), nil
}

// Set keeps s under key.
func (f *File) Set(_ context.Context, key string, s client.Secret) error {
	if len(s.Reveal()) > MaxSize {
		return ErrTooBig
	}
	return f.change(func(items map[string]string) { items[key] = s.Reveal() })
}

// Delete removes what is under key.
func (f *File) Delete(_ context.Context, key string) error {
	return f.change(func(items map[string]string) { delete(items, key) })
}

// change does edit, on disk first.
func (f *File) change(edit func(map[string]string)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return ErrLocked
	}
	next := maps.Clone(f.items)
	edit(next)
	if err := f.write(f.key, f.under, next); err != nil {
		return err
	}
	f.items = next
	return nil
}

func (f *File) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.items))
}

// write puts a new file in the place of the old one, whole or not at all.
func (f *File) write(key *age.X25519Identity, under string, items map[string]string) error {
	plain, err := json.Marshal(items)
	if err != nil {
		return err
	}
	defer clear(plain)
	sealed, err := encrypt(plain, key.Recipient())
	if err != nil {
		return err
	}
	data, err := json.Marshal(newContent(under, sealed))
	if err != nil {
		return err
	}
	if err := wholefile.Write(f.path, data); err != nil {
		return fmt.Errorf("%w: %w", client.ErrDataUnwritable, err)
	}
	return nil
}

func (f *File) read() (under, sealed string, err error) {
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", ErrNotFound
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var c content
	if err := json.Unmarshal(data, &c); err != nil || c != newContent(c.Key, c.Credentials) {
		return "", "", client.ErrFileDamaged
	}
	return c.Key, c.Credentials, nil
}
