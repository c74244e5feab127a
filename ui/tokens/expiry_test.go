package tokens

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
)

// requirement 57: what is typed is UTC.
func TestDatesAreReadAsUTC(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2027-01-31":         time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
		" 2027-01-31 18:05 ": time.Date(2027, 1, 31, 18, 5, 0, 0, time.UTC),
	} {
		got, err := parseExpiry(text, now, 0)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
}

// requirement 70 on this side of the wire
func TestDatesThatCannotBeAreRefused(t *testing.T) {
	for text, want := range map[string]error{
		"":                 errDateFormat,
		"tomorrow":         errDateFormat,
		"31.01.2027":       errDateFormat,
		"2027-1-31":        errDateFormat,
		"2027-01-31T18:00": errDateFormat,
		"2027-02-30":       errDateNone,
		"2027-13-01":       errDateNone,
		"2027-02-29 10:00": errDateNone,
		"2027-02-28 24:00": errTimeNone,
		"2026-11-22":       errDatePast,
		"2026-11-22 09:30": errDatePast,
		"2028-01-01":       errDateMax,
	} {
		if _, err := parseExpiry(text, now, 365*day); !errors.Is(err, want) {
			t.Errorf("%q gives %v, want %v", text, err, want)
		}
	}
}

func FuzzParseExpiry(f *testing.F) {
	f.Add("2027-01-31")
	f.Add("2027-01-31 18:00")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseExpiry(text, now, 365*day)
		if err == nil && (!at.After(now) || at.After(in(365*day))) {
			t.Errorf("%q was taken as %v", text, at)
		}
	})
}

func TestPresetsFollowTheRules(t *testing.T) {
	texts := func(rule client.ExpiryRule) []string {
		var out []string
		for _, p := range presets(rule) {
			out = append(out, p.text)
		}
		return out
	}
	erp := client.ExpiryRule{NeverAllowed: true, Default: 365 * day}
	if diff := cmp.Diff([]string{"30 days", "90 days", "1 year", "Date…", "Never"}, texts(erp)); diff != "" {
		t.Error(diff)
	}
	if got := presets(erp)[defaultPreset(presets(erp), erp)].text; got != "1 year" {
		t.Errorf("the default of a year preselects %q", got)
	}
	strict := client.ExpiryRule{Max: 60 * day, Default: 60 * day}
	if diff := cmp.Diff([]string{"30 days", "Date…"}, texts(strict)); diff != "" {
		t.Error(diff)
	}
}

func TestExpiryIsExplainedInBothZones(t *testing.T) {
	at := time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC)
	if got := explainUTC(at, time.UTC); got != "20 Feb 2027, 00:00 UTC" {
		t.Errorf("in UTC it reads %q", got)
	}
	if got := explainUTC(at, time.FixedZone("here", 3600)); got != "20 Feb 2027, 00:00 UTC · that is 01:00 your time" {
		t.Errorf("an hour east it reads %q", got)
	}
}
