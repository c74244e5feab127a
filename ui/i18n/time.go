package i18n

import (
	"math"
	"time"
)

// UTC returns a moment as people read it, in UTC: "20 Feb 2027, 00:00 UTC". The zero time is "never".
func UTC(t time.Time) string {
	if t.IsZero() {
		return T("time.never")
	}
	t = t.UTC()
	return T("time.utc", "Day", t.Day(), "Month", month(t.Month()), "Year", t.Year(), "Clock", t.Format("15:04"))
}

// Date returns the day of a moment, in UTC: "20 Feb 2027". The zero time is "never".
func Date(t time.Time) string {
	if t.IsZero() {
		return T("time.never")
	}
	t = t.UTC()
	return T("time.date", "Day", t.Day(), "Month", month(t.Month()), "Year", t.Year())
}

const (
	day     = 24 * time.Hour
	year    = 365 * day
	month30 = year / 12 // so that a token of one year reads "in 12 months"
)

// Relative returns how far a moment is from now, to one unit: "in 9 days", "2 h ago", "yesterday", "just now". The zero
// time is "never". It rounds down, so that "in 1 day" never promises more time than there is.
func Relative(t, now time.Time) string {
	if t.IsZero() {
		return T("time.never")
	}
	switch d := t.Sub(now); {
	case d == math.MaxInt64: // more than a Duration holds
		return N("time.inYears", t.Year()-now.Year())
	case d > 0:
		return ahead(d)
	}
	return ago(now.Sub(t))
}

// ahead promises no minute, hour or day too much. Months and years are rough
// anyway and are rounded: what was just given a year has twelve months.
func ahead(d time.Duration) string {
	switch {
	case d < time.Minute:
		return T("time.inMoment")
	case d < time.Hour:
		return T("time.inMinutes", "Minutes", int(d/time.Minute))
	case d < day:
		return T("time.inHours", "Hours", int(d/time.Hour))
	case d < 60*day:
		return N("time.inDays", int(d/day))
	case d < 2*year:
		return N("time.inMonths", round(d, month30))
	}
	return N("time.inYears", round(d, year))
}

func round(d, unit time.Duration) int { return int(d/unit + d%unit*2/unit) }

func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return T("time.justNow")
	case d < time.Hour:
		return T("time.minutesAgo", "Minutes", int(d/time.Minute))
	case d < day:
		return T("time.hoursAgo", "Hours", int(d/time.Hour))
	case d < 2*day:
		return T("time.yesterday")
	case d < 14*day:
		return N("time.daysAgo", int(d/day))
	case d < 60*day:
		return N("time.weeksAgo", int(d/(7*day)))
	case d < 2*year:
		return N("time.monthsAgo", int(d/month30))
	}
	return N("time.yearsAgo", int(d/year))
}

func month(m time.Month) string {
	switch m {
	case time.January:
		return T("time.month.01")
	case time.February:
		return T("time.month.02")
	case time.March:
		return T("time.month.03")
	case time.April:
		return T("time.month.04")
	case time.May:
		return T("time.month.05")
	case time.June:
		return T("time.month.06")
	case time.July:
		return T("time.month.07")
	case time.August:
		return T("time.month.08")
	case time.September:
		return T("time.month.09")
	case time.October:
		return T("time.month.10")
	case time.November:
		return T("time.month.11")
	}
	return T("time.month.12")
}
