package issued_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/issued"
)

func TestWhatWasNotedWithoutAKeyringIsKeptOnceThereIsOne(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	first, second, third := issued.Sum(pat), issued.Sum(sat), "an-opaque-token-of-another-server"
	note(t, issued.New(path, keys), first, entry("t1"))
	keys.fails = credentials.ErrUnavailable
	x := issued.New(path, keys)
	if err := noteAndSettle(t, x, second, entry("t2")); err == nil {
		t.Error("it is not said that it ends with the program")
	}
	if a, err := x.Find(t.Context(), first); a.Mine || a.Lasting || err == nil {
		t.Errorf("before there is a key: %v, %v", a, err)
	}
	keys.fails = nil // unlocked, or the encrypted file was chosen
	note(t, x, third, entry("t3"))
	for _, index := range []*issued.Index{x, issued.New(path, keys)} {
		for id, value := range map[string]string{"t1": first, "t2": second, "t3": third} {
			if a := find(t, index, value); !a.Mine || a.Entry.ID != id || !a.Lasting || a.Lost {
				t.Errorf("%s: %v", id, a)
			}
		}
	}
}

func TestWhatWaitsForAKeyIsWrittenAtTheEnd(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{fails: credentials.ErrUnavailable}
	x := issued.New(path, keys)
	_ = noteAndSettle(t, x, issued.Sum(pat), entry("t1"))
	keys.fails = nil
	if err := x.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := find(t, issued.New(path, keys), issued.Sum(pat)); !a.Mine {
		t.Error("lost")
	}
	keys.fails = errors.New("asked")
	if err := issued.New(path, keys).Settle(t.Context()); err != nil {
		t.Errorf("with nothing to write the keyring was asked: %v", err)
	}
}

// stuck is a keyring that asks the person, who lets it wait.
type stuck struct {
	issued.Keys
	asked, answered chan struct{}
}

func (k stuck) Recall(ctx context.Context, key string) ([]client.Secret, error) {
	k.asked <- struct{}{}
	<-k.answered
	return k.Keys.Recall(ctx, key)
}

func TestNotingWaitsForNoKeyringAndLosesNothing(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	k := stuck{keys, make(chan struct{}), make(chan struct{})}
	x := issued.New(path, k)
	x.Note(entry("t1"), client.NewSecret(issued.Sum(pat)))
	written := make(chan error)
	go func() { written <- x.Settle(t.Context()) }()
	<-k.asked
	x.Note(entry("t2"), client.NewSecret(issued.Sum(sat))) // while the first is being written
	close(k.answered)
	if err := errors.Join(<-written, x.Settle(t.Context())); err != nil {
		t.Fatal(err)
	}
	for value, id := range map[string]string{pat: "t1", sat: "t2"} {
		if a := find(t, issued.New(path, keys), issued.Sum(value)); !a.Mine || a.Entry.ID != id {
			t.Errorf("%s: %v", id, a)
		}
	}
}

func TestEntriesUnderAKeyThatIsGoneStayUntilItComesBack(t *testing.T) {
	path, old, other := filepath.Join(t.TempDir(), "issued.json"), &keyring{}, &keyring{}
	note(t, issued.New(path, old), issued.Sum(pat), entry("t1"))
	x := issued.New(path, other)
	note(t, x, issued.Sum(sat), entry("t2"))
	if a := find(t, x, issued.Sum(pat)); a.Mine || !a.Lost {
		t.Errorf("under the new key: %v", a)
	}
	if a := find(t, issued.New(path, old), issued.Sum(pat)); !a.Mine {
		t.Errorf("under the old key: %v", a)
	}
}

// The keyring was away for a time, when another key was made.
func TestEntriesUnderEachKeyThatIsThereAreFound(t *testing.T) {
	path, old, other := filepath.Join(t.TempDir(), "issued.json"), &keyring{}, &keyring{}
	note(t, issued.New(path, old), issued.Sum(pat), entry("t1"))
	x := issued.New(path, other)
	note(t, x, issued.Sum(sat), entry("t2"))
	before, err := old.Recall(t.Context(), "fingerprints of issued tokens")
	if err != nil {
		t.Fatal(err)
	}
	other.more = before
	for name, x := range map[string]*issued.Index{"as it comes back": x, "after the next start": issued.New(path, other)} {
		for value, id := range map[string]string{pat: "t1", sat: "t2"} {
			if a := find(t, x, issued.Sum(value)); !a.Mine || a.Entry.ID != id || a.Lost {
				t.Errorf("%s, %s: %v", name, id, a)
			}
		}
	}
}
