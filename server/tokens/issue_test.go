package tokens

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
)

// requirements 15, 25, 26, 27, 28, 29, 32
func TestThePolicySaysWhoMayIssue(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		policy, kind string
		admin        bool
		want         string
	}{
		{api.PolicyNone, api.KindPAT, false, api.CodePolicyNone},
		{api.PolicyNone, api.KindPAT, true, api.CodePolicyNone},
		{api.PolicyNone, api.KindSAT, false, api.CodeDenied},
		{api.PolicyNone, api.KindSAT, true, api.CodePolicyNone},
		{api.PolicyAuthenticatedUsers, api.KindPAT, false, ""},
		{api.PolicyAuthenticatedUsers, api.KindPAT, true, ""},
		{api.PolicyAuthenticatedUsers, api.KindSAT, false, api.CodeDenied},
		{api.PolicyAuthenticatedUsers, api.KindSAT, true, ""},
		{api.PolicyAdministratorsOnly, api.KindPAT, false, api.CodePolicyAdmins},
		{api.PolicyAdministratorsOnly, api.KindPAT, true, ""},
		{api.PolicyAdministratorsOnly, api.KindSAT, false, api.CodeDenied},
		{api.PolicyAdministratorsOnly, api.KindSAT, true, ""},
	} {
		who, app := f.user, f.app(c.policy)
		if c.admin {
			who = f.admin
		}
		want := api.NewToken{Scopes: []string{"read"}}
		var (
			issued api.Issued
			err    error
		)
		if c.kind == api.KindPAT {
			want.AppID = app.ID
			issued, err = f.CreatePAT(t.Context(), who, want, "")
		} else {
			issued, err = f.CreateSAT(t.Context(), who, app.ID, want, "")
		}
		if code(err) != c.want || err == nil && issued.Token.Kind != c.kind || err != nil && issued.Secret != "" {
			t.Errorf("%s %s admin=%v: %v", c.policy, c.kind, c.admin, err)
		}
	}
}

func TestADisabledAppGetsNoTokens(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	f.change(app, api.AppChange{Enabled: new(false)})
	want := api.NewToken{AppID: app.ID, Scopes: []string{"read"}}
	_, err := f.CreatePAT(t.Context(), f.admin, want, "")
	f.refused(err, api.CodeAppDisabled)
	_, err = f.CreateSAT(t.Context(), f.admin, app.ID, want, "")
	f.refused(err, api.CodeAppDisabled)
}

// A refusal by policy must not tell what else an app that is not open has.
func TestARefusalByPolicyTellsNothingElse(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAdministratorsOnly)
	_, err := f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"tokens"}, ExpiresAt: new(start)}, "")
	f.refused(err, api.CodePolicyAdmins)
	equal(t, pointers(err), []string(nil))
}

// requirement 17
func TestAPATIsIssuedToItsCallerOnly(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	for _, c := range []struct {
		who  Caller
		user string
		want []string
	}{
		{f.user, f.other.User.ID, []string{"/userId foreign"}},
		{f.admin, f.user.User.ID, []string{"/userId foreign"}},
		{f.user, f.user.User.ID, nil},
		{Operator(), f.user.User.ID, nil},
		{Operator(), "", []string{"/userId unknown"}},
	} {
		want.UserID = c.user
		issued, err := f.CreatePAT(t.Context(), c.who, want, "")
		equal(t, pointers(err), c.want)
		if err == nil && issued.Token.User.ID != f.user.User.ID {
			t.Error("issued to somebody else")
		}
	}
}

func TestTheOperatorIssuesAPATOnlyWhereItsUserMay(t *testing.T) {
	f := newFixture(t)
	want := api.NewToken{AppID: f.app(api.PolicyAdministratorsOnly).ID, Scopes: []string{"read"}, UserID: f.user.User.ID}
	_, err := f.CreatePAT(t.Context(), Operator(), want, "")
	f.refused(err, api.CodePolicyAdmins)
	want.UserID = f.admin.User.ID
	issued := try(f.CreatePAT(t.Context(), Operator(), want, ""))(t)
	equal(t, issued.Token.CreatedBy, api.UserRef{ID: "operator", Login: "operator", Name: "Operator"})
}

