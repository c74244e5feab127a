// Package credentials keeps what signs a connection in: one small secret per
// key, in the keyring of the operating system and nowhere else on disk, unless
// the person chooses an encrypted file.
//
// Keyring is that keyring, wrapped so that it cannot report a false success,
// cannot hang its caller and cannot be handed more than it takes; Watch says
// when it is waited for. File is encrypted under a passphrase, for a computer
// without a keyring. Memory holds until the program quits. Fallback is the File
// if it is open, else the Keyring while it works, else Memory, and says which: a
// sign-in is never lost because a keyring failed. What two of them have under one
// key is told by Shadowed: what is in the way is put aside.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"keyfob/client"
)

// MaxSize bounds a secret, in bytes. The narrowest keyring takes 2560.
const MaxSize = 1024

// What a Store may fail with, besides the context's own errors.
var (
	ErrNotFound    = errors.New("no such credential")
	ErrUnavailable = errors.New("no keyring that can be used")
	ErrTimeout     = errors.New("keyring did not answer in time")
	ErrTooBig      = errors.New("credential larger than a keyring takes")
	ErrNotKept     = errors.New("keyring did not keep what it was given")
	ErrNotDeleted  = errors.New("keyring did not delete")

	// ErrDismissed is an ErrUnavailable of the person's: they said no.
	ErrDismissed = fmt.Errorf("%w: its question was dismissed", ErrUnavailable)
)

// Store keeps secrets by key. It may wait for a person: never call it on the
// UI thread. Keys are readable and no secrets themselves.
type Store interface {
	// Get is the secret under key, or ErrNotFound.
	Get(ctx context.Context, key string) (client.Secret, error)
	// Set keeps s under key; once it returns nil, a Get gives it.
	Set(ctx context.Context, key string, s client.Secret) error
	// Delete removes what is under key; nothing there is no error. Once it
	// returns nil, a Get says ErrNotFound.
	Delete(ctx context.Context, key string) error
}

// Memory is a Store that ends with the program. Its zero value is empty.
type Memory struct {
	mu    sync.Mutex
	items map[string]client.Secret
}

// Get is the secret under key, or ErrNotFound.
func (m *Memory) Get(_ context.Context, key string) (client.Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.items[key]
	if !ok {
		return client.Secret{}, ErrNotFound
	}
	return copyOf(s), nil
}

// Set keeps s under key.
func (m *Memory) Set(_ context.Context, key string, s client.Secret) error {
	if len(s.Reveal()) > MaxSize {
		return ErrTooBig
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = map[string]client.Secret{}
	}
	m.items[key].Wipe()
	m.items[key] = copyOf(s)
	return nil
}

// Delete removes and wipes what is under key.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[key].Wipe()
	delete(m.items, key)
	return nil
}

func (m *Memory) keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for k := range m.items {
		keys = append(keys, k)
	}
	return keys
}

// copyOf keeps a Wipe on one side from emptying the other.
func copyOf(s client.Secret) client.Secret { return client.NewSecret(s.Reveal()) }
