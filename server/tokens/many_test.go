package tokens

import (
	"strings"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// requirements 80, 81, 87
func TestManyAreRevokedByName(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	pat, sat, gone, overlapping := f.pat(f.user, app), f.sat(app), f.pat(f.user, app), f.pat(f.user, app)
	if err := f.RevokeOwn(t.Context(), f.user, gone.Token.ID); err != nil {
		t.Fatal(err)
	}
	try(f.rotate(f.user, overlapping.Token.ID, time.Hour))(t)
	want := api.Revocation{IDs: []string{pat.Token.ID, gone.Token.ID, "none", sat.Token.ID, overlapping.Token.ID, pat.Token.ID}, DryRun: true}
	results := []api.RevokedToken{
		{ID: pat.Token.ID, Result: "revoked"},
		{ID: gone.Token.ID, Result: "already"},
		{ID: "none", Result: "not_found"},
		{ID: sat.Token.ID, Result: "revoked"},
		{ID: overlapping.Token.ID, Result: "revoked"},
	}
	equal(t, try(f.RevokeMany(t.Context(), f.admin, want))(t), api.Revoked{Items: results, Total: 5, DryRun: true})
	for _, k := range []api.Issued{pat, sat, overlapping} {
		if !f.works(k.Secret) {
			t.Error("a dry run revoked")
		}
	}
	equal(t, len(f.actions(pat.Token.ID)), 1)

	want.DryRun = false
	equal(t, try(f.RevokeMany(t.Context(), f.admin, want))(t), api.Revoked{Items: results, Total: 5})
	for _, k := range []api.Issued{pat, sat, overlapping} {
		if f.works(k.Secret) {
			t.Error("not revoked")
		}
		actions := f.actions(k.Token.ID)
		equal(t, actions[len(actions)-1], f.admin.User.ID+" token.revoked")
	}
	for _, r := range try(f.RevokeMany(t.Context(), f.admin, want))(t).Items {
		if r.Result == api.ResultRevoked {
			t.Error("revoked again")
		}
	}
	equal(t, len(f.actions(pat.Token.ID)), 2)
}

func TestManyAreRevokedByWhatTheyHaveInCommon(t *testing.T) {
	f := newFixture(t)
	one, two := f.app(api.PolicyAuthenticatedUsers), f.app(api.PolicyAuthenticatedUsers)
	old := f.pat(f.user, one)
	f.clock.advance(time.Hour)
	used, sat, elsewhere := f.pat(f.user, one), f.sat(one), f.pat(f.other, two)
	f.clock.advance(time.Hour)
	try(f.CheckToken(t.Context(), used.Secret, ""))(t)
	noon := f.clock.now()
	expired := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: one.ID, Scopes: []string{"read"}, ExpiresAt: new(noon.Add(time.Minute))}, ""))(t)
	f.clock.advance(time.Minute)
	for name, c := range map[string]struct {
		want api.Revocation
		ids  []string
	}{
		"app":            {api.Revocation{AppID: one.ID}, []string{old.Token.ID, used.Token.ID, sat.Token.ID}},
		"user":           {api.Revocation{UserID: f.user.User.ID}, []string{old.Token.ID, used.Token.ID}},
		"app and user":   {api.Revocation{AppID: two.ID, UserID: f.user.User.ID}, nil},
		"created before": {api.Revocation{CreatedBefore: new(start.Add(time.Hour))}, []string{old.Token.ID}},
		"unused since":   {api.Revocation{UnusedSince: &noon}, []string{old.Token.ID, sat.Token.ID, elsewhere.Token.ID}},
		"no such app":    {api.Revocation{AppID: "none"}, nil},
	} {
		c.want.DryRun = true
		got := try(f.RevokeMany(t.Context(), f.admin, c.want))(t)
		var ids []string
		for _, r := range got.Items {
			ids = append(ids, r.ID)
		}
		if got.Total != len(c.ids) || got.More || got.Items == nil {
			t.Errorf("%s: %+v", name, got)
		}
		equal(t, ids, c.ids)
	}
	if got := try(f.RevokeMany(t.Context(), f.admin, api.Revocation{AppID: one.ID}))(t); len(got.Items) != 3 {
		t.Errorf("revoked %+v", got)
	}
	equal(t, try(f.RevokeMany(t.Context(), f.admin, api.Revocation{AppID: one.ID}))(t).Total, 0)
	equal(t, f.works(elsewhere.Secret), true)
	equal(t, len(f.actions(expired.Token.ID)), 1)
}

