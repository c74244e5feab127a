package tokens

import (
	"crypto/sha256"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// requirements 15, 16, 21 (one user), 23
func TestAPATActsAsItsUser(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	c := try(f.CheckToken(t.Context(), issued.Secret, "192.0.2.7"))(t)
	equal(t, c.User.ID, f.user.User.ID)
	equal(t, c.Scopes, []string{"read"})
	if c.Interactive() {
		t.Error("a token is not an interactive sign-in")
	}
	me := try(f.Me(t.Context(), c))(t)
	equal(t, me, api.Me{
		ID: f.user.User.ID, Login: "bob", Name: "The bob", IsActive: true, Instance: "Example", PictureURL: f.ProfileURL + "/me/picture/128",
		Links: map[string]string{"profile": "http://127.0.0.1/profile", "accessTokens": f.ProfileURL + "/tokens"},
	})
	equal(t, me, try(f.Me(t.Context(), f.user))(t))
}

// requirements 15, 18, 19
func TestASATActsAsTheSystemUserOfTheMoment(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := f.sat(app)
	for _, u := range []Caller{f.other, f.user, f.other} {
		f.change(app, api.AppChange{SystemUserID: new(u.User.ID)})
		c := try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
		equal(t, c.User.ID, u.User.ID)
		_, err := f.Me(t.Context(), c)
		f.refused(err, api.CodeDenied)
	}
}

// requirements 18, 20
func TestTheRecordOfASATSaysWhomItActsAsNow(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	f.sat(app)
	actsAs := func() *api.UserRef {
		return try(f.AppTokens(t.Context(), f.admin, app.ID, TokenFilter{}, PageRequest{}))(t).Items[0].ActsAs
	}
	equal(t, actsAs(), &api.UserRef{ID: f.other.User.ID, Login: "cyd", Name: "The cyd"})
	for _, c := range []api.AppChange{{SystemUserAllowed: new(false)}, {SystemUserID: new(""), SystemUserAllowed: new(true)}} {
		f.change(app, c)
		equal(t, actsAs(), (*api.UserRef)(nil))
	}
}

// requirements 47, 81, 99
func TestWhateverEndsATokenItIsRefusedAlike(t *testing.T) {
	f := newFixture(t)
	unknown := secret.New("enrt_", secret.PAT).Reveal()
	_, want := f.CheckToken(t.Context(), unknown, "")
	f.refused(want, api.CodeUnauthenticated)
	active := func(u Caller, on bool) {
		if err := f.SetUserActive(t.Context(), f.admin, u.User.ID, on); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		kind      string
		end, undo func(api.App, api.Token)
	}{
		"revoked": {kind: api.KindPAT, end: func(_ api.App, k api.Token) {
			if err := f.RevokeAny(t.Context(), f.admin, k.ID); err != nil {
				t.Fatal(err)
			}
		}},
		"PAT of a disabled app": {
			api.KindPAT,
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{Enabled: new(false)}) },
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{Enabled: new(true)}) },
		},
		"SAT of a disabled app": {
			api.KindSAT,
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{Enabled: new(false)}) },
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{Enabled: new(true)}) },
		},
		"owner not active": {
			api.KindPAT,
			func(api.App, api.Token) { active(f.user, false) },
			func(api.App, api.Token) { active(f.user, true) },
		},
		"System User not active": {
			api.KindSAT,
			func(api.App, api.Token) { active(f.other, false) },
			func(api.App, api.Token) { active(f.other, true) },
		},
		"System User removed": {
			api.KindSAT,
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{SystemUserID: new("")}) },
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{SystemUserID: new(f.other.User.ID)}) },
		},
		"System User not allowed": {
			api.KindSAT,
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{SystemUserAllowed: new(false)}) },
			func(a api.App, _ api.Token) { f.change(a, api.AppChange{SystemUserAllowed: new(true)}) },
		},
	} {
		app := f.app(api.PolicyAuthenticatedUsers)
		issued := f.pat(f.signsIn(f.user.User.ID), app)
		if c.kind == api.KindSAT {
			issued = f.sat(app)
		}
		try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
		c.end(app, issued.Token)
		_, err := f.CheckToken(t.Context(), issued.Secret, "")
		t.Log(name)
		equal(t, err, want)
		if c.undo != nil {
			c.undo(app, issued.Token)
			try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
		}
	}
}

