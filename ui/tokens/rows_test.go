package tokens

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keyfob/client"
	"keyfob/ui/widgets"
)

var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func in(d time.Duration) time.Time { return now.Add(d) }

// sample has one token of each state.
func sample() []client.Token {
	warehouse := client.AppRef{ID: "w", Name: "Warehouse"}
	scripts := client.AppRef{ID: "s", Name: "Local scripts"}
	ada := client.UserRef{ID: "u1", Login: "ada", Name: "Ada Admin"}
	return []client.Token{
		{ID: "1", Kind: client.PAT, Description: "Nightly export", Hint: "7Qd2", App: warehouse, User: ada, ActsAs: ada, Scopes: []string{"read"}, ExpiresAt: in(9 * day), LastUsedAt: in(-2 * time.Hour)},
		{ID: "2", Kind: client.PAT, Description: "Laptop", Hint: "aaaa", App: scripts, User: ada, ActsAs: ada, Scopes: []string{"read", "update"}, ExpiresAt: in(40 * day)},
		{ID: "3", Kind: client.PAT, Hint: "bbbb", App: scripts, User: ada, ActsAs: ada, Scopes: []string{"update"}, ExpiresAt: in(-12 * day)},
		{ID: "4", Kind: client.SAT, Description: "Prototype", Hint: "cccc", App: scripts, Scopes: []string{"read"}},
		{ID: "5", Kind: client.PAT, Description: "Leaked in chat", Hint: "dddd", App: scripts, User: ada, ActsAs: ada, Scopes: []string{"read"}, ExpiresAt: in(60 * day), RevokedAt: in(-6 * day)},
	}
}

func ids(tokens []client.Token) []string {
	var out []string
	for _, t := range tokens {
		out = append(out, t.ID)
	}
	return out
}

func TestFiltersCountEveryState(t *testing.T) {
	if diff := cmp.Diff([]int{5, 3, 1, 1, 1}, counts(sample(), "", now)); diff != "" {
		t.Error("all, active, expiring, expired, revoked:\n", diff)
	}
}

func TestListBeginsWithTheWorkingTokenThatExpiresNext(t *testing.T) {
	got := ids(visible(sample(), query{sortBy: colExpires}, now))
	if diff := cmp.Diff([]string{"1", "2", "4", "3", "5"}, got); diff != "" {
		t.Error(diff)
	}
}

// One that was replaced ends with its overlap, also where it never expires.
func TestAReplacedTokenIsSortedAndFilteredByItsEnd(t *testing.T) {
	all := sample()
	all[1].OverlapEndsAt, all[3].OverlapEndsAt = in(time.Hour), in(2*time.Hour)
	if diff := cmp.Diff([]string{"2", "4", "1", "3", "5"}, ids(visible(all, query{sortBy: colExpires}, now))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{5, 3, 3, 1, 1}, counts(all, "", now)); diff != "" {
		t.Error("all, active, expiring, expired, revoked:\n", diff)
	}
}

func TestSearchFindsEveryWordAnywhere(t *testing.T) {
	for search, want := range map[string][]string{
		"":               {"1", "2", "4", "3", "5"},
		"EXPORT":         {"1"},
		"local update":   {"2", "3"},
		"scripts ada":    {"2", "3", "5"},
		"sat":            {"4"},
		"7qd2":           {"1"},
		"export laptop":  nil,
		"  warehouse   ": {"1"},
	} {
		got := ids(visible(sample(), query{sortBy: colExpires, search: search}, now))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("search %q:\n%s", search, diff)
		}
	}
}

// requirements 38, 60, 43: each row shows description, scopes, kind, expiry and last use, in words where there is none.
func TestRowsSayEverythingInWords(t *testing.T) {
	rows := map[string]widgets.Row{}
	for _, tok := range sample() {
		rows[tok.ID] = row(tok, false, now)
	}
	cells := rows["1"].Cells
	if cells[colDescription].Text != "Nightly export" || cells[colDescription].Sub != "PAT · Warehouse" {
		t.Errorf("description cell is %+v", cells[colDescription])
	}
	if diff := cmp.Diff([]string{"read"}, cells[colScopes].Tags); diff != "" {
		t.Error(diff)
	}
	if got := rows["4"].Cells[colExpires].Text; got != "Never" {
		t.Errorf("no expiry reads %q", got)
	}
	if got := rows["2"].Cells[colLastUsed].Text; got != "never used" {
		t.Errorf("no use reads %q", got)
	}
	if got := rows["3"].Cells[colDescription].Text; got != "No description (…bbbb)" {
		t.Errorf("no description reads %q", got)
	}
	for id, want := range map[string]string{"1": "Expiring", "2": "Active", "3": "Expired", "4": "No expiry", "5": "Revoked"} {
		if got := rows[id].Cells[colStatus].Badge.Text; got != want {
			t.Errorf("token %s has the badge %q, want %q", id, got, want)
		}
	}
	if got := row(sample()[3], true, now).Cells[colDescription].Sub; got != "SAT · acts as nobody: no System User" {
		t.Errorf("a SAT without System User says %q", got)
	}
}

func TestSortingAndFilteringLoseNoToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOf(rapid.Custom(anyToken)).Draw(t, "tokens")
		q := query{
			filter: Filter(rapid.IntRange(0, len(filterKeys)-1).Draw(t, "filter")),
			sortBy: rapid.SampledFrom([]int{colDescription, colExpires, colLastUsed}).Draw(t, "column"),
			desc:   rapid.Bool().Draw(t, "desc"),
		}
		got := visible(all, q, now)
		if want := counts(all, q.search, now)[q.filter]; len(got) != want {
			t.Fatalf("%d rows, the chip says %d", len(got), want)
		}
		if !slices.IsSortedFunc(got, order(q.sortBy, q.desc, now)) {
			t.Fatal("not in order")
		}
	})
}

func anyToken(t *rapid.T) client.Token {
	moment := rapid.Map(rapid.IntRange(-100, 100), func(days int) time.Time {
		if days == 100 {
			return time.Time{}
		}
		return in(time.Duration(days) * day)
	})
	tok := client.Token{
		ID:          rapid.StringMatching(`[a-z]{8}`).Draw(t, "id"),
		Kind:        rapid.SampledFrom([]client.Kind{client.PAT, client.SAT}).Draw(t, "kind"),
		Description: rapid.StringMatching(`[A-Za-z ]{0,12}`).Draw(t, "description"),
		ExpiresAt:   moment.Draw(t, "expires"),
		LastUsedAt:  moment.Draw(t, "used"),
	}
	if rapid.Bool().Draw(t, "revoked") {
		tok.RevokedAt = in(-day)
	}
	return tok
}
