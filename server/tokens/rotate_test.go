package tokens

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"keyfob/api"
)

func (f *fixture) rotate(c Caller, id string, overlap time.Duration) (api.Issued, error) {
	return f.RotateOwn(f.t.Context(), c, id, api.Rotation{OverlapSeconds: int(overlap / time.Second)}, "")
}

func (f *fixture) works(secret string) bool {
	f.t.Helper()
	_, err := f.CheckToken(f.t.Context(), secret, "")
	if err != nil {
		f.refused(err, api.CodeUnauthenticated)
	}
	return err == nil
}

// requirements 5, 14: the new one is as the old one was, the old one ends.
func TestRotatingReplacesATokenAtOnce(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	old := try(f.CreatePAT(t.Context(), f.user, api.NewToken{
		Description: "Nightly", AppID: app.ID, Scopes: []string{"read", "update"}, ExpiresAt: new(start.Add(24 * time.Hour)),
	}, ""))(t)
	f.clock.advance(time.Hour)
	next := try(f.rotate(f.user, old.Token.ID, 0))(t)
	want := old.Token
	want.ID, want.Hint, want.CreatedAt, want.Replaces = next.Token.ID, next.Token.Hint, start.Add(time.Hour), &old.Token.ID
	want.ExpiresAt = new(start.Add(25 * time.Hour)) // the same time again
	equal(t, next.Token, want)
	if f.works(old.Secret) || !f.works(next.Secret) {
		t.Error("not exactly the new one works")
	}
	was := old.Token
	was.ReplacedBy, was.RevokedAt, was.RevokedBy, was.Status = &next.Token.ID, new(start.Add(time.Hour)), was.User, api.StatusRevoked
	equal(t, try(f.OwnToken(t.Context(), f.user, was.ID))(t), was)
	equal(t, f.actions(was.ID), []string{f.user.User.ID + " token.created", f.user.User.ID + " token.rotated"})
	equal(t, f.actions(next.Token.ID), []string{f.user.User.ID + " token.created"})
}

// requirement 85: what ended at once does not come back with the clock.
func TestAClockThatGoesBackRevivesNothing(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	rotated, revoked, early, late, many := f.pat(f.user, app), f.pat(f.user, app), f.pat(f.user, app), f.pat(f.user, app), f.pat(f.user, app)
	try(f.rotate(f.user, rotated.Token.ID, 0))(t)
	for _, k := range []api.Issued{early, late, many} {
		try(f.rotate(f.user, k.Token.ID, time.Hour))(t)
	}
	revoke := func(k api.Issued) {
		if err := f.RevokeOwn(t.Context(), f.user, k.Token.ID); err != nil {
			t.Fatal(err)
		}
	}
	revoke(revoked)
	revoke(early)
	f.clock.advance(2 * time.Hour) // the overlap is over, by this clock
	revoke(late)
	got := try(f.RevokeMany(t.Context(), f.admin, api.Revocation{IDs: []string{many.Token.ID}}))(t)
	equal(t, got.Items, []api.RevokedToken{{ID: many.Token.ID, Result: api.ResultRevoked}})
	f.clock.advance(-30 * 24 * time.Hour)
	for _, k := range []api.Issued{rotated, revoked, early, late, many} {
		if f.works(k.Secret) {
			t.Error("revived")
		}
	}
}

// requirements 14, 78, 81: an overlap ends by the clock, without a job.
func TestTheOldTokenLivesOnForTheOverlap(t *testing.T) {
	for name, c := range map[string]struct {
		expires, overlap, ends time.Duration
	}{
		"no expiry":           {0, time.Hour, time.Hour},
		"expires later":       {48 * time.Hour, time.Hour, time.Hour},
		"expires before that": {30 * time.Minute, time.Hour, 30 * time.Minute},
		"the longest":         {0, overlapMax, overlapMax},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
			if c.expires > 0 {
				want.ExpiresAt = new(start.Add(c.expires))
			}
			old := try(f.CreatePAT(t.Context(), f.user, want, ""))(t)
			next := try(f.rotate(f.user, old.Token.ID, c.overlap))(t)
			f.clock.advance(c.ends - time.Millisecond)
			try(f.CheckToken(t.Context(), old.Secret, "192.0.2.7"))(t)
			got := try(f.OwnToken(t.Context(), f.user, old.Token.ID))(t)
			equal(t, got.OverlapEndsAt, new(start.Add(c.ends)))
			equal(t, got.LastUsedAt, new(f.clock.now()))
			equal(t, []any{got.Status, got.RevokedAt, got.RevokedBy, got.ReplacedBy}, []any{api.StatusActive, (*time.Time)(nil), (*api.UserRef)(nil), &next.Token.ID})
			equal(t, f.listedTokens(f.user, api.StatusActive), 2)

			f.clock.advance(time.Millisecond)
			if f.works(old.Secret) {
				t.Error("it works beyond the overlap")
			}
			got = try(f.OwnToken(t.Context(), f.user, old.Token.ID))(t)
			equal(t, []any{got.Status, got.RevokedAt, got.RevokedBy, got.OverlapEndsAt}, []any{api.StatusRevoked, new(start.Add(c.ends)), got.User, (*time.Time)(nil)})
			equal(t, f.listedTokens(f.user, api.StatusRevoked), 1)
		})
	}
}

