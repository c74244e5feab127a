package credentials_test

import (
	"errors"
	"slices"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
)

func reveal(all []client.Secret) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.Reveal())
	}
	return out
}

func wantShadowed(t *testing.T, f *credentials.Fallback, want ...string) {
	t.Helper()
	if got := reveal(f.Shadowed(t.Context(), "a")); !slices.Equal(got, want) {
		t.Errorf("shadowed %q, want %q", got, want)
	}
}

// whileAway is a start without the keyring, which has "old".
func whileAway(t *testing.T) (*credentials.Fallback, *fickle) {
	t.Helper()
	k := &fickle{}
	set(t, k, "old")
	k.fails = credentials.ErrUnavailable
	return credentials.NewFallback(k).WithFile(quick(newFile(t))), k
}

func dropShadowed(t *testing.T, f *credentials.Fallback) {
	t.Helper()
	if err := f.DropShadowed(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantShadowed(t, f)
	if read(t, f) != "new" {
		t.Error("it went too")
	}
}

// A keyring that was away has another secret under the key.
func TestWhatMovesToTheKeyringWritesNothingOverUnseen(t *testing.T) {
	for name, move := range map[string]func(*credentials.Fallback, *fickle) error{
		"from memory, tried again": func(f *credentials.Fallback, k *fickle) error {
			k.fails = nil
			return f.TryAgain(t.Context())
		},
		"from memory, set anew": func(f *credentials.Fallback, k *fickle) error {
			k.fails = nil
			return f.Set(t.Context(), "a", client.NewSecret("new"))
		},
		"from the file": func(f *credentials.Fallback, k *fickle) error {
			if err := f.KeepInFile(t.Context(), passphrase); err != nil {
				return err
			}
			k.fails = nil
			return f.MoveToKeyring(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, k := whileAway(t)
			set(t, f, "new")
			wantShadowed(t, f)
			if err := move(f, k); err != nil {
				t.Fatal(err)
			}
			if read(t, f) != "new" || read(t, k) != "new" {
				t.Error("what was moved does not come first")
			}
			wantShadowed(t, f, "old")
			wantShadowed(t, credentials.NewFallback(k), "old") // after the next start
			dropShadowed(t, f)
		})
	}
}

func TestDeletingTakesWhatWasPutAside(t *testing.T) {
	f, k := whileAway(t)
	set(t, f, "new")
	k.fails = nil
	if err := f.TryAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantShadowed(t, f)
}

func TestWhatTheKeyringHasBesideTheFileIsShadowed(t *testing.T) {
	f, k := whileAway(t)
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	set(t, f, "new")
	k.fails = nil
	wantShadowed(t, f, "old")
	if all, err := f.Recall(t.Context(), "a"); err != nil || !slices.Equal(reveal(all), []string{"new", "old"}) {
		t.Errorf("recalled %q, %v", reveal(all), err)
	}
	dropShadowed(t, f)
}

func TestWhatIsNotInTheFileIsRecalledFromTheKeyring(t *testing.T) {
	f, k := whileAway(t)
	k.fails = nil
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if all, err := f.Recall(t.Context(), "a"); err != nil || !slices.Equal(reveal(all), []string{"old"}) {
		t.Errorf("recalled %q, %v", reveal(all), err)
	}
}

// State speaks of all that was set: none of it is in memory behind a keyring that works again.
func TestAKeyringThatComesBackGetsAllThatIsInMemory(t *testing.T) {
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k)
	if err := f.Set(t.Context(), "bob", client.NewSecret("b")); err != nil {
		t.Fatal(err)
	}
	k.fails = nil
	set(t, f, "v")
	wantState(t, f, credentials.Kept, nil)
	if s, err := k.Memory.Get(t.Context(), "bob"); err != nil || s.Reveal() != "b" {
		t.Errorf("in the keyring: %v", err)
	}
}

func TestNoPersonIsAskedForWhatIsShadowed(t *testing.T) {
	k := &fickle{fails: credentials.ErrDismissed}
	f := credentials.NewFallback(k)
	set(t, f, "v")
	calls := k.calls
	if all := f.Shadowed(credentials.Unasked(t.Context()), "a"); len(all) > 0 || k.calls != calls {
		t.Error("the keyring that was refused was asked")
	}
}

// What is put aside stays when the keyring goes away once more.
func TestWhatWasPutAsideIsNotWrittenOver(t *testing.T) {
	k := &fickle{}
	set(t, k, "old")
	for _, next := range []string{"mid", "new"} {
		k.fails = credentials.ErrUnavailable
		f := credentials.NewFallback(k)
		set(t, f, next)
		k.fails = nil
		if err := f.TryAgain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f := credentials.NewFallback(k)
	wantShadowed(t, f, "mid", "old")
	dropShadowed(t, f)
	for _, key := range []string{"a|before", "a|before|before"} {
		if _, err := k.Memory.Get(t.Context(), key); !errors.Is(err, credentials.ErrNotFound) {
			t.Errorf("%s is left: %v", key, err)
		}
	}
}

// Another program has unlocked the keyring meanwhile.
func TestNothingIsDeletedUnseenOnceTheKeyringAnswers(t *testing.T) {
	k := &fickle{}
	set(t, k, "old")
	k.fails = credentials.ErrDismissed
	f := credentials.NewFallback(k)
	set(t, f, "new")
	k.fails = nil
	if err := f.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrAsks) || read(t, k) != "old" {
		t.Errorf("deleted: %v", err)
	}
	set(t, f, "new")
	wantShadowed(t, f, "old")
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	wantShadowed(t, f)
}
