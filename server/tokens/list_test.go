package tokens

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/api"
)

func descriptions(p api.Page[api.Token]) []string {
	out := []string{}
	for _, k := range p.Items {
		out = append(out, k.Description)
	}
	return out
}

// wish issues a PAT with a description and an expiry in hours; 0: never.
func (f *fixture) wish(c Caller, app api.App, description string, hours int) api.Issued {
	f.t.Helper()
	want := api.NewToken{AppID: app.ID, Description: description, Scopes: []string{"read"}}
	if hours != 0 {
		want.ExpiresAt = new(f.clock.now().Add(time.Duration(hours) * time.Hour))
	}
	return try(f.CreatePAT(f.t.Context(), c, want, ""))(f.t)
}

// requirements 37, 40, 79
func TestAUserListsTheirOwnAndAnAdministratorAllOfAnApp(t *testing.T) {
	f := newFixture(t)
	one, two := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers)
	f.wish(f.user, one, "mine", 0)
	f.wish(f.user, two, "mine too", 0)
	theirs := f.wish(f.other, one, "theirs", 0)
	sat := try(f.CreateSAT(t.Context(), f.admin, one.ID, api.NewToken{Description: "service", Scopes: []string{"read"}}, ""))(t)

	own := try(f.OwnTokens(t.Context(), f.user, TokenFilter{}, PageRequest{Sort: "description"}))(t)
	equal(t, descriptions(own), []string{"mine", "mine too"})
	equal(t, own.Total, 2)
	equal(t, descriptions(try(f.OwnTokens(t.Context(), f.admin, TokenFilter{}, PageRequest{}))(t)), []string{})
	for _, id := range []string{theirs.Token.ID, sat.Token.ID, newID(), ""} {
		_, err := f.OwnToken(t.Context(), f.user, id)
		f.refused(err, api.CodeNotFound)
	}
	all := try(f.AppTokens(t.Context(), f.admin, one.ID, TokenFilter{AppID: two.ID}, PageRequest{Sort: "description"}))(t)
	equal(t, descriptions(all), []string{"mine", "service", "theirs"})
	_, err := f.AppTokens(t.Context(), f.admin, newID(), TokenFilter{}, PageRequest{})
	f.refused(err, api.CodeNotFound)
}

