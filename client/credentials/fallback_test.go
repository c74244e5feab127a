package credentials_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
)

// fickle is a keyring that fails when told to.
type fickle struct {
	credentials.Memory

	fails error
	calls int
}

func (f *fickle) Get(ctx context.Context, key string) (client.Secret, error) {
	f.calls++
	if f.fails != nil {
		return client.Secret{}, f.fails
	}
	return f.Memory.Get(ctx, key)
}

func (f *fickle) Set(ctx context.Context, key string, s client.Secret) error {
	f.calls++
	if f.fails != nil {
		return f.fails
	}
	return f.Memory.Set(ctx, key, s)
}

func (f *fickle) Delete(ctx context.Context, key string) error {
	f.calls++
	if f.fails != nil {
		return f.fails
	}
	return f.Memory.Delete(ctx, key)
}

func read(t *testing.T, s credentials.Store) string {
	t.Helper()
	v, err := s.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return v.Reveal()
}

func wantState(t *testing.T, f *credentials.Fallback, want credentials.State, reason error) {
	t.Helper()
	if got, err := f.State(); got != want || !errors.Is(err, reason) {
		t.Errorf("state %v, %v; want %v, %v", got, err, want, reason)
	}
}

func TestAKeyringThatWorksKeeps(t *testing.T) {
	k := &fickle{}
	f := credentials.NewFallback(k)
	if err := f.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.Kept, nil)
	if read(t, f) != "v" || read(t, k) != "v" {
		t.Error("the keyring does not have it")
	}
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("after Delete: %v, want ErrNotFound", err)
	}
}

func TestWithoutAKeyringItIsKeptUntilQuit(t *testing.T) {
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k)
	if err := f.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.UntilQuit, credentials.ErrUnavailable)
	if read(t, f) != "v" {
		t.Error("not in memory")
	}
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Errorf("what was never in a keyring cannot be left in it: %v", err)
	}
	if err := f.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrUnavailable) {
		t.Errorf("nobody knows whether an earlier run kept it: %v", err)
	}
}

func TestAKeyringThatComesBackGetsTheNextWrite(t *testing.T) {
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k)
	_ = f.Set(t.Context(), "a", client.NewSecret("old"))
	k.fails = nil
	_ = f.Set(t.Context(), "a", client.NewSecret("new"))
	wantState(t, f, credentials.Kept, nil)
	if read(t, k) != "new" || read(t, f) != "new" {
		t.Error("an older value came first")
	}
}

func TestAPersonWhoDoesNotUnlockIsNotAskedAtEachWrite(t *testing.T) {
	for _, fails := range []error{credentials.ErrTimeout, credentials.ErrNotKept} {
		k := &fickle{fails: fails}
		f := credentials.NewFallback(k)
		for range 5 {
			if err := f.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
				t.Fatal(err)
			}
		}
		wantState(t, f, credentials.UntilQuit, fails)
		if k.calls != 1 {
			t.Errorf("%v: asked %d times", fails, k.calls)
		}
		if err := f.TryAgain(t.Context()); !errors.Is(err, fails) {
			t.Errorf("still failing: %v", err)
		}
		k.fails = nil
		if err := f.TryAgain(t.Context()); err != nil {
			t.Error(err)
		}
		wantState(t, f, credentials.Kept, nil)
		if read(t, k) != "v" {
			t.Error("the keyring does not have it")
		}
	}
}

func TestTooBigIsTooBigEverywhere(t *testing.T) {
	big := client.NewSecret(strings.Repeat("x", credentials.MaxSize+1))
	for name, s := range map[string]credentials.Store{
		"memory": &credentials.Memory{}, "fallback": credentials.NewFallback(&fickle{}),
		"no keyring": credentials.NewFallback(&fickle{fails: credentials.ErrUnavailable}),
	} {
		if err := s.Set(t.Context(), "a", big); !errors.Is(err, credentials.ErrTooBig) {
			t.Errorf("%s: %v, want ErrTooBig", name, err)
		}
	}
}

func TestMemoryDoesNotShareItsValues(t *testing.T) {
	m := &credentials.Memory{}
	v := client.NewSecret("v")
	_ = m.Set(t.Context(), "a", v)
	v.Wipe()
	got, _ := m.Get(t.Context(), "a")
	got.Wipe()
	if read(t, m) != "v" {
		t.Error("a Wipe outside emptied the store")
	}
}

func TestAKeyringThatRefusedIsNotAskedAgainForWhatCanBeDoneWithout(t *testing.T) {
	for _, refused := range []error{credentials.ErrDismissed, credentials.ErrTimeout} {
		k := &fickle{fails: refused}
		f := credentials.NewFallback(k)
		for range 3 {
			if _, err := f.Recall(t.Context(), "a"); !errors.Is(err, refused) {
				t.Errorf("got %v, want %v", err, refused)
			}
		}
		if k.calls != 1 {
			t.Errorf("after %v it was asked %d times", refused, k.calls)
		}
		k.fails = nil
		if err := f.TryAgain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Recall(t.Context(), "a"); !errors.Is(err, credentials.ErrNotFound) {
			t.Errorf("after another try: %v", err)
		}
	}
}

func TestAKeyringThatAnswersASignInIsAskedAgain(t *testing.T) {
	k := &fickle{fails: credentials.ErrDismissed}
	f := credentials.NewFallback(k)
	_, _ = f.Recall(t.Context(), "a")
	k.fails = nil
	if err := k.Memory.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
		t.Fatal(err)
	}
	read(t, f)
	if s, err := f.Recall(t.Context(), "a"); err != nil || len(s) != 1 || s[0].Reveal() != "v" {
		t.Errorf("got %v", err)
	}
}
