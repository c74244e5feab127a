package tokens

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyfob/api"
	"keyfob/server/audit"
	"keyfob/server/store"
)

// listed is one whole list of events, page by page.
func (f *fixture) listed(page func(PageRequest) (api.EventPage, error), limit int) []api.Event {
	f.t.Helper()
	var out []api.Event
	for at := (PageRequest{Limit: limit}); ; {
		p := try(page(at))(f.t)
		if out = append(out, p.Items...); p.NextCursor == "" {
			return out
		}
		if len(p.Items) != limit {
			f.t.Fatalf("a page of %d in the middle", len(p.Items))
		}
		at.Cursor = p.NextCursor
	}
}

func (f *fixture) all(want EventFilter) []api.Event {
	f.t.Helper()
	return f.listed(func(p PageRequest) (api.EventPage, error) { return f.Events(f.t.Context(), f.admin, want, p) }, 3)
}

func (f *fixture) own(c Caller, want EventFilter) []api.Event {
	f.t.Helper()
	return f.listed(func(p PageRequest) (api.EventPage, error) { return f.OwnEvents(f.t.Context(), c, want, p) }, 3)
}

func summary(events []api.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Actor.Login+" "+e.Action+" "+e.Object.Name)
	}
	return out
}

// Requirement 87: time, actor and token; with the old and the new value where
// something changed.
func TestEventsSayWhenWhoWhatAndHowItChanged(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	token := f.pat(f.user, app).Token
	f.clock.advance(time.Minute)
	try(0, f.RevokeAny(t.Context(), f.admin, token.ID))(t)
	none := api.PolicyNone
	f.change(app, api.AppChange{Policy: &none})

	got := f.all(EventFilter{ObjectID: token.ID})
	equal(t, len(got), 2)
	revoked, created := got[0], got[1]
	equal(t, revoked.At, start.Add(time.Minute))
	equal(t, revoked.Actor, api.UserRef{ID: f.admin.User.ID, Login: "ada", Name: "The ada"})
	equal(t, revoked.Action, "token.revoked")
	equal(t, revoked.Object, api.EventObject{Kind: "token", ID: token.ID, Name: "…" + token.Hint})
	equal(t, revoked.User, &api.UserRef{ID: f.user.User.ID, Login: "bob", Name: "The bob"})
	equal(t, created.Action, "token.created")
	equal(t, created.Changes, []api.EventChange{
		{Field: "appId", New: &app.ID},
		{Field: "expiresAt"},
		{Field: "kind", New: new("pat")},
		{Field: "scopes", New: new("read")},
		{Field: "userId", New: &f.user.User.ID},
	})
	changed := f.all(EventFilter{Action: "app.changed"})[0]
	equal(t, changed.Changes, []api.EventChange{{Field: "policy", Old: new("AuthenticatedUsers"), New: new("None")}})
	equal(t, changed.Object.Name, app.Name)
}

// Requirement 22.
func TestWhatATokenDoesIsItsUsersDoing(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	try(0, f.RevokePresented(t.Context(), issued.Secret, "192.0.2.7"))(t)
	e := f.all(EventFilter{ObjectID: issued.Token.ID})[0]
	equal(t, e.Actor.Login, "bob")
	equal(t, e.Changes, []api.EventChange{{Field: "from", New: new("192.0.2.7")}, {Field: "presented", New: new("true")}})
}

func TestTheChangeLogCanBeNarrowed(t *testing.T) {
	f := newFixture(t)
	f.clock.advance(time.Hour)
	from := f.clock.now()
	app := f.app(api.PolicyAuthenticatedUsers, func(a *api.NewApp) { a.Name = "Warehouse" })
	f.pat(f.user, app)
	f.clock.advance(time.Hour)
	try(0, f.SetUserActive(t.Context(), f.admin, f.other.User.ID, false))(t)

	hint := f.all(EventFilter{Action: "token.created"})[0].Object.Name
	users := []string{"operator user.created The cyd", "operator user.created The bob", "operator user.created The ada"}
	tail := []string{"ada user.changed The cyd", "bob token.created " + hint, "ada app.created Warehouse"}
	for name, c := range map[string]struct {
		filter EventFilter
		want   []string
	}{
		"all":         {EventFilter{}, slices.Concat(tail, users)},
		"from":        {EventFilter{From: from}, tail},
		"to":          {EventFilter{To: from}, users},
		"from and to": {EventFilter{From: from, To: from.Add(1)}, tail[1:]},
		"login":       {EventFilter{Actor: "ADA"}, []string{tail[0], tail[2]}},
		"id":          {EventFilter{Actor: f.user.User.ID}, tail[1:2]},
		"operator":    {EventFilter{Actor: "operator"}, users},
		"nobody":      {EventFilter{Actor: "nobody"}, nil},
		"action":      {EventFilter{Action: "user.changed"}, tail[:1]},
		"object":      {EventFilter{ObjectID: app.ID}, tail[2:]},
		"text":        {EventFilter{Query: "wareHOUSE"}, tail[2:]},
		"text in all": {EventFilter{Query: "%"}, nil},
		"together":    {EventFilter{Actor: "operator", Query: "bob"}, users[1:2]},
	} {
		t.Run(name, func(t *testing.T) { equal(t, summary(f.all(c.filter)), c.want) })
	}
	equal(t, summary(try(f.Events(t.Context(), f.admin, EventFilter{}, PageRequest{Sort: "at", Limit: 1}))(t).Items), users[2:])
}

