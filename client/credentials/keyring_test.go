package credentials

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/client"
)

// liar is a keyring that says yes and does what its fields say.
type liar struct {
	items             map[string]string
	dropSet, dropDel  bool
	setErr, getErr    error
	hold              chan struct{} // calls wait until it is closed; nil: they do not
	calls             atomic.Int32
	changeWhatIsThere bool
}

func (l *liar) wait() {
	l.calls.Add(1)
	if l.hold != nil {
		<-l.hold
	}
}

func (l *liar) Get(_ context.Context, _, user string) (string, error) {
	l.wait()
	if l.getErr != nil {
		return "", l.getErr
	}
	v, ok := l.items[user]
	if !ok {
		return "", ErrNotFound
	}
	return v, nil
}

func (l *liar) Set(_ context.Context, _, user, secret string) error {
	l.wait()
	if l.changeWhatIsThere {
		secret += "x"
	}
	if !l.dropSet && l.setErr == nil {
		l.items[user] = secret
	}
	return l.setErr
}

func (l *liar) Delete(_ context.Context, _, user string) error {
	l.wait()
	if !l.dropDel {
		delete(l.items, user)
	}
	return nil
}

func with(l *liar) *Keyring {
	l.items = map[string]string{}
	return newKeyring("keyfob", l, func(context.Context) error { return nil })
}

// security requirement 8: no false success
func TestAKeyringThatLiesIsFoundOut(t *testing.T) {
	ctx, secret := t.Context(), client.NewSecret("v")
	broken := errors.New("broken")
	if err := with(&liar{dropSet: true}).Set(ctx, "a", secret); !errors.Is(err, ErrNotKept) {
		t.Errorf("dismissed Set: %v, want ErrNotKept", err)
	}
	if err := with(&liar{changeWhatIsThere: true}).Set(ctx, "a", secret); !errors.Is(err, ErrNotKept) {
		t.Errorf("changed value: %v, want ErrNotKept", err)
	}
	if err := with(&liar{getErr: broken}).Set(ctx, "a", secret); !errors.Is(err, ErrUnavailable) || !errors.Is(err, broken) {
		t.Errorf("no reading back: %v, want ErrUnavailable", err)
	}
	if err := with(&liar{setErr: ErrTooBig}).Set(ctx, "a", secret); !errors.Is(err, ErrTooBig) {
		t.Errorf("too big there: %v, want ErrTooBig", err)
	}
	k := with(&liar{dropDel: true})
	if err := k.Set(ctx, "a", secret); err != nil {
		t.Fatal(err)
	}
	if err := k.Delete(ctx, "a"); !errors.Is(err, ErrNotDeleted) {
		t.Errorf("dismissed Delete: %v, want ErrNotDeleted", err)
	}
}

func TestAKeyringIsWaitedForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &liar{hold: make(chan struct{})}
		k := with(l)
		begin := time.Now()
		if _, err := k.Get(t.Context(), "a"); !errors.Is(err, ErrTimeout) || time.Since(begin) != Patience {
			t.Errorf("got %v after %v, want ErrTimeout after %v", err, time.Since(begin), Patience)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := k.Delete(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want cancelled", err)
		}
		if n := l.calls.Load(); n != 1 {
			t.Errorf("%d calls overtook the one that hangs", n-1)
		}
		close(l.hold)
	})
}

func TestLateWritesAreTakenBackInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &liar{hold: make(chan struct{})}
		k := with(l)
		if err := k.Set(t.Context(), "a", client.NewSecret("old")); !errors.Is(err, ErrTimeout) {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- k.Set(t.Context(), "a", client.NewSecret("new")) }()
		synctest.Wait()
		close(l.hold)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s, err := k.Get(t.Context(), "a"); err != nil || s.Reveal() != "new" {
			t.Errorf("got %q, %v; want the newer value", s.Reveal(), err)
		}
	})
}
