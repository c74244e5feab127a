package tokens

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// expiringWithin is how near an expiry is called near.
const expiringWithin = 14 * 24 * time.Hour

// Filter is which tokens the list shows.
type Filter int

// The filters, in the order of their chips.
const (
	All Filter = iota
	Working
	Expiring
	ExpiredOnly
	RevokedOnly
)

var filterKeys = []string{"tokens.filter.all", "tokens.filter.active", "tokens.filter.expiring", "tokens.filter.expired", "tokens.filter.revoked"}

func (f Filter) admits(t client.Token, now time.Time) bool {
	switch status := t.Status(now); f {
	case Working:
		return status == client.Active
	case Expiring:
		return expiring(t, now)
	case ExpiredOnly:
		return status == client.Expired
	case RevokedOnly:
		return status == client.Revoked
	default:
		return true
	}
}

// expiring reports whether an active token expires soon.
func expiring(t client.Token, now time.Time) bool {
	return t.Status(now) == client.Active && !t.EndsAt().IsZero() && t.EndsAt().Sub(now) < expiringWithin
}

// counts says how many of the tokens that match the search each filter admits.
func counts(all []client.Token, search string, now time.Time) []int {
	n := make([]int, len(filterKeys))
	for _, t := range all {
		if !matches(t, search) {
			continue
		}
		for f := range n {
			if Filter(f).admits(t, now) {
				n[f]++
			}
		}
	}
	return n
}

// Live counts the tokens that work.
func Live(all []client.Token, now time.Time) int { return counts(all, "", now)[Working] }

// matches reports whether every word of the search occurs in what is known of t.
func matches(t client.Token, search string) bool {
	text := strings.ToLower(strings.Join([]string{
		t.Description, t.App.Name, t.User.Name, t.User.Login, t.ActsAs.Name, t.ActsAs.Login,
		string(t.Kind), t.Hint, strings.Join(t.Scopes, " "),
	}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// The columns of the list.
const (
	colDescription = iota
	colScopes
	colExpires
	colLastUsed
	colStatus
)

func columns() []widgets.Column {
	return []widgets.Column{
		colDescription: {Title: i18n.T("tokens.column.description"), Sortable: true},
		colScopes:      {Title: i18n.T("tokens.column.scopes"), Width: 120, Min: 690},
		colExpires:     {Title: i18n.T("tokens.column.expires"), Width: 104, Sortable: true},
		colLastUsed:    {Title: i18n.T("tokens.column.lastUsed"), Width: 96, Min: 480, Sortable: true},
		colStatus:      {Title: i18n.T("tokens.column.status"), Width: 108},
	}
}

// order compares by column; equal tokens keep the server's order. By expiry,
// the tokens that still work come first: of those the next to end is wanted.
func order(col int, desc bool, now time.Time) func(a, b client.Token) int {
	by := func(a, b client.Token) int {
		switch col {
		case colExpires:
			return cmp.Or(cmp.Compare(over(a, now), over(b, now)), compareTimes(a.EndsAt(), b.EndsAt()))
		case colLastUsed:
			return compareTimes(a.LastUsedAt, b.LastUsedAt)
		default:
			return cmp.Compare(strings.ToLower(title(a)), strings.ToLower(title(b)))
		}
	}
	if !desc {
		return by
	}
	return func(a, b client.Token) int { return by(b, a) }
}

// over is 0 for a token that works and 1 for one that no longer does.
func over(t client.Token, now time.Time) int {
	if t.Status(now) == client.Active {
		return 0
	}
	return 1
}

// compareTimes puts never, the zero time, last.
func compareTimes(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// visible are the tokens that filter and search admit, in order.
func visible(all []client.Token, q query, now time.Time) []client.Token {
	var out []client.Token
	for _, t := range all {
		if q.filter.admits(t, now) && matches(t, q.search) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, order(q.sortBy, q.desc, now))
	return out
}

// query is what the person asked the list to show.
type query struct {
	filter Filter
	search string
	sortBy int
	desc   bool
}

// title names a token for people, also one without a description.
func title(t client.Token) string {
	if t.Description != "" {
		return t.Description
	}
	return i18n.T("tokens.untitled", "Hint", t.Hint)
}

// subtitle says of which kind it is and where it belongs: the app in one's own
// list, the identity in an app's.
func subtitle(t client.Token, ofApp bool) string {
	belongs := t.App.Name
	switch {
	case !ofApp:
	case t.Kind == client.PAT:
		belongs = t.User.Name
	case t.ActsAs.ID == "":
		belongs = i18n.T("tokens.actsAsNobody")
	default:
		belongs = i18n.T("tokens.actsAs", "Name", t.ActsAs.Name)
	}
	return strings.ToUpper(string(t.Kind)) + " · " + belongs
}

func row(t client.Token, ofApp bool, now time.Time) widgets.Row {
	badge := statusBadge(t, now)
	return widgets.Row{ID: t.ID, Cells: []widgets.Cell{
		colDescription: {Text: title(t), Sub: subtitle(t, ofApp), Strong: true},
		colScopes:      {Tags: t.Scopes},
		colExpires:     {Text: expiresText(t, now)},
		colLastUsed:    {Text: lastUsedText(t, now), Muted: true},
		colStatus:      {Badge: &badge},
	}}
}

func expiresText(t client.Token, now time.Time) string {
	switch {
	case !t.RevokedAt.IsZero():
		return "—" // it ended otherwise
	case t.EndsAt().IsZero():
		return i18n.T("tokens.never") // requirement 60
	}
	return i18n.Relative(t.EndsAt(), now)
}

func lastUsedText(t client.Token, now time.Time) string {
	if t.LastUsedAt.IsZero() {
		return i18n.T("tokens.neverUsed")
	}
	return i18n.Relative(t.LastUsedAt, now)
}

func statusBadge(t client.Token, now time.Time) widgets.BadgeSpec {
	switch {
	case t.Status(now) == client.Revoked:
		return widgets.BadgeSpec{Kind: widgets.Bad, Text: i18n.T("tokens.status.revoked")}
	case t.Status(now) == client.Expired:
		return widgets.BadgeSpec{Kind: widgets.Neutral, Text: i18n.T("tokens.status.expired")}
	case t.EndsAt().IsZero():
		return widgets.BadgeSpec{Kind: widgets.Warn, Text: i18n.T("tokens.status.noExpiry"), Icon: "!"}
	case expiring(t, now):
		return widgets.BadgeSpec{Kind: widgets.Warn, Text: i18n.T("tokens.status.expiring")}
	}
	return widgets.BadgeSpec{Kind: widgets.Good, Text: i18n.T("tokens.status.active")}
}
