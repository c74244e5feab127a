package tokens

import (
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

const day = 24 * time.Hour

// expiryField asks for the moment at which a token ends, in UTC: presets, a
// date of one's own, or never where the rules allow it (requirements 57, 59).
type expiryField struct {
	field  *widgets.Field
	rule   client.ExpiryRule
	now    func() time.Time
	zone   *time.Location
	chips  *widgets.Chips
	date   *widgets.Entry
	preset []preset
	chosen int
	given  int // was chosen at first

	changed func()
}

// preset is one chip: a number of days from now, a date, or never.
type preset struct {
	text  string
	days  int
	date  bool
	never bool
}

var (
	errDateFormat = errors.New("not a date")
	errDateNone   = errors.New("no such day")
	errTimeNone   = errors.New("no such time of day")
	errDatePast   = errors.New("date in the past")
	errDateMax    = errors.New("date beyond the maximum")
)

func newExpiryField(rule client.ExpiryRule, now func() time.Time, changed func()) *expiryField {
	e := &expiryField{rule: rule, now: now, zone: time.Local, changed: changed}
	e.preset = presets(rule)
	e.chosen = defaultPreset(e.preset, rule)
	e.given = e.chosen
	e.date = widgets.NewEntry()
	e.date.SetPlaceHolder("2027-01-31")
	e.date.OnChanged = e.typed
	e.date.Hide()
	texts := make([]string, len(e.preset))
	for i, p := range e.preset {
		texts[i] = p.text
	}
	e.chips = widgets.NewChips(texts, e.chosen, e.choose)
	e.chips.OnPressed = e.pressed
	e.field = widgets.NewField(i18n.T("create.expires"), container.NewVBox(e.chips, e.date), "")
	e.update()
	return e
}

func presets(rule client.ExpiryRule) []preset {
	var out []preset
	for _, p := range []preset{
		{text: i18n.T("create.days", "Days", 30), days: 30},
		{text: i18n.T("create.days", "Days", 90), days: 90},
		{text: i18n.T("create.year"), days: 365},
	} {
		if rule.Max == 0 || time.Duration(p.days)*day <= rule.Max {
			out = append(out, p)
		}
	}
	out = append(out, preset{text: i18n.T("create.date"), date: true})
	if rule.NeverAllowed {
		out = append(out, preset{text: i18n.T("create.never"), never: true})
	}
	return out
}

// defaultPreset is the longest preset within the server's default.
func defaultPreset(all []preset, rule client.ExpiryRule) int {
	best := 0
	for i, p := range all {
		if p.days > 0 && time.Duration(p.days)*day <= rule.Default {
			best = i
		}
	}
	return best
}

func (e *expiryField) entered() bool { return e.chosen != e.given || e.date.Text != "" }

func (e *expiryField) choose(i int) {
	e.chosen = i
	widgets.SetVisible(e.date, e.preset[i].date)
	e.update()
}

// pressed goes on to the date. The arrow keys do not: they may be on their way to what stands behind.
func (e *expiryField) pressed(i int) {
	if e.preset[i].date {
		widgets.Focus(e.date)
	}
}

// typed takes a blank away that stands for nothing, such as that of the space
// bar which chose to type a date.
func (e *expiryField) typed(text string) {
	if text != "" && strings.TrimSpace(text) == "" {
		e.date.SetText("")
		return
	}
	e.update()
}

// value is the chosen moment; zero means never.
func (e *expiryField) value() (time.Time, error) {
	p := e.preset[e.chosen]
	switch {
	case p.never:
		return time.Time{}, nil
	case p.date:
		return parseExpiry(e.date.Text, e.now(), e.rule.Max)
	}
	return midnight(e.now()).AddDate(0, 0, p.days), nil
}

// update explains the chosen moment, or what is wrong with it.
func (e *expiryField) update() {
	at, err := e.value()
	e.field.SetError("")
	switch {
	case err != nil && !beginsDate(e.date.Text):
		e.field.SetError(expirySentence(err))
	case err != nil:
		e.field.SetHint(i18n.T("create.dateHint"))
	case at.IsZero():
		e.field.SetHint(i18n.T("create.neverHint"))
	default:
		e.field.SetHint(explainUTC(at, e.zone))
	}
	if e.changed != nil {
		e.changed()
	}
}

// explainUTC says a moment in UTC and, where it differs, in the person's own zone.
func explainUTC(at time.Time, zone *time.Location) string {
	local := at.In(zone)
	if _, offset := local.Zone(); offset == 0 {
		return i18n.UTC(at)
	}
	return i18n.T("create.utcHint", "UTC", i18n.UTC(at), "Local", local.Format("15:04"))
}

func expirySentence(err error) string {
	switch {
	case errors.Is(err, errDatePast):
		return i18n.T("create.datePast")
	case errors.Is(err, errDateMax):
		return i18n.T("create.dateMax")
	case errors.Is(err, errDateNone):
		return i18n.T("create.dateNone")
	case errors.Is(err, errTimeNone):
		return i18n.T("create.timeNone")
	}
	return i18n.T("create.dateFormat")
}

// parseExpiry reads "2027-01-31" or "2027-01-31 18:00" as UTC, after now and
// at most longest from it; longest 0 sets no bound.
func parseExpiry(text string, now time.Time, longest time.Duration) (time.Time, error) {
	text = strings.TrimSpace(text)
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse("2006-01-02 15:04", text)
	}
	switch {
	case err != nil:
		return time.Time{}, whyNoDate(text)
	case !at.After(now):
		return time.Time{}, errDatePast
	case longest > 0 && at.Sub(now) > longest:
		return time.Time{}, errDateMax
	}
	return at, nil
}

const (
	dateShape  = "0000-00-00 00:00"
	dateLength = len("0000-00-00")
)

// whyNoDate tells what looks like a date and is none in the calendar from what does not look like one.
func whyNoDate(text string) error {
	if len(text) != dateLength && len(text) != len(dateShape) || !shaped(text) {
		return errDateFormat
	}
	if _, err := time.Parse(time.DateOnly, text[:dateLength]); err != nil {
		return errDateNone
	}
	return errTimeNone
}

// beginsDate reports whether text may become a date by typing on.
func beginsDate(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) >= len(dateShape) || len(text) == dateLength || !shaped(text) {
		return false
	}
	_, err := time.Parse(time.DateOnly, text[:min(len(text), dateLength)])
	return len(text) < dateLength || err == nil
}

// shaped reports whether text has digits and signs where a date, which is no shorter, has them.
func shaped(text string) bool {
	for i, r := range []byte(text) {
		if digit := r >= '0' && r <= '9'; digit != (dateShape[i] == '0') || !digit && r != dateShape[i] {
			return false
		}
	}
	return true
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(day) }