// requirement 35
func TestWhatIsAboutAppsIsForAdministrators(t *testing.T) {
	f := newFixture(t)
	id := f.app(api.PolicyAuthenticatedUsers).ID
	for name, err := range map[string]error{
		"Apps":      second(f.Apps(t.Context(), f.user, PageRequest{})),
		"App":       second(f.App(t.Context(), f.user, id)),
		"AddApp":    second(f.AddApp(t.Context(), f.user, api.NewApp{})),
		"ChangeApp": second(f.ChangeApp(t.Context(), f.user, id, api.AppChange{})),
		"AppTokens": second(f.AppTokens(t.Context(), f.user, id, TokenFilter{}, PageRequest{})),
		"Users":     second(f.Users(t.Context(), f.user, PageRequest{})),
		"active":    f.SetUserActive(t.Context(), f.user, f.user.User.ID, true),
	} {
		if code(err) != api.CodeDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// requirements 46, 47
func TestRevokedTokensStayInHistory(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	f.wish(f.user, app, "expired", 1)
	f.wish(f.user, app, "active", 0)
	revoked := f.wish(f.user, app, "revoked", 1)
	if err := f.RevokeOwn(t.Context(), f.user, revoked.Token.ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Hour)
	for _, c := range []struct{ status, want []string }{
		{nil, []string{"active", "expired"}},
		{[]string{"active"}, []string{"active"}},
		{[]string{"expired"}, []string{"expired"}},
		{[]string{"revoked"}, []string{"revoked"}},
		{[]string{"revoked", "active", "expired"}, []string{"active", "expired", "revoked"}},
	} {
		page := try(f.OwnTokens(t.Context(), f.user, TokenFilter{Status: c.status}, PageRequest{Sort: "description"}))(t)
		equal(t, descriptions(page), c.want)
		for _, k := range page.Items {
			equal(t, k.Status, k.Description)
		}
	}
	counts := try(f.App(t.Context(), f.admin, app.ID))(t).Tokens
	equal(t, counts, api.TokenCounts{PAT: 1})
}

func TestFiltersSelect(t *testing.T) {
	f := newFixture(t)
	one, two := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Name = "Warehouse" })
	f.wish(f.user, one, "100%_sure", 1)
	f.wish(f.user, two, "Nightly Export", 48)
	used := f.wish(f.user, one, "café", 0)
	f.clock.advance(30 * time.Minute)
	try(f.CheckToken(t.Context(), used.Secret, ""))(t)
	for name, c := range map[string]struct {
		filter TokenFilter
		want   []string
	}{
		"app":               {TokenFilter{AppID: two.ID}, []string{"Nightly Export"}},
		"unknown app":       {TokenFilter{AppID: newID()}, []string{}},
		"kind":              {TokenFilter{Kind: api.KindSAT}, []string{}},
		"text in any case":  {TokenFilter{Query: "EXPORT"}, []string{"Nightly Export"}},
		"app's name":        {TokenFilter{Query: "warehouse"}, []string{"Nightly Export"}},
		"letters and signs": {TokenFilter{Query: "fé"}, []string{"café"}},
		"no wildcards":      {TokenFilter{Query: "%_"}, []string{"100%_sure"}},
		"only wildcards":    {TokenFilter{Query: "_i"}, []string{}},
		"hint":              {TokenFilter{Query: used.Token.Hint}, []string{"café"}},
		"expires before":    {TokenFilter{ExpiresBefore: start.Add(2 * time.Hour)}, []string{"100%_sure"}},
		"unused since":      {TokenFilter{UnusedSince: start.Add(time.Minute)}, []string{"100%_sure", "Nightly Export"}},
		"all at once":       {TokenFilter{Kind: api.KindPAT, AppID: one.ID, Query: "sure", ExpiresBefore: start.Add(2 * time.Hour), Status: []string{"active"}}, []string{"100%_sure"}},
	} {
		page := try(f.OwnTokens(t.Context(), f.user, c.filter, PageRequest{Sort: "description"}))(t)
		if !slices.Equal(descriptions(page), c.want) || page.Total != len(c.want) {
			t.Errorf("%s: %q of %d", name, descriptions(page), page.Total)
		}
	}
	_, err := f.OwnTokens(t.Context(), f.user, TokenFilter{Status: []string{"dead"}, Kind: "x"}, PageRequest{})
	equal(t, pointers(err), []string{"status unknown", "kind unknown"})
}

func TestEachSortWalksAllPagesOnceAndPutsWhatIsMissingLast(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	const n = 11
	for i := range n {
		k := f.wish(f.user, app, fmt.Sprintf("%c", "bAcBaC"[i%6]), []int{0, 3, 1}[i%3])
		if i%4 == 0 {
			try(f.CheckToken(t.Context(), k.Secret, ""))(t)
		}
		if i%2 == 0 {
			f.clock.advance(time.Minute)
		}
	}
	keys := map[string]func(api.Token) string{
		"createdAt":   func(k api.Token) string { return k.CreatedAt.Format(time.RFC3339Nano) },
		"expiresAt":   func(k api.Token) string { return timeOrLast(k.ExpiresAt) },
		"lastUsedAt":  func(k api.Token) string { return timeOrLast(k.LastUsedAt) },
		"description": func(k api.Token) string { return strings.ToLower(k.Description) },
	}
	for by, key := range keys {
		for _, sign := range []string{"", "-"} {
			all := f.walk(sign+by, 3)
			ids := map[string]bool{}
			for _, k := range all {
				ids[k.ID] = true
			}
			inOrder := slices.IsSortedFunc(all, func(a, b api.Token) int {
				ka, kb := key(a), key(b)
				if sign == "-" && ka != "last" && kb != "last" {
					return strings.Compare(kb, ka)
				}
				return strings.Compare(ka, kb)
			})
			if len(all) != n || len(ids) != n || !inOrder {
				t.Errorf("%s%s: %d rows, %d different, in order: %v", sign, by, len(all), len(ids), inOrder)
			}
		}
	}
}