func TestASATNeedsASystemUserThatMayBeUsed(t *testing.T) {
	f := newFixture(t)
	for name, change := range map[string]api.AppChange{
		"none set":    {SystemUserID: new("")},
		"not allowed": {SystemUserAllowed: new(false)},
	} {
		app := f.app(api.PolicyAdministratorsOnly)
		f.change(app, change)
		_, err := f.CreateSAT(t.Context(), f.admin, app.ID, api.NewToken{Scopes: []string{"read"}}, "")
		if code(err) != api.CodeNoSystemUser {
			t.Errorf("%s: %v", name, err)
		}
	}
	app := f.app(api.PolicyAdministratorsOnly)
	if err := f.SetUserActive(t.Context(), f.admin, f.other.User.ID, false); err != nil {
		t.Fatal(err)
	}
	_, err := f.CreateSAT(t.Context(), f.admin, app.ID, api.NewToken{Scopes: []string{"read"}}, "")
	f.refused(err, api.CodeNoSystemUser)
}

func TestASATForAnAppThatIsNotThereIsNotFound(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"", "x", newID()} {
		_, err := f.CreateSAT(t.Context(), f.admin, id, api.NewToken{Scopes: []string{"read"}}, "")
		f.refused(err, api.CodeNotFound)
	}
}

// requirements 53, 57, 58, 62, 70
func TestAWishIsCheckedFieldByField(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	east := time.FixedZone("", 2*60*60)
	for name, c := range map[string]struct {
		change func(*api.NewToken)
		want   []string
	}{
		"no description":                     {func(w *api.NewToken) { w.Description = "" }, nil},
		"128 characters":                     {func(w *api.NewToken) { w.Description = strings.Repeat("é", 128) }, nil},
		"128 characters and blanks":          {func(w *api.NewToken) { w.Description = " " + strings.Repeat("é", 128) + " " }, nil},
		"129 characters":                     {func(w *api.NewToken) { w.Description = strings.Repeat("é", 129) }, []string{"/description too_long"}},
		"two lines":                          {func(w *api.NewToken) { w.Description = "a\nb" }, []string{"/description format"}},
		"no app":                             {func(w *api.NewToken) { w.AppID = "" }, []string{"/appId required"}},
		"unknown app":                        {func(w *api.NewToken) { w.AppID = newID() }, []string{"/appId unknown"}},
		"never expires":                      {func(w *api.NewToken) { w.ExpiresAt = nil }, nil},
		"expires now":                        {func(w *api.NewToken) { w.ExpiresAt = new(start) }, []string{"/expiresAt past"}},
		"expires within this millisecond":    {func(w *api.NewToken) { w.ExpiresAt = new(start.Add(time.Microsecond)) }, []string{"/expiresAt past"}},
		"expires in a second, in a zone":     {func(w *api.NewToken) { w.ExpiresAt = new(start.Add(time.Second).In(east)) }, nil},
		"expired by its zone":                {func(w *api.NewToken) { w.ExpiresAt = new(time.Date(2026, 11, 22, 10, 0, 0, 0, east)) }, []string{"/expiresAt past"}},
		"the zero time":                      {func(w *api.NewToken) { w.ExpiresAt = new(time.Time{}) }, []string{"/expiresAt past"}},
		"after what RFC 3339 can say":        {func(w *api.NewToken) { w.ExpiresAt = new(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) }, []string{"/expiresAt format"}},
		"no scopes":                          {func(w *api.NewToken) { w.Scopes = nil }, []string{"/scopes required"}},
		"empty scopes":                       {func(w *api.NewToken) { w.Scopes = []string{} }, []string{"/scopes required"}},
		"a scope that the app does not have": {func(w *api.NewToken) { w.Scopes = []string{"read", "tokens"} }, []string{"/scopes not_within"}},
		"a scope that is not there":          {func(w *api.NewToken) { w.Scopes = []string{"read", "write"} }, []string{"/scopes unknown"}},
		"everything": {
			func(w *api.NewToken) {
				*w = api.NewToken{Description: strings.Repeat("a", 129), ExpiresAt: new(start), UserID: f.other.User.ID}
			},
			[]string{"/userId foreign", "/appId required", "/description too_long", "/expiresAt past", "/scopes required"},
		},
	} {
		want := api.NewToken{AppID: app.ID, Scopes: []string{"read"}}
		c.change(&want)
		_, err := f.CreatePAT(t.Context(), f.user, want, "")
		if c.want == nil && err != nil || c.want != nil && code(err) != api.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
		equal(t, pointers(err), c.want)
	}
}

