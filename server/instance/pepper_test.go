package instance_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// midway is an instance between two peppers, with a token under each; closed.
func midway(t *testing.T) (c instance.Config, first, second string, old, later api.Issued) {
	t.Helper()
	c = place(t)
	in := opened(t, c)
	issue := furnish(t, in)
	old = issue()
	rows, err := in.Store.Peppers(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	closed(t, in)
	made, err := instance.NewPepper(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	becomes(t, c, map[string]string{made.ID: store.PepperCurrent, rows[0].ID: store.PepperOld})
	in = opened(t, c)
	app, err := in.Tokens.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: "Later", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := in.Store.UserByID(t.Context(), old.Token.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	later, err = in.Tokens.CreatePAT(t.Context(), tokens.Operator(), api.NewToken{AppID: app.ID, UserID: user.ID, Scopes: []string{"read"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	closed(t, in)
	return c, rows[0].ID, made.ID, old, later
}

// becomes sets the states of peppers at once, as UsePepper does after it asked
// the servers, of which none runs here.
func becomes(t *testing.T, c instance.Config, states map[string]string) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(c.Dir, "keyfob.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		for id, state := range states {
			if err := tx.SetPepper(t.Context(), store.Pepper{ID: id, State: state, Since: time.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// security requirement 30: a backup of the time between two peppers needs both,
// wherever they come from.
func TestABackupBetweenTwoPeppersIsRestored(t *testing.T) {
	c, first, second, old, later := midway(t)
	bare, whole := backedUp(t, c, false), backedUp(t, c, true)
	for name, file := range map[string]string{"with keys": whole, "keys by hand": bare} {
		at := place(t)
		if file == bare {
			one := place(t)
			bring(t, c, one, "pepper."+second)
			if _, err := instance.Restore(t.Context(), one, file); !errors.Is(err, tokens.ErrOtherPepper) {
				t.Errorf("without the old one: %v", err)
			}
			bring(t, c, at, "pepper", "pepper."+second)
		}
		if _, err := instance.Restore(t.Context(), at, file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in := opened(t, at)
		for _, k := range []api.Issued{old, later} {
			if _, err := in.Tokens.CheckToken(t.Context(), k.Secret, ""); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		closed(t, in) // which moves what was used
		in = opened(t, at)
		if u, err := in.Store.UsesOfPepper(t.Context(), first, time.Now()); err != nil || u.Tokens != 0 {
			t.Errorf("%s: %+v, %v", name, u, err)
		}
		closed(t, in)
	}
}

func bring(t *testing.T, from, to instance.Config, names ...string) {
	t.Helper()
	if err := os.MkdirAll(to.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from.Dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to.Dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A pepper that is needed and missing is named at the start; one that nothing
// needs may be missing.
func TestAMissingPepperIsNamedAtTheStart(t *testing.T) {
	c, first, second, _, _ := midway(t)
	hide := func(name string) func() {
		from, to := filepath.Join(c.Dir, name), filepath.Join(c.Dir, "hidden")
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.Rename(to, from); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"pepper", "pepper." + second} {
		back := hide(name)
		if _, err := instance.Open(t.Context(), c); !errors.Is(err, tokens.ErrOtherPepper) {
			t.Errorf("without %s: %v", name, err)
		}
		back()
	}
	back := hide("pepper")
	lost := c
	lost.WithoutOldPepper = true
	r, err := instance.OpenRecords(t.Context(), lost)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Tokens.RetirePepper(t.Context(), tokens.Operator(), first, true)
	if err := errors.Join(err, r.Close(t.Context())); err != nil {
		t.Errorf("the lost one cannot be retired: %v", err)
	}
	closed(t, opened(t, c))
	back()
	if err := os.Rename(filepath.Join(c.Dir, "pepper"), filepath.Join(c.Dir, "pepper.0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.Open(t.Context(), c); err == nil {
		t.Error("a pepper that is not what its name says was taken")
	}
}

// Cut off between the file and its row, the same command completes it.
func TestANewPepperIsMadeOnce(t *testing.T) {
	c := place(t)
	closed(t, opened(t, c))
	first, err := instance.NewPepper(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := instance.NewPepper(t.Context(), c)
	if err != nil || again.ID != first.ID || !again.Found {
		t.Errorf("%+v, %v", again, err)
	}
	becomes(t, c, map[string]string{first.ID: store.PepperRetired})
	cut := filepath.Join(c.Dir, "pepper."+first.ID)
	if err := os.Rename(cut, cut+".old"); err != nil {
		t.Fatal(err)
	}
	next, err := instance.NewPepper(t.Context(), c)
	if err != nil || next.ID == first.ID || next.Found {
		t.Errorf("%+v, %v", next, err)
	}
}
