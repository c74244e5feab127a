package tokens

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/cache"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// shelf is a server's directory of peppers, with a Service on it.
type shelf struct {
	*Service
	t   testing.TB
	dir string
	me  store.Holder
}

// shelved is one more server on the fixture's records, with the peppers of the
// fixture.
func (f *fixture) shelved(name string) *shelf {
	f.t.Helper()
	sh := f.shelf(name, "") // what it tells is told by look
	sh.open()
	return sh
}

// shelf is a server that has not opened its peppers yet. Without a name to tell
// it tells only when it looks.
func (f *fixture) shelf(name, tells string) *shelf {
	f.t.Helper()
	sh := &shelf{t: f.t, dir: f.t.TempDir(), me: store.Holder{ServerID: name, Name: name}}
	text := try(os.ReadFile(filepath.Join(f.dir, "pepper")))(f.t)
	if err := os.WriteFile(filepath.Join(sh.dir, "pepper"), text, 0o600); err != nil {
		f.t.Fatal(err)
	}
	db := try(store.Open(f.t.Context(), f.place))(f.t)
	db.WorkBeside(cache.Trusted)
	sh.Service = New(Config{Store: db, Pepper: f.Pepper, Clock: f.clock.now, Rules: f.rules, Server: tells, Peppers: func() ([]secret.Pepper, error) { return secret.Peppers(sh.dir) }})
	sh.pepperWait = func(context.Context) error { return nil }
	f.t.Cleanup(func() {
		if err := errors.Join(sh.Close(context.Background()), db.Close()); err != nil {
			f.t.Error(err)
		}
	})
	return sh
}

func (sh *shelf) open() {
	sh.t.Helper()
	if err := sh.OpenPeppers(sh.t.Context()); err != nil {
		sh.t.Fatal(err)
	}
}

// look is what the server does every two seconds.
func (sh *shelf) look() {
	sh.t.Helper()
	if err := sh.lookAtPeppers(sh.t.Context(), &sh.me); err != nil {
		sh.t.Fatal(err)
	}
}

// add makes a new pepper and puts it on the other shelves too.
func (sh *shelf) add(others ...*shelf) string {
	sh.t.Helper()
	id := try(secret.AddPepper(sh.dir))(sh.t).ID()
	if err := sh.AddPepper(sh.t.Context(), Operator(), id); err != nil {
		sh.t.Fatal(err)
	}
	for _, o := range others {
		o.take(sh, id)
	}
	sh.look()
	return id
}

func (sh *shelf) take(from *shelf, id string) {
	sh.t.Helper()
	text, err := os.ReadFile(filepath.Join(from.dir, "pepper."+id))
	if err == nil {
		err = os.WriteFile(filepath.Join(sh.dir, "pepper."+id), text, 0o600)
	}
	if err != nil {
		sh.t.Fatal(err)
	}
	sh.look()
}

func (sh *shelf) use(id string) {
	sh.t.Helper()
	if err := sh.UsePepper(sh.t.Context(), Operator(), id); err != nil {
		sh.t.Fatal(err)
	}
}

func (sh *shelf) uses(id string) store.PepperUse {
	sh.t.Helper()
	return try(sh.Store.UsesOfPepper(sh.t.Context(), id, sh.now()))(sh.t)
}