func TestASATsBodyNamesNeitherAnotherAppNorAUser(t *testing.T) {
	f := newFixture(t)
	app, another := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers)
	_, err := f.CreateSAT(t.Context(), f.admin, app.ID, api.NewToken{AppID: another.ID, UserID: f.admin.User.ID, Scopes: []string{"read"}}, "")
	equal(t, pointers(err), []string{"/userId foreign", "/appId foreign"})
}

// requirements 15, 57
func TestTheRecordSaysWhatWasIssued(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	at := start.Add(24 * time.Hour)
	got := try(f.CreatePAT(t.Context(), f.user, api.NewToken{
		AppID: app.ID, Description: " Laptop ", ExpiresAt: new(at.In(time.FixedZone("", -3600))), Scopes: []string{"update", "read", "update"},
	}, ""))(t)
	me := api.UserRef{ID: f.user.User.ID, Login: "bob", Name: "The bob"}
	equal(t, got.Token, api.Token{
		ID: got.Token.ID, Kind: "pat", Description: "Laptop", Hint: got.Secret[len(got.Secret)-4:], App: api.AppRef{ID: app.ID, Name: app.Name},
		User: &me, ActsAs: &me, Scopes: []string{"read", "update"}, CreatedAt: start, CreatedBy: me, ExpiresAt: &at, Status: "active",
	})
	equal(t, f.actions(got.Token.ID), []string{me.ID + " token.created"})

	sat := f.sat(app).Token
	equal(t, sat.User, (*api.UserRef)(nil))
	equal(t, sat.ActsAs, &api.UserRef{ID: f.other.User.ID, Login: "cyd", Name: "The cyd"})
	equal(t, sat.CreatedBy.ID, f.admin.User.ID)
}

// requirement 1
func TestTheSecretSaysItsKind(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	for want, issued := range map[string]api.Issued{secret.PAT: f.pat(f.user, app), secret.SAT: f.sat(app)} {
		if _, kind, ok := secret.Parse(issued.Secret); !ok || kind != want {
			t.Errorf("a %s reads as %q", want, kind)
		}
	}
}

// requirements 5, 7
func TestTheSecretIsInTheReplyToTheCreateOnly(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := f.pat(f.user, app)
	if strings.Contains(asJSON(t, issued.Token), issued.Secret) {
		t.Error("the record holds the secret")
	}
	for _, reply := range []any{
		try(f.OwnToken(t.Context(), f.user, issued.Token.ID))(t),
		try(f.OwnTokens(t.Context(), f.user, TokenFilter{}, PageRequest{}))(t),
		try(f.AppTokens(t.Context(), f.admin, app.ID, TokenFilter{}, PageRequest{}))(t),
		try(f.Store.EventsOf(t.Context(), issued.Token.ID))(t),
	} {
		if text := asJSON(t, reply); strings.Contains(text, issued.Secret[6:20]) || !strings.Contains(text, issued.Token.ID) {
			t.Errorf("%T holds the secret, or nothing", reply)
		}
	}
}

