package lock

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func idle(after *time.Duration) (*Idle, *atomic.Int32) {
	n := new(atomic.Int32)
	return NewIdle(func() time.Duration { return *after }, func() { n.Add(1) }), n
}

func TestItLocksWhenNobodyUsedTheWindowForSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := 5 * time.Minute
		i, locked := idle(&after)
		i.Start()
		time.Sleep(4 * time.Minute)
		i.Used()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if locked.Load() != 0 {
			t.Fatal("locked four minutes after the last use")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if locked.Load() != 1 {
			t.Fatalf("locked %d times five minutes after the last use", locked.Load())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if locked.Load() != 1 {
			t.Errorf("locked %d times", locked.Load())
		}
	})
}

func TestNeverIsNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := time.Duration(0)
		i, locked := idle(&after)
		i.Start()
		time.Sleep(100 * time.Hour)
		after = 5 * time.Minute
		i.Start() // as the settings do for another choice
		time.Sleep(time.Hour)
		i.Start()
		i.Stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if locked.Load() != 1 {
			t.Errorf("locked %d times", locked.Load())
		}
	})
}