// security requirement 18: each server verifies what any of them made, before
// and after it follows; what is used moves; the old one is retired when nothing
// needs it.
func TestAPepperIsExchangedWhileServersWork(t *testing.T) {
	f := newFixture(t)
	a, b := f.shelved("a"), f.shelved("b")
	app := f.app(api.PolicyAuthenticatedUsers)
	client := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	first := a.peppers.Load().current.id
	issue := func(on *shelf) string {
		t.Helper()
		return try(on.CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, ""))(t).Secret
	}
	secrets := []string{issue(a), issue(b)}
	all := func(when string) {
		t.Helper()
		for _, on := range []*shelf{a, b} {
			for _, s := range secrets {
				if _, err := on.CheckToken(t.Context(), s, ""); err != nil {
					t.Errorf("%s, at %s: %v", when, on.me.Name, err)
				}
			}
			if _, err := on.CheckApp(t.Context(), app.ID, client); err != nil {
				t.Errorf("%s, the client secret at %s: %v", when, on.me.Name, err)
			}
		}
	}
	second := a.add(b)
	all("while it is new")
	a.use(second)
	a.look() // b has not looked yet
	secrets = append(secrets, issue(a), issue(b))
	all("at a server that lags")
	if got := a.uses(first).Tokens; got != 3 {
		t.Errorf("%d under the old one, want the two first and that of the server that lagged", got)
	}
	b.look()
	all("used")
	if _, err := a.RetirePepper(t.Context(), Operator(), first, false); !errors.As(err, new(*NeededError)) {
		t.Errorf("retired while needed: %v", err)
	}
	if err := errors.Join(a.flush(t.Context()), b.flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	equal(t, a.uses(first), store.PepperUse{})
	all("moved")
	if _, err := b.RetirePepper(t.Context(), Operator(), first, false); err != nil {
		t.Fatal(err)
	}
	all("retired")
	a.look()
	all("retired and forgotten by one")
	b.look()
	all("forgotten")
	if b.peppers.Load().other != nil {
		t.Error("the retired one is still held")
	}
	equal(t, f.actions(second), []string{"operator pepper.made", "operator pepper.used"})
	equal(t, f.actions(first), []string{"operator pepper.retired"})
}