// requirements 26 to 29: the policy is about issuing.
func TestAPolicyThatChangesLeavesIssuedTokensAlone(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := f.pat(f.user, app)
	f.change(app, api.AppChange{Policy: new(api.PolicyNone)})
	try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
}

// requirements 47, 57, 58, 99
func TestATokenEndsAtItsExpiryByTheClockAlone(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	ends := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(time.Hour))}, ""))(t)
	never := f.pat(f.user, app)
	status := func() string { return try(f.OwnToken(t.Context(), f.user, ends.Token.ID))(t).Status }

	f.clock.advance(time.Hour - time.Millisecond)
	try(f.CheckToken(t.Context(), ends.Secret, ""))(t)
	equal(t, status(), api.StatusActive)
	f.clock.advance(time.Millisecond)
	_, err := f.CheckToken(t.Context(), ends.Secret, "")
	f.refused(err, api.CodeUnauthenticated)
	equal(t, status(), api.StatusExpired)
	f.clock.advance(100 * 365 * 24 * time.Hour)
	try(f.CheckToken(t.Context(), never.Secret, ""))(t)
}

func TestATokenMayDoWhatItsAppMayNow(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read", "update"}}, ""))(t)
	for _, scopes := range [][]string{{"read"}, {"update", "tokens"}, {"tokens"}, {"read", "update"}} {
		f.change(app, api.AppChange{Scopes: &scopes})
		c := try(f.CheckToken(t.Context(), issued.Secret, ""))(t)
		equal(t, c.Scopes, within([]string{"read", "update"}, scopes))
		equal(t, try(f.OwnToken(t.Context(), f.user, issued.Token.ID))(t).Scopes, []string{"read", "update"})
	}
}

// requirement 6; a wrong checksum is refused without a read.
func TestAWrongChecksumIsRefusedWithoutTheDatabase(t *testing.T) {
	f := newFixture(t)
	v := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)).Secret
	ctx, cancel := cancelled(t)
	defer cancel()
	wrong := v[:len(v)-1] + string('A'+(v[len(v)-1]+1)%26)
	for _, s := range []string{wrong, "", "enrt_", "Bearer " + v, secret.New("enrt_", secret.App).Reveal()} {
		_, err := f.CheckToken(ctx, s, "")
		f.refused(err, api.CodeUnauthenticated)
	}
	if _, err := f.CheckToken(ctx, v, ""); err == nil || code(err) == api.CodeUnauthenticated {
		t.Errorf("a token that works, without a database: %v", err)
	}
}

// requirement 6: whoever writes to the database cannot plant a token.
func TestARowWithoutThePepperIsWorthNothing(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	chosen := secret.New("enrt_", secret.PAT).Reveal()
	sum := sha256.Sum256([]byte(chosen))
	planted := store.Token{
		ID: newID(), MAC: sum[:], PepperID: f.Pepper.ID(), Kind: api.KindPAT, AppID: app.ID, UserID: f.admin.User.ID,
		Scopes: []string{"read"}, CreatedAt: start, CreatedBy: f.admin.User.ID,
	}
	if err := f.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertToken(t.Context(), planted) }); err != nil {
		t.Fatal(err)
	}
	_, err := f.CheckToken(t.Context(), chosen, "")
	f.refused(err, api.CodeUnauthenticated)
}

// requirement 30 of the notes on security
func TestALostPepperIsNoticedAtTheStart(t *testing.T) {
	f := newFixture(t)
	f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)) // as a version that noted no peppers did
	stranger := try(secret.LoadPepper(filepath.Join(t.TempDir(), "pepper")))(t)
	for range 2 { // before and after the first one is noted
		other := New(Config{Store: f.Store, Pepper: stranger})
		if err := other.OpenPeppers(t.Context()); !errors.Is(err, ErrOtherPepper) {
			t.Errorf("another pepper: %v", err)
		}
		if err := other.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := f.OpenPeppers(t.Context()); err != nil {
			t.Errorf("its own pepper: %v", err)
		}
	}
}

func BenchmarkCheckWrongChecksum(b *testing.B) {
	f := newFixture(b)
	v := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)).Secret
	wrong := strings.Replace(v, v[20:21], "-", 1)
	for b.Loop() {
		if _, err := f.CheckToken(b.Context(), wrong, "192.0.2.7"); err == nil {
			b.Fatal("accepted")
		}
	}
}
