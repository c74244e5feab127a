package tokens

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/store"
)

// requirements 25, 30, 31 (what the server offers for them)
func TestAUserSeesTheAppsForWhichTheyMayIssue(t *testing.T) {
	f := newFixture(t)
	f.app(api.PolicyNone, named("none"))
	f.app(api.PolicyAuthenticatedUsers, named("everybody"))
	f.app(api.PolicyAdministratorsOnly, named("admins"))
	f.change(f.app(api.PolicyAuthenticatedUsers, named("disabled")), api.AppChange{Enabled: new(false)})
	for _, c := range []struct {
		who  Caller
		want []string
	}{{f.user, []string{"everybody"}}, {f.admin, []string{"admins", "everybody"}}} {
		page := try(f.AppsForPAT(t.Context(), c.who, PageRequest{}))(t)
		equal(t, names(page), c.want)
		equal(t, page.Total, len(c.want))
	}
	equal(t, names(try(f.Apps(t.Context(), f.admin, PageRequest{Sort: "-name"}))(t)), []string{"none", "everybody", "disabled", "admins"})
}

func TestOnlyAdministratorsSeeAnAppsSystemUserAndCounts(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	f.pat(f.user, app)
	f.sat(app)
	want := try(f.App(t.Context(), f.admin, app.ID))(t)
	equal(t, want.Tokens, api.TokenCounts{PAT: 1, SAT: 1})
	equal(t, try(f.AppsForPAT(t.Context(), f.admin, PageRequest{}))(t).Items, []api.App{want})
	want.Tokens, want.SystemUser = api.TokenCounts{}, nil
	equal(t, try(f.AppsForPAT(t.Context(), f.user, PageRequest{}))(t).Items, []api.App{want})
}

func TestANewAppIsClosedUnlessAskedOtherwise(t *testing.T) {
	f := newFixture(t)
	got := try(f.AddApp(t.Context(), f.admin, api.NewApp{Name: " Scripts ", Scopes: []string{"update", "read", "read"}}))(t)
	equal(t, got, api.App{ID: got.ID, Name: "Scripts", Policy: api.PolicyNone, Enabled: true, Scopes: []string{"read", "update"}, CreatedAt: start})
	equal(t, f.actions(got.ID), []string{f.admin.User.ID + " app.created"})
	with := f.app(api.PolicyNone)
	equal(t, with.SystemUserAllowed, true)
	equal(t, with.SystemUser, &api.UserRef{ID: f.other.User.ID, Login: "cyd", Name: "The cyd"})
}

func TestAnAppIsCheckedFieldByField(t *testing.T) {
	f := newFixture(t)
	f.app(api.PolicyNone, named("taken"))
	gone := f.person("gone", false)
	if err := f.SetUserActive(t.Context(), f.admin, gone.User.ID, false); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*api.NewApp)
		code   string
		want   []string
	}{
		"as it is":             {func(*api.NewApp) {}, "", nil},
		"254 characters":       {named(strings.Repeat("é", 254)), "", nil},
		"255 characters":       {named(strings.Repeat("é", 255)), api.CodeInvalid, []string{"/name too_long"}},
		"no name":              {named(" "), api.CodeInvalid, []string{"/name required"}},
		"two lines":            {named("a\tb"), api.CodeInvalid, []string{"/name format"}},
		"a name that is there": {named("taken"), api.CodeConflict, []string{"/name taken"}},
		"no such policy":       {func(a *api.NewApp) { a.Policy = "Everybody" }, api.CodeInvalid, []string{"/policy unknown"}},
		"no scopes":            {func(a *api.NewApp) { a.Scopes = nil }, api.CodeInvalid, []string{"/scopes required"}},
		"no such scope":        {func(a *api.NewApp) { a.Scopes = []string{"read", "Read"} }, api.CodeInvalid, []string{"/scopes unknown"}},
		"no such user":         {func(a *api.NewApp) { a.SystemUserID = newID() }, api.CodeInvalid, []string{"/systemUserId unknown"}},
		"a user not active":    {func(a *api.NewApp) { a.SystemUserID = gone.User.ID }, api.CodeInvalid, []string{"/systemUserId unknown"}},
		"everything": {
			func(a *api.NewApp) { *a = api.NewApp{Policy: "x", SystemUserID: "x"} }, api.CodeInvalid,
			[]string{"/name required", "/policy unknown", "/scopes required", "/systemUserId unknown"},
		},
	} {
		want := api.NewApp{Name: name, Scopes: []string{"read"}}
		c.change(&want)
		_, err := f.AddApp(t.Context(), f.admin, want)
		if code(err) != c.code || !slices.Equal(pointers(err), c.want) {
			t.Errorf("adding, %s: %v %v", name, err, pointers(err))
		}
	}
	app := f.app(api.PolicyNone)
	_, err := f.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Name: new(""), Policy: new(""), Scopes: &[]string{}, SystemUserID: new("x")})
	equal(t, pointers(err), []string{"/name required", "/policy unknown", "/scopes required", "/systemUserId unknown"})
	_, err = f.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Name: new("taken")})
	f.refused(err, api.CodeConflict)
	equal(t, try(f.App(t.Context(), f.admin, app.ID))(t), app)
	for _, id := range []string{"", newID()} {
		_, err = f.ChangeApp(t.Context(), f.admin, id, api.AppChange{})
		f.refused(err, api.CodeNotFound)
		_, err = f.App(t.Context(), f.admin, id)
		f.refused(err, api.CodeNotFound)
	}
}

