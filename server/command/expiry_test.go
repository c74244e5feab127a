package command

import (
	"testing"
	"time"
)

// Whatever is typed: a moment to come, never, or a sentence that says what can
// be typed.
func FuzzExpiry(f *testing.F) {
	for _, seed := range []string{"24h", "90d", "never", "", "0d", "-1d", "1.5h", "36500d", "36501d", "9223372036854775807d", "1d2h", "d", "1e9h", "290000000h"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 123, time.UTC)
	f.Fuzz(func(t *testing.T, lifetime string) {
		at, err := expiry(lifetime, now)
		switch {
		case err != nil && at != nil:
			t.Error("a moment and an error")
		case err == nil && at == nil && lifetime != "never":
			t.Errorf("%q is no expiry", lifetime)
		case at != nil && at.Before(now.Truncate(time.Second)):
			t.Errorf("%q ends at %v, before it begins", lifetime, at)
		case at != nil && at.Year() > 2400:
			t.Errorf("%q ends at %v", lifetime, at)
		}
	})
}