func (f *fixture) listedTokens(c Caller, status string) int {
	f.t.Helper()
	return try(f.OwnTokens(f.t.Context(), c, TokenFilter{Status: []string{status}}, PageRequest{}))(f.t).Total
}

// requirements 78, 81
func TestAnOverlapCanBeCutShort(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	for name, cut := range map[string]func(api.Issued) error{
		"by the owner":         func(k api.Issued) error { return f.RevokeOwn(t.Context(), f.user, k.Token.ID) },
		"by an administrator":  func(k api.Issued) error { return f.RevokeAny(t.Context(), f.admin, k.Token.ID) },
		"by who has the value": func(k api.Issued) error { return f.RevokePresented(t.Context(), k.Secret, "") },
	} {
		old := f.pat(f.user, app)
		try(f.rotate(f.user, old.Token.ID, time.Hour))(t)
		at := f.clock.now().Add(time.Minute)
		f.clock.advance(time.Minute)
		if err := cut(old); err != nil {
			t.Fatal(err)
		}
		if got := try(f.OwnToken(t.Context(), f.user, old.Token.ID))(t); f.works(old.Secret) || got.RevokedAt == nil || !got.RevokedAt.Equal(at) {
			t.Errorf("%s: revoked at %v, want %v", name, got.RevokedAt, at)
		}
		equal(t, len(f.actions(old.Token.ID)), 3)
	}
}

// requirement 85
func TestWhatHasEndedCannotBeRotated(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	revoked, replaced, overlapping := f.pat(f.user, app), f.pat(f.user, app), f.pat(f.user, app)
	soon := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(time.Minute))}, ""))(t)
	if err := f.RevokeOwn(t.Context(), f.user, revoked.Token.ID); err != nil {
		t.Fatal(err)
	}
	try(f.rotate(f.user, replaced.Token.ID, 0))(t)
	try(f.rotate(f.user, overlapping.Token.ID, time.Hour))(t)
	f.clock.advance(time.Minute)
	before := f.ownTotal(f.user)
	for id, want := range map[string]string{
		revoked.Token.ID: api.CodeTokenRevoked, replaced.Token.ID: api.CodeTokenReplaced,
		overlapping.Token.ID: api.CodeTokenReplaced, soon.Token.ID: api.CodeTokenExpired,
		newID(): api.CodeNotFound, "": api.CodeNotFound,
	} {
		_, err := f.rotate(f.user, id, 0)
		f.refused(err, want)
	}
	equal(t, f.ownTotal(f.user), before)
}

// requirements 79, 80
func TestWhoMayRotateWhat(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	pat, sat := f.pat(f.user, app), f.sat(app)
	for _, c := range []struct {
		own  bool
		who  Caller
		what api.Issued
		want string
	}{
		{true, f.other, pat, api.CodeNotFound},
		{true, f.admin, pat, api.CodeNotFound},
		{true, f.admin, sat, api.CodeNotFound},
		{false, f.user, pat, api.CodeDenied},
		{false, f.user, sat, api.CodeDenied},
		{false, f.admin, pat, ""},
		{false, f.admin, sat, ""},
	} {
		rotate := f.RotateAny
		if c.own {
			rotate = f.RotateOwn
		}
		_, err := rotate(t.Context(), c.who, c.what.Token.ID, api.Rotation{}, "")
		f.refused(err, c.want)
	}
	list := try(f.AppTokens(t.Context(), f.admin, app.ID, TokenFilter{Status: []string{"active"}}, PageRequest{Sort: "createdAt"}))(t)
	for _, k := range list.Items {
		if k.CreatedBy.ID != f.admin.User.ID || k.Kind == api.KindPAT && k.User.ID != f.user.User.ID {
			t.Errorf("the new %s is %+v's, by %+v", k.Kind, k.User, k.CreatedBy)
		}
	}
	equal(t, list.Total, 2)
}

