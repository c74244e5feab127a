package rules

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// durationMax is the longest Duration: nobody means more, and sums of it with
// a time stay in range.
const durationMax = 100 * 365 * day

var errDuration = errors.New("a duration is text such as \"90d\", \"24h\" or \"30s\", at most 36500d")

// UnmarshalText reads days, such as 365d, or what time.ParseDuration reads, in
// whole seconds.
func (d *Duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || time.Duration(n)*day > durationMax {
			return errDuration
		}
		*d = Duration(time.Duration(n) * day)
		return nil
	}
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 || v > durationMax || v%time.Second != 0 {
		return errDuration
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is d in its largest whole unit.
func (d Duration) String() string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d != 0 && time.Duration(d)%unit.of == 0 {
			return strconv.FormatInt(int64(time.Duration(d)/unit.of), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(time.Duration(d)/time.Second), 10) + "s"
}
