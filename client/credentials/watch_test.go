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

// unanswered is a keyring whose question nobody answers.
type unanswered struct{ credentials.Memory }

func (*unanswered) Get(ctx context.Context, _ string) (client.Secret, error) {
	<-ctx.Done()
	return client.Secret{}, context.Cause(ctx)
}

// security requirement 9
func TestAWaitIsSaidAfterASecondAndCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := credentials.NewWatch(&unanswered{})
		told := make(chan bool, 8)
		w.OnWait(func() { told <- w.Waiting() })
		failed := make(chan error)
		begin := time.Now()
		go func() {
			_, err := w.Get(t.Context(), "a")
			failed <- err
		}()
		if waits := <-told; !waits || time.Since(begin) != credentials.Noticeable {
			t.Errorf("waiting %v after %v", waits, time.Since(begin))
		}
		w.GiveUp()
		if err := <-failed; !errors.Is(err, credentials.ErrDismissed) {
			t.Errorf("given up with %v", err)
		}
		if <-told {
			t.Error("still waiting")
		}
	})
}

func TestAQuickKeyringIsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := credentials.NewWatch(&credentials.Memory{})
		w.OnWait(func() { t.Error("a wait was said") })
		if err := w.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * credentials.Noticeable)
	})
}
