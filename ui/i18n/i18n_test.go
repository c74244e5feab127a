package i18n

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/assets"
)

func TestTextTakesItsValuesByName(t *testing.T) {
	for name, got := range map[string]string{
		"pairs":    T("time.date", "Day", 20, "Month", "Feb", "Year", 2027),
		"one map":  T("time.date", Args{"Day": 20, "Month": "Feb", "Year": 2027}),
		"no value": T("time.date", "Day", 20, "Month", "Feb", "Year"),
	} {
		want := "20 Feb 2027"
		if name == "no value" {
			want = "20 Feb <no value>"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestUnknownKeyShowsItselfRatherThanNothing(t *testing.T) {
	if got := T("no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}

func TestCountChoosesThePluralForm(t *testing.T) {
	got := []string{N("time.inDays", 1), N("time.inDays", 2), N("time.inDays", 0)}
	want := []string{"in 1 day", "in 2 days", "in 0 days"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRelativeTellsOneUnitAndNeverTooMuch(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from time.Duration
		want string
	}{
		{30 * time.Second, "in a moment"},
		{time.Minute, "in 1 min"},
		{59*time.Minute + 59*time.Second, "in 59 min"},
		{23*time.Hour + 59*time.Minute, "in 23 h"},
		{24 * time.Hour, "in 1 day"},
		{10*24*time.Hour - time.Second, "in 9 days"},
		{59 * 24 * time.Hour, "in 59 days"},
		{90 * 24 * time.Hour, "in 3 months"},
		{365 * 24 * time.Hour, "in 12 months"},
		{3 * 365 * 24 * time.Hour, "in 3 years"},
		{0, "just now"},
		{-59 * time.Second, "just now"},
		{-5 * time.Minute, "5 min ago"},
		{-2 * time.Hour, "2 h ago"},
		{-25 * time.Hour, "yesterday"},
		{-12 * 24 * time.Hour, "12 days ago"},
		{-22 * 24 * time.Hour, "3 weeks ago"},
		{-125 * 24 * time.Hour, "4 months ago"},
		{-3 * 365 * 24 * time.Hour, "3 years ago"},
	} {
		if got := Relative(now.Add(c.from), now); got != c.want {
			t.Errorf("%v from now: %q, want %q", c.from, got, c.want)
		}
	}
}

// The server takes an expiry up to the year 9999; a Duration ends after 292 years.
func TestAMomentCenturiesAwayIsCounted(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for year, want := range map[int]string{2318: "in 292 years", 2319: "in 293 years", 9999: "in 7973 years"} {
		if got := Relative(time.Date(year, 11, 22, 0, 0, 0, 0, time.UTC), now); got != want {
			t.Errorf("%d: %q, want %q", year, got, want)
		}
	}
}

func TestMomentThatNeverComesIsNever(t *testing.T) {
	for _, got := range []string{Relative(time.Time{}, time.Now()), UTC(time.Time{}), Date(time.Time{})} {
		if got != "never" {
			t.Errorf("got %q", got)
		}
	}
}

func TestMomentIsShownInUTCWhereverTheUserIs(t *testing.T) {
	vienna := time.FixedZone("Vienna", 3600)
	at := time.Date(2027, 2, 20, 0, 30, 0, 0, vienna)
	if got, want := UTC(at), "19 Feb 2027, 23:30 UTC"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Date(at), "19 Feb 2027"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEachMonthHasItsName(t *testing.T) {
	var got []string
	for m := time.January; m <= time.December; m++ {
		got = append(got, month(m))
	}
	want := strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A system in a language that we do not speak, whose numbers have forms that English lacks, still gets a text for each.
func TestEnglishStandsInForALanguageWithMorePluralForms(t *testing.T) {
	file, err := assets.FS.ReadFile("translations/en.json")
	if err != nil {
		t.Fatal(err)
	}
	full, err := allForms(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(full, &texts); err != nil {
		t.Fatal(err)
	}
	days := texts["time.inDays"].(map[string]any)
	for _, form := range []string{"zero", "two", "few", "many", "other"} {
		if days[form] != "in {{.Count}} days" {
			t.Errorf("form %s is %v", form, days[form])
		}
	}
	if got := texts["time.inDays"+oneOnly]; got != "in {{.Count}} day" {
		t.Errorf("the form for one is %v", got)
	}
}
