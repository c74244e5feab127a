package tokens

import (
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

func TestAnAppIsDeletedOnlyWithoutLiveTokens(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	pat := f.pat(f.user, app)
	next := try(f.rotate(f.user, pat.Token.ID, time.Hour))(t)
	f.refused(f.DeleteApp(t.Context(), f.user, app.ID), api.CodeDenied)
	f.refused(f.DeleteApp(t.Context(), f.admin, app.ID), api.CodeAppInUse)
	if err := f.RevokeAny(t.Context(), f.admin, next.Token.ID); err != nil {
		t.Fatal(err)
	}
	f.refused(f.DeleteApp(t.Context(), f.admin, app.ID), api.CodeAppInUse) // the overlap
	f.clock.advance(time.Hour)
	for range 2 {
		if err := f.DeleteApp(t.Context(), f.admin, app.ID); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, f.actions(app.ID), []string{f.admin.User.ID + " app.created", f.admin.User.ID + " app.deleted"})
	f.refused(f.DeleteApp(t.Context(), f.admin, newID()), api.CodeNotFound)
}

func TestADeletedAppIsGoneButForItsHistory(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	value := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	pat := f.pat(f.user, app)
	if err := f.RevokeOwn(t.Context(), f.user, pat.Token.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteApp(t.Context(), f.admin, app.ID); err != nil {
		t.Fatal(err)
	}
	_, err := f.App(t.Context(), f.admin, app.ID)
	f.refused(err, api.CodeNotFound)
	_, err = f.ChangeApp(t.Context(), f.admin, app.ID, api.AppChange{Enabled: new(true)})
	f.refused(err, api.CodeNotFound)
	_, err = f.CreateSAT(t.Context(), f.admin, app.ID, api.NewToken{Scopes: []string{"read"}}, "")
	f.refused(err, api.CodeNotFound)
	_, err = f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, "")
	equal(t, pointers(err), []string{"/appId unknown"})
	_, err = f.CheckApp(t.Context(), app.ID, value)
	f.refused(err, api.CodeUnauthenticated)
	equal(t, try(f.Apps(t.Context(), f.admin, PageRequest{}))(t).Total, 0)
	equal(t, try(f.AppsForPAT(t.Context(), f.admin, PageRequest{}))(t).Total, 0)

	every := TokenFilter{Status: []string{"active", "expired", "revoked"}, Query: app.Name}
	for _, l := range []api.Page[api.Token]{
		try(f.AppTokens(t.Context(), f.admin, app.ID, every, PageRequest{}))(t), try(f.OwnTokens(t.Context(), f.user, every, PageRequest{}))(t),
	} {
		if l.Total != 1 || l.Items[0].App != (api.AppRef{ID: app.ID, Name: app.Name}) {
			t.Errorf("the history has %+v", l.Items)
		}
	}
	again := try(f.AddApp(t.Context(), f.admin, api.NewApp{Name: app.Name, Scopes: []string{"read"}}))(t)
	if again.ID == app.ID {
		t.Error("the same app again")
	}
}

func TestAnAdministratorChangesUsers(t *testing.T) {
	f := newFixture(t)
	id := f.user.User.ID
	got := try(f.ChangeUser(t.Context(), f.admin, id, api.UserChange{Name: new(" Bob B. "), Email: new("bob@example.org"), IsAdmin: new(true)}, ""))(t)
	equal(t, []any{got.Name, got.Email, got.IsAdmin, got.IsActive}, []any{"Bob B.", "bob@example.org", true, true})
	equal(t, try(f.ChangeUser(t.Context(), f.admin, id, api.UserChange{IsAdmin: new(true)}, ""))(t), got)
	events := try(f.Store.EventsOf(t.Context(), id))(t)
	equal(t, len(events), 2) // what changes nothing is no change
	equal(t, events[1].Detail, `{"email":{"new":"bob@example.org","old":""},"isAdmin":{"new":true,"old":false},"name":{"new":"Bob B.","old":"The bob"}}`)

	_, err := f.ChangeUser(t.Context(), f.admin, id, api.UserChange{Name: new("two\nlines")}, "")
	equal(t, pointers(err), []string{"/name format"})
	_, err = f.ChangeUser(t.Context(), f.admin, newID(), api.UserChange{}, "")
	f.refused(err, api.CodeNotFound)
	_, err = f.ChangeUser(t.Context(), f.other, id, api.UserChange{}, "")
	f.refused(err, api.CodeDenied)
}

func TestTheLastActiveAdministratorStaysOne(t *testing.T) {
	f := newFixture(t)
	id := f.admin.User.ID
	second := f.person("eve", true).User.ID
	if err := f.SetUserActive(t.Context(), f.admin, second, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []api.UserChange{{IsAdmin: new(false)}, {IsActive: new(false)}, {IsAdmin: new(false), IsActive: new(false)}} {
		_, err := f.ChangeUser(t.Context(), f.admin, id, c, "")
		f.refused(err, api.CodeLastAdmin)
	}
	equal(t, len(f.actions(id)), 1)
	try(f.ChangeUser(t.Context(), f.admin, id, api.UserChange{Name: new("Ada")}, ""))(t)
	if err := f.SetUserActive(t.Context(), f.admin, second, true); err != nil {
		t.Fatal(err)
	}
	try(f.ChangeUser(t.Context(), f.admin, id, api.UserChange{IsAdmin: new(false)}, ""))(t)
}

// requirement 81, for what a user holds
func TestWhoIsMadeInactiveLosesTheUseOfTheirTokensAtOnce(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	mine, theirs := f.pat(f.other, app), f.pat(f.user, app)
	sat := f.sat(app) // acts as other
	if err := f.SetUserActive(t.Context(), f.admin, f.other.User.ID, false); err != nil {
		t.Fatal(err)
	}
	equal(t, []bool{f.works(mine.Secret), f.works(sat.Secret), f.works(theirs.Secret)}, []bool{false, false, true})
	if err := f.SetUserActive(t.Context(), f.admin, f.other.User.ID, true); err != nil {
		t.Fatal(err)
	}
	equal(t, f.works(mine.Secret), true)
}

func TestANewPasswordOrDeactivationEndsAllSignIns(t *testing.T) {
	f := newFixture(t)
	for i, change := range []struct {
		want api.UserChange
		hash string
		live bool
	}{
		{api.UserChange{Name: new("Bobby")}, "", true},
		{api.UserChange{}, "$argon2id$some", false},
		{api.UserChange{IsActive: new(false)}, "", false},
	} {
		signIn := store.SignIn{ID: newID(), UserID: f.user.User.ID, ClientID: "desktop", AuthenticatedAt: start, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
		if err := f.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertSignIn(t.Context(), signIn) }); err != nil {
			t.Fatal(err)
		}
		try(f.ChangeUser(t.Context(), f.admin, f.user.User.ID, change.want, change.hash))(t)
		if got := try(f.Store.SignIn(t.Context(), signIn.ID))(t).Live(f.clock.now()); got != change.live {
			t.Errorf("change %d: the sign-in is live: %v", i, got)
		}
	}
	for _, e := range try(f.Store.EventsOf(t.Context(), f.user.User.ID))(t) {
		if contains(e.Detail, "argon2id") {
			t.Errorf("the change log has %s", e.Detail)
		}
	}
}
