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
// opens it; then it is open until Lock, or until the program quits.
//
// The passphrase, made slow to guess, encrypts a key of the file's own, and that
// key the credentials. So a write needs no passphrase, and none is held.
type File struct {
	path string
	work int // the logarithm of what a guess at the passphrase costs

	slow sync.Mutex // held by what takes its time: scrypt, and the disk

	mu sync.Mutex // never held for long; taken after slow
	opened
	names map[string]bool // of what it holds, also while it is locked again; nil: nobody knows
}

// opened is what an open file has in memory; its zero value is that of a locked
// one.
type opened struct {
	key   *age.X25519Identity
	under string // the key, under the passphrase
	items map[string]client.Secret
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

// InUse reports whether the file was open in this run of the program: credentials
// belong into it, also while it is locked again.
func (f *File) InUse() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names != nil
}

// Create makes the file, empty and open. It does not replace one: client.ErrFileThere.
func (f *File) Create(passphrase client.Secret) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	if f.Exists() {
		return client.ErrFileThere
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	under, err := wrap(key, passphrase, f.work)
	if err != nil {
		return err
	}
	made := opened{key, under, map[string]client.Secret{}}
	if err := f.write(made); err != nil {
		return err
	}
	f.become(made)
	return nil
}

// Open opens the file. A passphrase that is not its own is
// client.ErrPassphrase; a file that is no longer whole client.ErrFileDamaged.
func (f *File) Open(passphrase client.Secret) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	under, sealed, err := f.read()
	if err != nil {
		return err
	}
	key, err := unwrap(under, passphrase)
	if err != nil {
		return err
	}
	items, err := unseal(sealed, key)
	if err != nil {
		return err
	}
	f.become(opened{key, under, items})
	return nil
}

// Lock drops the key and all that the file holds, until Open. What is being
// written comes to its end first.
func (f *File) Lock() {
	f.slow.Lock()
	defer f.slow.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	wipe(f.items)
	f.opened = opened{}
}

// Change gives the file another passphrase, if the old one is its own.
func (f *File) Change(old, passphrase client.Secret) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	now, err := f.now()
	if err != nil {
		return err
	}
	if _, err := unwrap(now.under, old); err != nil {
		return err
	}
	if now.under, err = wrap(now.key, passphrase, f.work); err != nil {
		return err
	}
	if err := f.write(now); err != nil {
		return err
	}
	f.become(now)
	return nil
}

// Get is the secret under key, or ErrNotFound, or ErrLocked.
func (f *File) Get(_ context.Context, key string) (client.Secret, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return client.Secret{}, ErrLocked
	}
	s, ok := f.items[key]
	if !ok {
		return client.Secret{}, ErrNotFound
	}
	return copyOf(s), nil
}

// Set keeps s under key.
func (f *File) Set(_ context.Context, key string, s client.Secret) error {
	if len(s.Reveal()) > MaxSize {
		return ErrTooBig
	}
	return f.change(key, func(items map[string]client.Secret) { items[key] = copyOf(s) })
}

// Delete removes what is under key.
func (f *File) Delete(_ context.Context, key string) error {
	return f.change(key, func(items map[string]client.Secret) { delete(items, key) })
}

// change does edit to what is under key, on disk first.
func (f *File) change(key string, edit func(map[string]client.Secret)) error {
	f.slow.Lock()
	defer f.slow.Unlock()
	next, err := f.now()
	if err != nil {
		return err
	}
	before := next.items[key]
	next.items = maps.Clone(next.items)
	edit(next.items)
	if err := f.write(next); err != nil {
		next.items[key].Wipe()
		return err
	}
	f.become(next)
	before.Wipe()
	return nil
}

// now is what is open, or ErrLocked (slow is held, so it stays so).
func (f *File) now() (opened, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return opened{}, ErrLocked
	}
	return f.opened, nil
}

func (f *File) become(next opened) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.names = next, map[string]bool{}
	for name := range next.items {
		f.names[name] = true
	}
}

// mayHave reports whether key may be in the file. While nobody opened it, it may
// hold anything.
func (f *File) mayHave(key string) bool {
	f.mu.Lock()
	known, has := f.names != nil, f.names[key]
	f.mu.Unlock()
	return has || !known && f.Exists()
}

func (f *File) holds(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names[key]
}

func (f *File) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.items))
}

// write puts a new file in the place of the old one, whole or not at all.
func (f *File) write(o opened) error {
	sealed, err := seal(o.items, o.key)
	if err != nil {
		return err
	}
	data, err := json.Marshal(newContent(o.under, sealed))
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