// requirements 26, 29, 62, 70: what a create is asked, a rotation is asked.
func TestARotationIsCheckedAsACreate(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		change api.AppChange
		want   string
	}{
		"policy None":               {api.AppChange{Policy: new(api.PolicyNone)}, api.CodePolicyNone},
		"policy AdministratorsOnly": {api.AppChange{Policy: new(api.PolicyAdministratorsOnly)}, api.CodePolicyAdmins},
		"disabled":                  {api.AppChange{Enabled: new(false)}, api.CodeAppDisabled},
		"no scope left":             {api.AppChange{Scopes: &[]string{"update"}}, api.CodeConflict},
	} {
		app := f.app(api.PolicyAuthenticatedUsers)
		old := f.pat(f.user, app)
		f.change(app, c.change)
		if _, err := f.rotate(f.user, old.Token.ID, 0); code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	app := f.app(api.PolicyAuthenticatedUsers)
	sat := f.sat(app, "read", "update")
	f.change(app, api.AppChange{Scopes: &[]string{"read"}})
	narrowed := try(f.RotateAny(t.Context(), f.admin, sat.Token.ID, api.Rotation{}, ""))(t)
	equal(t, narrowed.Token.Scopes, []string{"read"})
	f.change(app, api.AppChange{SystemUserID: new("")})
	_, err := f.RotateAny(t.Context(), f.admin, narrowed.Token.ID, api.Rotation{}, "")
	f.refused(err, api.CodeNoSystemUser)

	pat := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	for _, c := range []struct {
		want  api.Rotation
		field string
	}{
		{api.Rotation{ExpiresAt: new(start)}, "/expiresAt past"},
		{api.Rotation{OverlapSeconds: -1}, "/overlapSeconds format"},
		{api.Rotation{OverlapSeconds: 7*24*3600 + 1}, "/overlapSeconds format"},
	} {
		_, err := f.RotateOwn(t.Context(), f.user, pat.Token.ID, c.want, "")
		equal(t, pointers(err), []string{c.field})
	}
	if err := f.SetUserActive(t.Context(), f.admin, f.user.User.ID, false); err != nil {
		t.Fatal(err)
	}
	_, err = f.RotateAny(t.Context(), f.admin, pat.Token.ID, api.Rotation{}, "")
	f.refused(err, api.CodeConflict)
}

// requirement 5: one rotation, however often its reply is lost.
func TestTheSameRotationGetsTheSameReply(t *testing.T) {
	f := newFixture(t)
	old := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	want := api.Rotation{OverlapSeconds: 60}
	first := try(f.RotateOwn(t.Context(), f.user, old.Token.ID, want, key))(t)
	again := try(f.RotateOwn(t.Context(), f.user, old.Token.ID, want, key))(t)
	equal(t, again, first)
	equal(t, f.ownTotal(f.user), 2)
	_, err := f.RotateOwn(t.Context(), f.user, first.Token.ID, want, key)
	f.refused(err, api.CodeIdempotency)
}

func TestRacingRotationsMakeOneSuccessor(t *testing.T) {
	f := newFixture(t)
	old := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		said = map[string]int{}
	)
	for range 8 {
		all.Go(func() {
			_, err := f.rotate(f.user, old.Token.ID, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			said[code(err)]++
		})
	}
	all.Wait()
	equal(t, said, map[string]int{"": 1, api.CodeTokenReplaced: 7})
	equal(t, f.ownTotal(f.user), 2)
}

// Whatever write fails, both records are there or nothing has happened; the
// same attempt then succeeds.
func TestARotationThatFailsHalfwayLeavesNothing(t *testing.T) {
	for name, at := range map[string]string{
		"the new token":           `BEFORE INSERT ON tokens`,
		"the change log's first":  `BEFORE INSERT ON events WHEN NEW.action = 'token.created'`,
		"the old token":           `BEFORE UPDATE ON tokens`,
		"the change log's second": `BEFORE INSERT ON events WHEN NEW.action = 'token.rotated'`,
		"the sealed reply":        `BEFORE INSERT ON idempotency`,
		"after the sealed reply":  `AFTER INSERT ON idempotency`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			old := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
			db := try(sql.Open("sqlite", "file:"+filepath.Join(f.dir, "keyfob.db")))(t)
			defer func() { _ = db.Close() }()
			try(db.ExecContext(t.Context(), `CREATE TRIGGER fault `+at+` BEGIN SELECT RAISE(ABORT, 'fault'); END`))(t)
			want := api.Rotation{OverlapSeconds: 60}
			if _, err := f.RotateOwn(t.Context(), f.user, old.Token.ID, want, key); err == nil {
				t.Fatal("the fault was not met")
			}
			equal(t, f.ownTotal(f.user), 1)
			equal(t, try(f.OwnToken(t.Context(), f.user, old.Token.ID))(t), old.Token)
			equal(t, len(f.actions(old.Token.ID)), 1)
			try(db.ExecContext(t.Context(), `DROP TRIGGER fault`))(t)
			next := try(f.RotateOwn(t.Context(), f.user, old.Token.ID, want, key))(t)
			if !f.works(old.Secret) || !f.works(next.Secret) {
				t.Error("not both work")
			}
		})
	}
}