func TestGivingASystemUserAllowsItUnlessToldOtherwise(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyNone, func(a *api.NewApp) { a.SystemUserID = "" })
	for _, c := range []struct {
		change  api.AppChange
		allowed bool
		user    string
	}{
		{api.AppChange{Policy: new(api.PolicyNone)}, false, ""},
		{api.AppChange{SystemUserID: new(f.user.User.ID), SystemUserAllowed: new(false)}, false, f.user.User.ID},
		{api.AppChange{SystemUserID: new(f.user.User.ID)}, true, f.user.User.ID},
		{api.AppChange{SystemUserID: new("")}, true, ""},
		{api.AppChange{SystemUserAllowed: new(false)}, false, ""},
	} {
		got := try(f.ChangeApp(t.Context(), f.admin, app.ID, c.change))(t)
		user := ""
		if got.SystemUser != nil {
			user = got.SystemUser.ID
		}
		if got.SystemUserAllowed != c.allowed || user != c.user {
			t.Errorf("%s: allowed %v, user %q", asJSON(t, c.change), got.SystemUserAllowed, user)
		}
	}
}

func TestTheChangeLogHasWhatChangedAndNothingElse(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyNone)
	f.change(app, api.AppChange{Policy: new(api.PolicyNone), Name: &app.Name})
	f.change(app, api.AppChange{Policy: new(api.PolicyAuthenticatedUsers), Scopes: &[]string{"read"}, SystemUserID: new("")})
	events := try(f.Store.EventsOf(t.Context(), app.ID))(t)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	var got map[string]map[string]string
	if err := json.Unmarshal([]byte(events[1].Detail), &got); err != nil {
		t.Fatal(err)
	}
	equal(t, events[1].Action, "app.changed")
	equal(t, events[1].At, start)
	equal(t, got, map[string]map[string]string{
		"policy":       {"old": "None", "new": "AuthenticatedUsers"},
		"scopes":       {"old": "read update", "new": "read"},
		"systemUserId": {"old": f.other.User.ID, "new": ""},
	})
}

func TestUsersAreAddedOnceAndListed(t *testing.T) {
	f := newFixture(t)
	got := try(f.AddUser(t.Context(), f.admin, store.User{ID: "chosen", Login: " Dee@Example.org ", IsActive: true}))(t)
	equal(t, got, api.User{ID: got.ID, Login: "dee@example.org", Name: "dee@example.org", IsActive: true, CreatedAt: start, Permissions: []string{}, Tenants: []string{}})
	if got.ID == "chosen" {
		t.Error("the id was not the server's own")
	}
	equal(t, f.actions(got.ID), []string{f.admin.User.ID + " user.created"})
	_, err := f.AddUser(t.Context(), f.admin, store.User{Login: "DEE@example.org"})
	f.refused(err, api.CodeConflict)
	for _, bad := range []store.User{{}, {Login: "a b"}, {Login: strings.Repeat("a", 129)}, {Login: "x", Name: "a\nb"}, {Login: "x", Email: "a\x00"}} {
		_, err := f.AddUser(t.Context(), f.admin, bad)
		f.refused(err, api.CodeInvalid)
	}
	_, err = f.AddUser(t.Context(), f.user, store.User{Login: "eve"})
	f.refused(err, api.CodeDenied)
	var logins []string
	for _, u := range try(f.Users(t.Context(), f.admin, PageRequest{}))(t).Items {
		logins = append(logins, u.Login)
	}
	equal(t, logins, []string{"ada", "bob", "cyd", "dee@example.org"})
	f.refused(f.SetUserActive(t.Context(), f.admin, newID(), false), api.CodeNotFound)
}

func TestCapabilitiesAloneTellAFormWhatToAsk(t *testing.T) {
	f := newFixture(t)
	got := try(f.Capabilities(t.Context(), f.user))(t)
	equal(t, got.Server, api.ServerInfo{Name: "Keyfob", Version: "1.2.3", Instance: "Example"})
	equal(t, got.Rules, api.Rules{
		Preset: "erp", Label: api.LabelRule{MaxLength: 128}, Expiry: api.ExpiryRule{NeverAllowed: true, DefaultSeconds: 31536000, Recommended: "no"},
		Revoke: api.RevokeRule{Verb: "Revoke"}, List: "own", Prefix: "enrt_", ReadScope: "read",
	})
	equal(t, got.Scopes[0], api.Scope{Name: "read", Label: "Read", Description: "Read data as the identity of the token.", Implies: []string{}})
	equal(t, got.Abilities["users"].State, "denied")
	equal(t, try(f.Capabilities(t.Context(), f.admin))(t).Abilities["users"].State, "yes")
	for _, s := range got.Scopes {
		if !regexp.MustCompile(`^[a-z][a-z0-9:._-]{0,63}$`).MatchString(s.Name) || s.Broad != slices.Contains([]string{"tokens", "introspect"}, s.Name) {
			t.Errorf("scope %+v", s)
		}
	}
}

func named(name string) func(*api.NewApp) { return func(a *api.NewApp) { a.Name = name } }

func names(p api.Page[api.App]) []string {
	var out []string
	for _, a := range p.Items {
		out = append(out, a.Name)
	}
	return out
}
