package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyfob/client"
	"keyfob/internal/crash"
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

// backend is what is asked of the operating system. Get may fail with
// ErrNotFound; to delete nothing is no error. When ctx ends, whatever waits for
// a person ends too; the caller is gone by then, and so may the rest go on.
type backend interface {
	Get(ctx context.Context, service, user string) (string, error)
	Set(ctx context.Context, service, user, value string) error
	Delete(ctx context.Context, service, user string) error
}

// NewKeyring is the operating system's keyring, with items under service.
func NewKeyring(service string) *Keyring {
	return newKeyring(service, system(), Probe)
}

func newKeyring(service string, os backend, probe func(context.Context) error) *Keyring {
	return &Keyring{service: service, os: os, probe: probe, lane: make(chan struct{}, 1)}
}

// Get is the secret under key. It fails with ErrNotFound, ErrUnavailable or
// ErrTimeout.
func (k *Keyring) Get(ctx context.Context, key string) (client.Secret, error) {
	var value string
	err := k.run(ctx, func(ctx context.Context) (err error) {
		value, err = k.os.Get(ctx, k.service, key)
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
	written := false
	return k.run(ctx, func(ctx context.Context) error {
		if err := k.os.Set(ctx, k.service, key, value); err != nil {
			return err
		}
		written = true
		back, err := k.os.Get(ctx, k.service, key)
		if errors.Is(err, ErrNotFound) || err == nil && back != value {
			return ErrNotKept
		}
		return err
	}, func(ctx context.Context) {
		// The caller was told that this is not kept, and may have moved on to
		// a newer one: an old refresh token must not turn up here.
		if written {
			_ = k.os.Delete(ctx, k.service, key)
		}
	})
}

// Delete removes what is under key and looks that it is gone. It fails with
// ErrUnavailable, ErrTimeout or ErrNotDeleted.
func (k *Keyring) Delete(ctx context.Context, key string) error {
	return k.run(ctx, func(ctx context.Context) error {
		if err := k.os.Delete(ctx, k.service, key); err != nil {
			return err
		}
		_, err := k.os.Get(ctx, k.service, key)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil {
			return ErrNotDeleted
		}
		return err
	}, nil)
}

// run does op inside the keyring and waits for it until ctx ends or Patience
// does. An op that is late runs on alone, and undo follows.
func (k *Keyring) run(ctx context.Context, op func(context.Context) error, undo func(context.Context)) error {
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
		defer crash.Guard()
		defer func() { <-k.lane }()
		err := op(ctx)
		select {
		case done <- err:
		case <-ctx.Done():
			if undo != nil {
				k.takeBack(ctx, undo)
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

func (k *Keyring) takeBack(ctx context.Context, undo func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	undo(ctx)
}

// late is why a call was given up.
func late(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return ErrTimeout
	}
	return cause
}

// meaning puts what a backend says into what a Store may fail with.
func meaning(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNotFound, ErrNotKept, ErrNotDeleted, ErrTooBig, ErrUnavailable} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
