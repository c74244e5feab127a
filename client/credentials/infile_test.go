package credentials_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
)

// held is a keyring that waits in the middle of a Set or a Delete, once.
type held struct {
	credentials.Memory

	inSet, inDelete chan struct{} // closed: it goes on; nil: it does not wait
}

func (h *held) Set(ctx context.Context, key string, s client.Secret) error {
	wait(&h.inSet)
	return h.Memory.Set(ctx, key, s)
}

func (h *held) Delete(ctx context.Context, key string) error {
	wait(&h.inDelete)
	return h.Memory.Delete(ctx, key)
}

func wait(until *chan struct{}) {
	if c := *until; c != nil {
		<-c
		*until = nil
	}
}

// behind runs do, which waits for the keyring, in time of its own.
func behind(t *testing.T, do func(t *testing.T, f *credentials.Fallback, k *held)) {
	t.Helper()
	file := newFile(t)
	synctest.Test(t, func(t *testing.T) {
		k := &held{}
		f := credentials.NewFallback(k).WithFile(quick(file))
		set(t, f, "in the keyring")
		if err := f.KeepInFile(t.Context(), passphrase); err != nil {
			t.Fatal(err)
		}
		do(t, f, k)
	})
}

// begins runs do until it waits.
func begins(do func() error) <-chan error {
	over := make(chan error, 1)
	go func() { over <- do() }()
	synctest.Wait()
	return over
}

// beingSet is a Set that leaves the keyring at its end, and waits there.
func beingSet(t *testing.T, f *credentials.Fallback, k *held) (over <-chan error, goOn func()) {
	k.inDelete = make(chan struct{})
	release := k.inDelete
	return begins(func() error { return f.Set(t.Context(), "a", client.NewSecret("new")) }), func() { close(release) }
}

func TestForgettingTheFileTakesNoTurnOfWhatIsBeingSet(t *testing.T) {
	behind(t, func(t *testing.T, f *credentials.Fallback, k *held) {
		over, goOn := beingSet(t, f, k)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.ForgetFile(short); !errors.Is(err, credentials.ErrTimeout) {
			t.Errorf("forgot it beneath a Set: %v", err)
		}
		goOn()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := f.ForgetFile(t.Context()); err != nil || read(t, f) != "new" || !f.UntilQuit("a") {
			t.Errorf("forgotten: %v, has %q", err, read(t, f))
		}
	})
}

func TestALockWhileTheFileIsBeingForgottenLosesNothing(t *testing.T) {
	behind(t, func(t *testing.T, f *credentials.Fallback, k *held) {
		over, goOn := beingSet(t, f, k)
		forgot := begins(func() error { return f.ForgetFile(t.Context()) })
		f.LockFile()
		goOn()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := <-forgot; !errors.Is(err, credentials.ErrLocked) {
			t.Errorf("forgotten: %v", err)
		}
		if err := f.OpenFile(t.Context(), passphrase); err != nil || read(t, f) != "new" {
			t.Errorf("opened: %v, has %q", err, read(t, f))
		}
	})
}

func TestWhatIsSetWhileTheFileMovesIsNotLost(t *testing.T) {
	behind(t, func(t *testing.T, f *credentials.Fallback, k *held) {
		set(t, f, "v")
		k.inSet = make(chan struct{})
		release := k.inSet
		over := begins(func() error { return f.MoveToKeyring(t.Context()) })
		if err := f.Set(t.Context(), "b", client.NewSecret("another account")); err != nil {
			t.Fatal(err)
		}
		close(release)
		if err := <-over; err != nil {
			t.Error(err)
		}
		for key, want := range map[string]string{"a": "v", "b": "another account"} {
			if s, err := k.Get(t.Context(), key); err != nil || s.Reveal() != want {
				t.Errorf("the keyring has %s: %v", key, err)
			}
		}
	})
}