// requirement 6
func TestNoFileHoldsAnIssuedValueOrAPieceOfIt(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := []api.Issued{f.pat(f.user, app), f.sat(app)}
	key := "an-attempt-0123456789abcdef"
	issued = append(issued, try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, Description: "findable"}, key))(t))
	for _, i := range issued {
		try(f.CheckToken(t.Context(), i.Secret, "192.0.2.7"))(t)
	}
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := ""
	for _, entry := range try(os.ReadDir(f.dir))(t) {
		kept += string(try(os.ReadFile(filepath.Join(f.dir, entry.Name())))(t))
	}
	if !strings.Contains(kept, "findable") {
		t.Fatal("the search does not find what is there")
	}
	const piece = 8
	for _, s := range append([]string{key}, issued[0].Secret[6:], issued[1].Secret[6:], issued[2].Secret[6:]) {
		for at := 0; at+piece <= len(s); at++ {
			if strings.Contains(kept, s[at:at+piece]) {
				t.Errorf("characters %d to %d of a secret are on the disk", at, at+piece)
			}
		}
	}
}

func TestOnlyAPersonSignedInManagesTokens(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := f.pat(f.admin, app)
	program := try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
	for name, err := range map[string]error{
		"CreatePAT": second(f.CreatePAT(t.Context(), program, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")),
		"CreateSAT": second(f.CreateSAT(t.Context(), program, app.ID, api.NewToken{Scopes: []string{"read"}}, "")),
		"RevokeOwn": f.RevokeOwn(t.Context(), program, issued.Token.ID),
		"RevokeAny": f.RevokeAny(t.Context(), program, issued.Token.ID),
		"OwnTokens": second(f.OwnTokens(t.Context(), program, TokenFilter{}, PageRequest{})),
		"OwnToken":  second(f.OwnToken(t.Context(), program, issued.Token.ID)),
		"Apps":      second(f.Apps(t.Context(), program, PageRequest{})),
		"ForPAT":    second(f.AppsForPAT(t.Context(), program, PageRequest{})),
		"nobody":    second(f.Apps(t.Context(), Caller{}, PageRequest{})),
	} {
		if code(err) != api.CodeInteractive {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The reply is made without reading the record.
func TestWhatIsIssuedIsAnsweredAsItIsOnRecord(t *testing.T) {
	f := under(t, "socotra")
	app := f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Scopes = f.Rules.ScopeNames() })
	for _, who := range []Caller{f.user, f.other} {
		try(f.ChangeUser(t.Context(), f.admin, who.User.ID, api.UserChange{Permissions: &[]string{"policies.*"}, Tenants: &[]string{"north", "south"}}, ""))(t)
	}
	user := f.signsIn(f.user.User.ID)
	want := api.NewToken{Description: " Nightly build ", AppID: app.ID, Permissions: []string{"policies.list"}, Tenants: []string{"south"}, ExpiresAt: new(start.Add(time.Hour + 1))}
	pat := try(f.CreatePAT(t.Context(), user, want, ""))(t)
	equal(t, pat.Token, try(f.OwnToken(t.Context(), user, pat.Token.ID))(t))
	rotated := try(f.RotateOwn(t.Context(), user, pat.Token.ID, api.Rotation{}, ""))(t)
	equal(t, rotated.Token, try(f.OwnToken(t.Context(), user, rotated.Token.ID))(t))
	byOther := try(f.RotateAny(t.Context(), f.admin, rotated.Token.ID, api.Rotation{}, ""))(t)
	equal(t, byOther.Token, try(f.OwnToken(t.Context(), user, byOther.Token.ID))(t))
	want.Scopes, want.ExpiresAt, want.Description = f.Rules.ScopeNames()[:1], nil, "Nightly build, too"
	sat := try(f.CreateSAT(t.Context(), f.admin, app.ID, want, ""))(t)
	found := try(f.AppTokens(t.Context(), f.admin, app.ID, TokenFilter{}, PageRequest{}))(t)
	equal(t, sat.Token, found.Items[slices.IndexFunc(found.Items, func(k api.Token) bool { return k.ID == sat.Token.ID })])
}