// While tokens are used at both servers, without a pause, each turn of three
// exchanges loses none and refuses none.
func TestExchangesOfPeppersRefuseNobody(t *testing.T) {
	f := newFixture(t)
	servers := []*shelf{f.shelved("a"), f.shelved("b")}
	app := f.app(api.PolicyAuthenticatedUsers)
	var (
		secrets []string
		checks  atomic.Int64
		busy    sync.WaitGroup
		over    = make(chan struct{})
	)
	for range 12 {
		secrets = append(secrets, try(servers[0].CreatePAT(t.Context(), f.user, api.NewToken{AppID: app.ID, Scopes: []string{"read"}}, ""))(t).Secret)
	}
	for i, on := range slices.Repeat(servers, 2) {
		busy.Go(func() {
			for n := i; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				if _, err := on.CheckToken(context.Background(), secrets[n%len(secrets)], ""); err != nil {
					t.Errorf("check %d at %s: %v", n, on.me.Name, err)
				}
				checks.Add(1)
			}
		})
	}
	old := servers[0].peppers.Load().current.id
	for range 3 {
		id := servers[0].add(servers[1])
		servers[1].use(id)
		for servers[0].uses(old).Tokens > 0 {
			for _, on := range servers {
				on.look()
				if err := on.flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := servers[0].RetirePepper(t.Context(), Operator(), old, false); err != nil {
			t.Fatal(err)
		}
		before := checks.Load()
		for _, on := range servers {
			on.look()
		}
		for checks.Load() < before+int64(4*len(secrets)) {
			time.Sleep(time.Millisecond)
		}
		old = id
	}
	close(over)
	busy.Wait()
}

// Requirement 84: the same attempt at another server, which follows another
// pepper by now, makes no second token.
func TestAnAttemptIsRepeatedAcrossPeppers(t *testing.T) {
	f := newFixture(t)
	a, b := f.shelved("a"), f.shelved("b")
	want := api.NewToken{AppID: f.app(api.PolicyAuthenticatedUsers).ID, Scopes: []string{"read"}}
	before := try(a.CreatePAT(t.Context(), f.user, want, key))(t)
	first := a.peppers.Load().current.id
	second := a.add(b)
	a.use(second)
	a.look()
	equal(t, try(a.CreatePAT(t.Context(), f.user, want, key))(t).Secret, before.Secret)
	after := try(a.CreatePAT(t.Context(), f.user, want, key+"2"))(t)
	equal(t, try(b.CreatePAT(t.Context(), f.user, want, key+"2"))(t).Secret, after.Secret)
	if u := a.uses(first); u.Replies != 1 || u.Tokens != 1 {
		t.Errorf("%+v", u)
	}
	// A race of both for one key, one behind the other.
	var secrets [2]string
	var racing sync.WaitGroup
	for i, on := range []*shelf{a, b} {
		racing.Go(func() {
			if issued, err := on.CreatePAT(context.Background(), f.user, want, key+"3"); err == nil {
				secrets[i] = issued.Secret
			}
		})
	}
	racing.Wait()
	if secrets[0] == "" || secrets[0] != secrets[1] {
		t.Error("two tokens for one attempt")
	}
}

func TestAPepperIsNotUsedWhileAServerLacksIt(t *testing.T) {
	f := newFixture(t)
	a, b := f.shelved("a"), f.shelved("b")
	id := a.add()
	b.look()
	if err := a.Store.Write(t.Context(), func(tx *store.Tx) error { // of a server that ended long ago
		return tx.Tell(t.Context(), store.Holder{ServerID: "c", Name: "c", Beat: 7})
	}); err != nil {
		t.Fatal(err)
	}
	a.pepperWait = func(context.Context) error { // in which each looks
		a.look()
		b.look()
		return nil
	}
	lacks := func(servers ...string) {
		t.Helper()
		err := a.UsePepper(t.Context(), Operator(), id)
		lacking, _ := errors.AsType[*LackingError](err)
		if lacking == nil || !slices.Equal(lacking.Servers, servers) {
			t.Errorf("answered %v", err)
		}
	}
	lacks("b")
	b.take(a, id)
	both := a.pepperWait
	a.pepperWait = func(ctx context.Context) error {
		f.shelf("", "d").open() // begins at the last moment, and has not looked a second time
		return both(ctx)
	}
	lacks("d")
	a.pepperWait = both // d has ended
	if err := a.UsePepper(t.Context(), Operator(), id); err != nil {
		t.Error(err)
	}
	f.refusedWith(a.UsePepper(t.Context(), Operator(), id), ErrPepperState)
	f.refusedWith(a.UsePepper(t.Context(), Operator(), "0123456789abcdef"), ErrNoSuchPepper)
	f.refusedWith(a.AddPepper(t.Context(), Operator(), "0123456789abcdef"), ErrPepperBusy)
}

func (f *fixture) refusedWith(err, want error) {
	f.t.Helper()
	if !errors.Is(err, want) {
		f.t.Errorf("answered %v, want %v", err, want)
	}
}

// A server that missed it all keeps nothing under a retired pepper, and does
// not say of a token that it is none.
func TestAServerThatMissedAnExchangeRefusesLoudly(t *testing.T) {
	f := newFixture(t)
	a, b := f.shelved("a"), f.shelved("b")
	app := f.app(api.PolicyAuthenticatedUsers)
	want := api.NewToken{AppID: app.ID, Scopes: []string{"read"}}
	first := a.peppers.Load().current.id
	id := a.add()
	a.use(id)
	a.look()
	made := try(a.CreatePAT(t.Context(), f.user, want, ""))(t)
	if _, err := a.RetirePepper(t.Context(), Operator(), first, false); err != nil {
		t.Fatal(err)
	}
	_, err := b.CreatePAT(t.Context(), f.user, want, "")
	f.refusedWith(err, store.ErrUnavailable)
	b.look()
	_, err = b.CheckToken(t.Context(), made.Secret, "")
	f.refusedWith(err, store.ErrUnavailable)
	if !b.PepperMissing() || a.PepperMissing() {
		t.Error("it says that it is ready, or the other does not")
	}
	b.take(a, id)
	if _, err := b.CheckToken(t.Context(), made.Secret, ""); err != nil || b.PepperMissing() {
		t.Errorf("when it has it: %v", err)
	}
}

// What works only by a pepper that is lost or leaked is revoked by force, and
// the records say so.
func TestAPepperIsRetiredByForce(t *testing.T) {
	f := newFixture(t)
	a := f.shelved("a")
	app := f.app(api.PolicyAuthenticatedUsers)
	client := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	first := a.peppers.Load().current.id
	idle, used := f.pat(f.user, app), f.pat(f.user, app)
	id := a.add()
	a.use(id)
	a.look()
	if _, err := a.CheckToken(t.Context(), used.Secret, ""); err != nil {
		t.Fatal(err)
	}
	if err := a.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := a.RetirePepper(t.Context(), Operator(), id, true)
	f.refusedWith(err, ErrPepperState)
	if done := try(a.RetirePepper(t.Context(), Operator(), first, true))(t); done.Ended != 1 {
		t.Errorf("%+v", done)
	}
	a.look()
	if _, err := a.CheckToken(t.Context(), used.Secret, ""); err != nil {
		t.Errorf("what had moved: %v", err)
	}
	_, err = a.CheckToken(t.Context(), idle.Secret, "")
	f.refused(err, api.CodeUnauthenticated)
	_, err = a.CheckApp(t.Context(), app.ID, client)
	f.refused(err, api.CodeUnauthenticated)
	if got := f.actions(idle.Token.ID); !slices.Contains(got, "operator token.revoked") {
		t.Errorf("%v", got)
	}
	equal(t, f.actions(first), []string{"operator pepper.retired"})
}

// security requirement 18: whatever a database writer puts in a row, under
// either pepper, verifies nothing that was not made here.
func TestARowPlantedDuringAnExchangeIsWorthNothing(t *testing.T) {
	f := newFixture(t)
	a := f.shelved("a")
	app := f.app(api.PolicyAuthenticatedUsers)
	first := a.peppers.Load().current
	genuine := f.pat(f.user, app)
	id := a.add()
	a.use(id)
	a.look()
	stranger := try(secret.LoadPepper(filepath.Join(t.TempDir(), "pepper")))(t)
	chosen := secret.New("enrt_", secret.PAT).Reveal()
	hash := sha256.Sum256([]byte(chosen))
	for what, plant := range map[string]store.Token{
		"the plain hash, said to be current": {MAC: hash[:], PepperID: id},
		"the plain hash, said to be old":     {MAC: hash[:], PepperID: first.id},
		"a MAC under another pepper":         {MAC: stranger.MAC(chosen), PepperID: id},
	} {
		plant.ID, plant.Kind, plant.AppID, plant.UserID, plant.CreatedAt, plant.CreatedBy = newID(), api.KindPAT, app.ID, f.user.User.ID, start, "x"
		err := f.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertToken(t.Context(), plant) })
		if err != nil && !errors.Is(err, store.ErrTaken) {
			t.Fatal(err)
		}
		if _, err := a.CheckToken(t.Context(), chosen, ""); code(err) != api.CodeUnauthenticated {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A real MAC that is said to be under the other one.
	err := f.Store.Write(t.Context(), func(tx *store.Tx) error {
		mac := first.MAC(genuine.Secret)
		return tx.MoveToken(t.Context(), store.Move{ID: genuine.Token.ID, From: first.id, To: id, Old: mac, New: mac})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.CheckToken(t.Context(), genuine.Secret, "")
	f.refused(err, api.CodeUnauthenticated)
}

// A database from before peppers were noted: what is under its only one moves
// like the rest.
func TestSecretsFromBeforePeppersWereNotedMoveToo(t *testing.T) {
	f := newFixture(t)
	app := f.app(api.PolicyAuthenticatedUsers)
	client := try(f.NewAppSecret(t.Context(), f.admin, app.ID))(t).Reveal()
	err := f.Store.Write(t.Context(), func(tx *store.Tx) error {
		a, err := tx.AppByID(t.Context(), app.ID)
		a.SecretPepperID = ""
		return errors.Join(err, tx.UpdateApp(t.Context(), a))
	})
	if err != nil {
		t.Fatal(err)
	}
	a := f.shelved("a")
	first := a.peppers.Load().current.id
	equal(t, a.uses(first), store.PepperUse{Secrets: 1})
	a.use(a.add())
	a.look()
	if _, err := a.CheckApp(t.Context(), app.ID, client); err != nil {
		t.Error(err)
	}
	if err := a.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, a.uses(first), store.PepperUse{})
}
