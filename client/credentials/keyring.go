package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"

	"keyfob/client"
)

// Patience is how long a call waits for the keyring, and so for a person who
// may have to type the keyring's password, when its context sets no earlier
// end.
const Patience = 60 * time.Second

// Keyring is the Store in the operating system's keyring. What it holds is
// listed there under its service name. It is safe for concurrent use; calls
// reach the keyring one after the other.
type Keyring struct {
	service string
	os      backend
	probe   func(context.Context) error

	// lane holds one value while a call is inside the keyring. A call that
	// hangs keeps the lane, so that nothing overtakes it; whoever waits for
	// the lane gives up in time.
	lane chan struct{}
}

// backend is what is asked of the operating system.
type backend interface {
	Get(service, user string) (string, error)
	Set(service, user, secret string) error
	Delete(service, user string) error
}

// NewKeyring is the operating system's keyring, with items under service.
func NewKeyring(service string) *Keyring {
	return newKeyring(service, goKeyring{}, Probe)
}

func newKeyring(service string, os backend, probe func(context.Context) error) *Keyring {
	return &Keyring{service: service, os: os, probe: probe, lane: make(chan struct{}, 1)}
}

// Get is the secret under key. It fails with ErrNotFound, ErrUnavailable or
// ErrTimeout.
func (k *Keyring) Get(ctx context.Context, key string) (client.Secret, error) {
	var value string
	err := k.run(ctx, func() (err error) {
		value, err = k.os.Get(k.service, key)
		return err
	}, nil)
	if err != nil {
		return client.Secret{}, err
	}
	return client.NewSecret(value), nil
}

// Set keeps s under key and reads it back: some keyrings say yes when the
// person said no. It fails with ErrTooBig, ErrUnavailable, ErrTimeout or
// ErrNotKept. What a keyring takes after the time is up is removed again.
func (k *Keyring) Set(ctx context.Context, key string, s client.Secret) error {
	value := s.Reveal()
	if len(value) > MaxSize {
		return ErrTooBig
	}
	return k.run(ctx, func() error {
		if err := k.os.Set(k.service, key, value); err != nil {
			return err
		}
		back, err := k.os.Get(k.service, key)
		if errors.Is(err, keyring.ErrNotFound) || err == nil && back != value {
			return ErrNotKept
		}
		return err
	}, func() {
		// The caller was told that this is not kept, and may have moved on to
		// a newer one: an old refresh token must not turn up here.
		_ = k.os.Delete(k.service, key)
	})
}

// Delete removes what is under key and looks that it is gone. It fails with
// ErrUnavailable, ErrTimeout or ErrNotDeleted.
func (k *Keyring) Delete(ctx context.Context, key string) error {
	return k.run(ctx, func() error {
		err := k.os.Delete(k.service, key)
		if err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
		_, err = k.os.Get(k.service, key)
		if errors.Is(err, keyring.ErrNotFound) {
			return nil
		}
		if err == nil {
			return ErrNotDeleted
		}
		return err
	}, nil)
}

// run does op inside the keyring and waits for it until ctx ends or Patience
// does. An op that is late runs on alone; when it then succeeds, undo follows.
func (k *Keyring) run(ctx context.Context, op func() error, undo func()) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := k.probe(ctx); err != nil {
		return err
	}
	select {
	case k.lane <- struct{}{}:
	case <-ctx.Done():
		return late(ctx)
	}
	done := make(chan error)
	go func() {
		defer func() { <-k.lane }()
		err := op()
		select {
		case done <- err:
		case <-ctx.Done():
			if err == nil && undo != nil {
				undo()
			}
		}
	}()
	select {
	case err := <-done:
		return meaning(err)
	case <-ctx.Done():
		return late(ctx)
	}
}

// late is why a call was given up.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	return ErrTimeout
}

// meaning puts the keyring's errors into ours.
func meaning(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrNotKept), errors.Is(err, ErrNotDeleted):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// goKeyring is the library's package functions as a backend.
type goKeyring struct{}

func (goKeyring) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (goKeyring) Set(service, user, secret string) error   { return keyring.Set(service, user, secret) }
func (goKeyring) Delete(service, user string) error        { return keyring.Delete(service, user) }