func TestManyAreRevokedAThousandAtATime(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	issued := try(f.Store.TokenByID(t.Context(), f.pat(f.user, app).Token.ID))(t)
	err := f.Store.Write(t.Context(), func(tx *store.Tx) error { // in one commit, for speed
		for range manyMax {
			issued.ID = newID()
			issued.MAC = []byte(issued.ID)
			if err := tx.InsertToken(t.Context(), issued); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	first := try(f.RevokeMany(t.Context(), f.admin, api.Revocation{AppID: app.ID}))(t)
	equal(t, []any{len(first.Items), first.More, first.Total}, []any{manyMax, true, manyMax + 1})
	rest := try(f.RevokeMany(t.Context(), f.admin, api.Revocation{AppID: app.ID}))(t)
	equal(t, []any{len(rest.Items), rest.More, rest.Total}, []any{1, false, 1})
	_, err = f.RevokeMany(t.Context(), f.admin, api.Revocation{IDs: make([]string, manyMax+1)})
	equal(t, pointers(err), []string{"/ids too_long"})
}

func TestARevocationSaysWhatItIsAbout(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		want api.Revocation
		bad  string
	}{
		{api.Revocation{}, "/ids required"},
		{api.Revocation{DryRun: true, IDs: []string{}}, "/ids required"},
		{api.Revocation{IDs: []string{"x"}, AppID: "y"}, "/ids format"},
	} {
		_, err := f.RevokeMany(t.Context(), f.admin, c.want)
		equal(t, pointers(err), []string{c.bad})
	}
	_, err := f.RevokeMany(t.Context(), f.user, api.Revocation{IDs: []string{"x"}})
	f.refused(err, api.CodeDenied)
}

func TestALeakedSecretIsFoundWhateverItsTokenIsWorth(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	active, revoked := f.pat(f.user, app), f.sat(app)
	expired := try(f.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}, ExpiresAt: new(start.Add(time.Minute))}, ""))(t)
	if err := f.RevokeAny(t.Context(), f.admin, revoked.Token.ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Minute)
	for want, k := range map[string]api.Issued{"active": active, "revoked": revoked, "expired": expired} {
		got := try(f.FindToken(t.Context(), f.admin, " "+k.Secret+"\n"))(t)
		equal(t, []string{got.ID, got.Status}, []string{k.Token.ID, want})
		equal(t, got.LastUsedAt, (*time.Time)(nil))
		for _, e := range try(f.Store.EventsOf(t.Context(), k.Token.ID))(t) {
			if contains(e.Detail, k.Secret[6:40]) {
				t.Error("the change log has the secret")
			}
		}
		actions := f.actions(k.Token.ID)
		equal(t, actions[len(actions)-1], f.admin.User.ID+" token.found")
	}
	appSecret := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t)
	for _, s := range []string{"", "garbage", secret.New("enrt_", secret.PAT).Reveal(), appSecret.Reveal(), active.Secret[:53] + "_"} {
		_, err := f.FindToken(t.Context(), f.admin, s)
		f.refused(err, api.CodeNotFound)
	}
	_, err := f.FindToken(t.Context(), f.user, active.Secret)
	f.refused(err, api.CodeDenied)
	ctx, cancel := cancelled(t)
	defer cancel()
	_, err = f.FindToken(ctx, f.admin, "enrt_p"+strings.Repeat("A", 48)) // no read: nothing could be read
	f.refused(err, api.CodeNotFound)
}
