package clipboard

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/client"
)

// faulty is a system clipboard that can fail or hang on demand; otherwise it
// behaves as the real one does in desktop_test.go.
type faulty struct {
	mu   sync.Mutex
	text string
	top  *faultyText
	err  error
	hang chan struct{}
}

type faultyText struct {
	on       *faulty
	replaced chan struct{}
}

func (f *faulty) lend(text []byte) (held, error) {
	if err := f.wait(); err != nil {
		return nil, err
	}
	return f.replace(string(text)), nil
}

func (f *faulty) reach() Reach { return Sure }

func (h *faultyText) gone() <-chan struct{} { return h.replaced }

func (h *faultyText) release() (bool, error) {
	if err := h.on.wait(); err != nil {
		return false, err
	}
	select {
	case <-h.replaced:
		return false, nil
	default:
	}
	h.on.replace("")
	return true, nil
}

// wait hangs or fails as told.
func (f *faulty) wait() error {
	f.mu.Lock()
	hang, err := f.hang, f.err
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return err
}

func (f *faulty) fail(err error, hang chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.hang = err, hang
}

func (f *faulty) holds() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text
}

// replace is any program's copy.
func (f *faulty) replace(text string) *faultyText {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.top != nil {
		close(f.top.replaced)
	}
	f.text, f.top = text, &faultyText{f, make(chan struct{})}
	return f.top
}

func always(after time.Duration) func() time.Duration { return func() time.Duration { return after } }

func lend(t *testing.T, c *Clipboard, value string) Loan {
	t.Helper()
	l, err := c.Copy(t.Context(), client.NewSecret(value))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheSecretIsTakenBackAfterThirtySecondsAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		loan := lend(t, with(f, always(DefaultAfter)), "secret")
		if loan.For != 30*time.Second {
			t.Errorf("promised for %v", loan.For)
		}
		time.Sleep(30*time.Second - time.Nanosecond)
		synctest.Wait()
		if f.holds() != "secret" {
			t.Errorf("gone before its time")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if f.holds() != "" {
			t.Errorf("still there")
		}
		if end := <-loan.End; end != Cleared {
			t.Errorf("ended as %v", end)
		}
	})
}

func TestASecondCopyStartsTheTimeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		c := with(f, always(DefaultAfter))
		first := lend(t, c, "first")
		time.Sleep(20 * time.Second)
		second := lend(t, c, "second")
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if f.holds() != "second" {
			t.Errorf("the first copy's clock took the second back")
		}
		if end := <-first.End; end != Superseded {
			t.Errorf("the first ended as %v", end)
		}
		if end := <-second.End; end != Cleared {
			t.Errorf("the second ended as %v", end)
		}
	})
}

func TestWithoutATimeOnlyClearTakesItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		c := with(f, always(0))
		loan := lend(t, c, "secret")
		time.Sleep(24 * time.Hour)
		if f.holds() != "secret" {
			t.Errorf("taken back without being asked")
		}
		if err := c.Clear(t.Context()); err != nil || f.holds() != "" {
			t.Errorf("Clear: %v", err)
		}
		<-loan.End
	})
}

func TestAClearingThatFailsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		loan := lend(t, with(f, always(DefaultAfter)), "secret")
		f.fail(ErrUnavailable, nil)
		if end := <-loan.End; end != NotCleared {
			t.Errorf("ended as %v", end)
		}
		f.replace("") // lets the watcher go
	})
}

func TestACopyThatHangsFailsAndIsUndoneWhenItComesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		f := &faulty{hang: hang}
		start := time.Now()
		_, err := with(f, always(DefaultAfter)).Copy(t.Context(), client.NewSecret("secret"))
		if !errors.Is(err, ErrUnavailable) || time.Since(start) > patience {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		close(hang)
		synctest.Wait()
		if f.holds() != "" {
			t.Errorf("said to have failed, but the secret is there")
		}
	})
}

func TestClearOnTheWayOutWaitsNoLongerThanAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		c := with(f, always(DefaultAfter))
		lend(t, c, "secret")
		hang := make(chan struct{})
		f.fail(nil, hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := c.Clear(ctx); err == nil || time.Since(start) != time.Second {
			t.Errorf("Clear: %v after %v", err, time.Since(start))
		}
		close(hang)
	})
}

// Nothing of the text stays in our memory once nobody can ask for it.
func TestOurCopyOfTheTextIsWipedAfterTheLoan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		c := with(f, always(DefaultAfter))
		lend(t, c, "secret")
		text := c.now.text
		f.replace("foreign")
		synctest.Wait()
		for _, b := range text {
			if b != 0 {
				t.Fatalf("not wiped")
			}
		}
	})
}

func TestAChangedTimeHoldsForTheNextCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := 2 * time.Minute
		c := with(&faulty{}, func() time.Duration { return after })
		if first := lend(t, c, "first"); first.For != 2*time.Minute {
			t.Errorf("promised for %v", first.For)
		}
		after = 10 * time.Second
		start := time.Now()
		second := lend(t, c, "second")
		if end := <-second.End; end != Cleared || time.Since(start) != 10*time.Second {
			t.Errorf("ended as %v after %v", end, time.Since(start))
		}
	})
}
