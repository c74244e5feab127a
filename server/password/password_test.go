package password

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAPasswordVerifiesAgainstItsOwnHashAndNoOther(t *testing.T) {
	ctx := t.Context()
	phc, err := Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false, "Correct horse": false} {
		got, err := Verify(ctx, phc, password)
		if err != nil || got != want {
			t.Errorf("Verify(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
}

func TestTheSamePasswordHashesDifferentlyEachTimeAndSaysItsCost(t *testing.T) {
	one, err1 := Hash(t.Context(), "same")
	two, err2 := Hash(t.Context(), "same")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("two hashes of one password are equal: no salt")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(one, "same") {
		t.Errorf("not the promised form: %s", one)
	}
}

func TestAnUnmatchableHashCostsAsMuchAsARealOneAndMatchesNothing(t *testing.T) {
	never := Unmatchable()
	ok, err := Verify(t.Context(), never, "")
	if err != nil || ok {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	phc, err := Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := parse(never)
	b, err2 := parse(phc)
	if err1 != nil || err2 != nil || a.memory != b.memory || a.passes != b.passes || a.lanes != b.lanes ||
		len(a.salt) != len(b.salt) || len(a.sum) != len(b.sum) {
		t.Errorf("%s costs otherwise than %s", never, phc)
	}
}

// A vector of the reference implementation (phc-winner-argon2, test.c).
func TestAHashOfTheReferenceImplementationVerifies(t *testing.T) {
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	ok, err := Verify(t.Context(), phc, "password")
	if err != nil || !ok {
		t.Errorf("Verify = %v, %v; want true", ok, err)
	}
}

func TestWhatIsNoHashIsRefusedWithoutWork(t *testing.T) {
	const salt, sum = "c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for name, phc := range map[string]string{
		"empty":         "",
		"plain text":    "secret",
		"bcrypt":        "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":       "$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + sum,
		"old version":   "$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + sum,
		"too much":      "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + sum,
		"too long":      "$argon2id$v=19$m=256,t=99,p=1$" + salt + "$" + sum,
		"no lanes":      "$argon2id$v=19$m=256,t=2,p=0$" + salt + "$" + sum,
		"leading zero":  "$argon2id$v=19$m=0256,t=2,p=1$" + salt + "$" + sum,
		"sign":          "$argon2id$v=19$m=+256,t=2,p=1$" + salt + "$" + sum,
		"padded":        "$argon2id$v=19$m=256,t=2,p=1$" + salt + "=$" + sum,
		"line break":    "$argon2id$v=19$m=256,t=2,p=1$" + salt + "\n$" + sum,
		"short sum":     "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$AAAA",
		"trailing part": "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + sum + "$",
	} {
		if _, err := Verify(t.Context(), phc, "password"); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error %v, want ErrMalformed", name, err)
		}
	}
}

func TestWaitingForASlotEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		saved := slots
		slots = make(chan struct{}, 1)
		defer func() { slots = saved }()
		slots <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := Hash(ctx, "x")
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	})
}

func FuzzParseAcceptsOnlyWhatStringWrites(f *testing.F) {
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := parse(phc)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q: error %v", phc, err)
			}
			return
		}
		if h.String() != phc {
			t.Fatalf("%q parsed, but writes as %q", phc, h.String())
		}
		if h.memory > maxMemoryKiB || h.passes > maxPasses || h.lanes > maxLanes {
			t.Fatalf("%q: cost above the bounds", phc)
		}
	})
}