func TestUsersSeeWhatTheyDidAndWhatWasDoneToThem(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	mine, others := f.pat(f.user, app).Token, f.pat(f.other, app).Token
	try(0, f.RevokeAny(t.Context(), f.admin, mine.ID))(t)
	try(0, f.RevokeAny(t.Context(), f.admin, others.ID))(t)
	name := "…" + mine.Hint
	want := []string{"ada token.revoked " + name, "bob token.created " + name, "operator user.created The bob"}
	equal(t, summary(f.own(f.user, EventFilter{})), want)
	equal(t, summary(f.own(f.user, EventFilter{Query: "bob"})), want)
	equal(t, summary(f.own(f.user, EventFilter{Action: "token.revoked"})), want[:1])
	equal(t, summary(f.own(f.user, EventFilter{ObjectID: others.ID})), []string(nil))
	equal(t, summary(f.own(f.user, EventFilter{Actor: "ada"})), want[:1])
}

// Requirement 35.
func TestTheChangeLogOfAllIsForAdministrators(t *testing.T) {
	f := newFixture(t)
	sat := f.sat(f.app(api.PolicyAuthenticatedUsers))
	program := try(f.CheckToken(t.Context(), sat.Secret, ""))(t)
	for want, c := range map[string]Caller{api.CodeDenied: f.user, api.CodeInteractive: program} {
		_, err := f.Events(t.Context(), c, EventFilter{}, PageRequest{})
		f.refused(err, want)
		_, err = f.VerifyEvents(t.Context(), c)
		f.refused(err, want)
	}
	_, err := f.OwnEvents(t.Context(), program, EventFilter{}, PageRequest{})
	f.refused(err, api.CodeInteractive)
	_, err = f.Events(t.Context(), f.admin, EventFilter{}, PageRequest{Sort: "actor"})
	equal(t, pointers(err), []string{"sort unknown"})
	equal(t, try(f.Capabilities(t.Context(), f.admin))(t).Abilities["events"].State, "yes")
	equal(t, try(f.Capabilities(t.Context(), f.user))(t).Abilities["events"].State, "denied")
}

// Whatever is done, in any order: each change has its event, none has a secret,
// and the chain verifies.
func TestAnyHistoryVerifies(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	rapid.Check(t, func(r *rapid.T) {
		before := try(f.Store.ChainHead(t.Context()))(t).Seq
		var live []api.Issued
		changes := int64(0)
		r.Repeat(map[string]func(*rapid.T){
			"create": func(*rapid.T) { live = append(live, f.pat(f.user, app)); changes++ },
			"refuse": func(*rapid.T) {
				_, err := f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID}, "")
				f.refused(err, api.CodeInvalid)
			},
			"revoke": func(r *rapid.T) {
				if len(live) == 0 {
					r.Skip()
				}
				last := live[len(live)-1]
				try(0, f.RevokeOwn(t.Context(), f.user, last.Token.ID))(t)
				try(0, f.RevokeOwn(t.Context(), f.user, last.Token.ID))(t) // changes nothing
				changes++
				live = live[:len(live)-1]
			},
			"change": func(r *rapid.T) {
				name := rapid.StringMatching(`App [a-z]{12}`).Draw(r, "name")
				f.change(app, api.AppChange{Name: &name})
				changes++
			},
		})
		if v := try(f.VerifyEvents(t.Context(), f.admin))(t); !v.OK || v.Events != before+changes {
			r.Fatalf("after %d changes: %+v", changes, v)
		}
		for _, issued := range live {
			for _, e := range try(f.Store.EventsOf(t.Context(), issued.Token.ID))(t) {
				if containsSecret(e, issued.Secret) {
					r.Fatalf("a secret is in %s", e.Action)
				}
			}
		}
	})
}

func containsSecret(e store.Event, secret string) bool {
	text := e.ActorID + e.Action + e.ObjectID + e.Detail
	for i := len("enrt_") + 1; i+8 <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+8]) {
			return true
		}
	}
	return false
}

// Damaged checkpoints are no error of the call: they are what it finds.
func TestDamagedCheckpointsAreFound(t *testing.T) {
	f := newFixture(t)
	f.Checkpoints = func() ([]audit.Signed, error) {
		return audit.ReadCheckpoints(filepath.Join(f.dir, audit.File), filepath.Join(f.dir, audit.VerifyingFile))
	}
	if v := try(f.VerifyEvents(t.Context(), f.admin))(t); !v.OK || v.Last != nil {
		t.Errorf("without any: %+v", v)
	}
	book := try(audit.OpenBook(f.dir))(t)
	try(0, audit.NewKeeper(f.Store, book, f.clock.now, f.Log).Look(t.Context()))(t)
	if v := try(f.VerifyEvents(t.Context(), f.admin))(t); !v.OK || v.Checkpoints != 1 || v.Last.Seq != v.Events {
		t.Errorf("with one: %+v", v)
	}
	try(0, os.WriteFile(filepath.Join(f.dir, audit.File), []byte("x\n\ny\n\n"), 0o600))(t)
	v := try(f.VerifyEvents(t.Context(), f.admin))(t)
	if v.OK || v.Broken.Seq != 0 || v.Broken.Reason != "unsigned" {
		t.Errorf("damaged: %+v", v)
	}
}
