//go:build !(linux || freebsd || netbsd || openbsd || dragonfly)

package credentials

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"
)

// system is the keyring of macOS and Windows.
func system() backend { return goKeyring{} }

// goKeyring is the library's package functions as a backend. None of them
// takes a context: the Keyring gives up on them instead.
type goKeyring struct{}

func (goKeyring) Get(_ context.Context, service, user string) (string, error) {
	value, err := keyring.Get(service, user)
	return value, ours(err)
}

func (goKeyring) Set(_ context.Context, service, user, value string) error {
	return ours(keyring.Set(service, user, value))
}

func (goKeyring) Delete(_ context.Context, service, user string) error {
	err := keyring.Delete(service, user)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// ours puts the library's errors into this package's.
func ours(err error) error {
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	}
	return err
}
