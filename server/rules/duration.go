package rules

import (
	"strconv"
	"strings"
	"time"
)

// durationMax is the longest Duration: nobody means more, and sums of it with
// a time stay in range.
const durationMax = 100 * 365 * day

// unreadable is a Duration that check refuses.
var unreadable = Duration{-1}

// UnmarshalText reads days, such as 365d, or what time.ParseDuration reads, in
// whole seconds. What it cannot read is for check to tell, which knows where
// it stands: the decoder would forget.
func (d *Duration) UnmarshalText(text []byte) error {
	*d = parseDuration(string(text))
	return nil
}

func parseDuration(text string) Duration {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || time.Duration(n)*day > durationMax {
			return unreadable
		}
		return Duration{time.Duration(n) * day}
	}
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 || v > durationMax || v%time.Second != 0 {
		return unreadable
	}
	return Duration{v}
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is d in its largest whole unit.
func (d Duration) String() string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d.Duration != 0 && d.Duration%unit.of == 0 {
			return strconv.FormatInt(int64(d.Duration/unit.of), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(d.Duration/time.Second), 10) + "s"
}