func timeOrLast(t *time.Time) string {
	if t == nil {
		return "last"
	}
	return t.Format(time.RFC3339Nano)
}

// walk reads all pages.
func (f *fixture) walk(sort string, limit int) (all []api.Token) {
	f.t.Helper()
	p := PageRequest{Limit: limit, Sort: sort}
	for {
		page := try(f.OwnTokens(f.t.Context(), f.user, TokenFilter{}, p))(f.t)
		all = append(all, page.Items...)
		if p.Cursor = page.NextCursor; p.Cursor == "" || len(all) > 1000 {
			return all
		}
	}
}

func TestNewRowsBetweenPagesNeitherRepeatNorHideOthers(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	for i := range 4 {
		f.wish(f.user, app, fmt.Sprint(i), 0)
	}
	p := PageRequest{Limit: 2, Sort: "createdAt"}
	first := try(f.OwnTokens(t.Context(), f.user, TokenFilter{}, p))(t)
	equal(t, first.Total, 4)
	if err := f.RevokeOwn(t.Context(), f.user, first.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Second)
	f.wish(f.user, app, "4", 0)
	p.Limit, p.Cursor = 5, first.NextCursor
	equal(t, descriptions(try(f.OwnTokens(t.Context(), f.user, TokenFilter{}, p))(t)), []string{"2", "3", "4"})
}

func TestAPageRequestThatCannotBeMetSaysWhy(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	f.wish(f.user, app, "a", 0)
	f.wish(f.user, app, "b", 0)
	byName := try(f.OwnTokens(t.Context(), f.user, TokenFilter{}, PageRequest{Sort: "description", Limit: 1}))(t).NextCursor
	for name, c := range map[string]struct {
		p    PageRequest
		want []string
	}{
		"garbage":            {PageRequest{Cursor: "garbage!"}, []string{"cursor format"}},
		"base64 of nothing":  {PageRequest{Cursor: "e30"}, []string{"cursor format"}},
		"of another sort":    {PageRequest{Cursor: byName, Sort: "createdAt"}, []string{"cursor format"}},
		"of the other order": {PageRequest{Cursor: byName, Sort: "-description"}, []string{"cursor format"}},
		"an unknown sort":    {PageRequest{Sort: "mac"}, []string{"sort unknown"}},
		"a minus alone":      {PageRequest{Sort: "-"}, []string{"sort unknown"}},
		"too many":           {PageRequest{Limit: 201}, []string{"limit format"}},
		"less than none":     {PageRequest{Limit: -1}, []string{"limit format"}},
		"all of it":          {PageRequest{Limit: 201, Sort: "x", Cursor: "x"}, []string{"sort unknown", "limit format", "cursor format"}},
	} {
		_, err := f.OwnTokens(t.Context(), f.user, TokenFilter{}, c.p)
		if code(err) != api.CodeInvalid || !slices.Equal(pointers(err), c.want) {
			t.Errorf("%s: %v", name, pointers(err))
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("", "createdAt")
	f.Add("e30", "")
	f.Add("bnVsbA", "description")
	f.Add("eyJzIjoiYSIsIm4iOjEsImkiOiJ4In0", "a")
	f.Add("eyJzIjoiYSIsIm4iOjFlOTk5LCJpIjoieCJ9", "a")
	f.Fuzz(func(t *testing.T, s, sort string) {
		at, ok := parseCursor(s, sort)
		if !ok {
			return
		}
		again, ok := parseCursor(formatCursor(&at, sort), sort)
		if !ok || again != at || at.ID == "" {
			t.Fatal("what was read cannot be written and read again")
		}
	})
}
