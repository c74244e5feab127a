package limit

import (
	"net/netip"
	"runtime"
	"testing"
	"time"
)

func TestEachKeyHasItsOwnBudget(t *testing.T) {
	k, now := New[string](time.Second, 2, 10), time.Now()
	for i, want := range []bool{true, true, false} {
		if got := k.Of("a").AllowN(now, 1); got != want {
			t.Errorf("event %d of a is allowed: %v", i, got)
		}
	}
	if !k.Of("b").AllowN(now, 1) {
		t.Error("b pays for a")
	}
	if !k.Of("a").AllowN(now.Add(time.Second), 1) {
		t.Error("a second later a is still refused")
	}
	k.Forget("b")
	if k.Of("b").TokensAt(now) != 2 {
		t.Error("b is not forgotten")
	}
}

func TestTheKeyAskedForLastIsRememberedAmongMany(t *testing.T) {
	k, now := New[int](time.Hour, 1, 100), time.Now()
	k.Of(-1).AllowN(now, 1)
	for i := range 10_000 {
		k.Of(i)
		if i%40 == 0 && k.Of(-1).AllowN(now, 1) {
			t.Fatalf("forgotten after %d others", i)
		}
		if k.Len() > 100 {
			t.Fatalf("%d keys are kept", k.Len())
		}
	}
	for i := range 200 {
		k.Of(i)
	}
	if !k.Of(-1).AllowN(now, 1) {
		t.Error("a key that nobody asked for is remembered for ever")
	}
}

// The bound in keys is one in memory: ten million networks fit in 64 MiB.
func TestMemoryIsBoundedWhateverTheNumberOfKeys(t *testing.T) {
	n := 400_000
	if long {
		n = 10_000_000
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k := New[netip.Prefix](time.Second, 10, 100_000)
	for i := range n {
		k.Of(netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}), 64))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d keys: %d kept in %.1f MiB", n, k.Len(), float64(kept)/(1<<20))
	if kept > 64<<20 || k.Len() > 100_000 {
		t.Error("too much")
	}
}
