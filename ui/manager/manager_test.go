package manager_test

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/uitest"
)

// faked is a server whose answers a test chooses; those that it does not
// choose are still's.
type faked struct {
	still
	apps   func() ([]client.App, error)
	app    func() (client.App, error)
	add    error
	change func() (client.App, error)
	revoke func(id string) error
}

func (f *faked) Apps(ctx context.Context) ([]client.App, error) {
	if f.apps != nil {
		return f.apps()
	}
	return f.still.Apps(ctx)
}

func (f *faked) App(ctx context.Context, id string) (client.App, error) {
	if f.app != nil {
		return f.app()
	}
	return f.still.App(ctx, id)
}

func (f *faked) AddApp(context.Context, client.NewApp) (client.App, error) {
	return client.App{}, f.add
}

func (f *faked) ChangeApp(context.Context, string, client.AppChange) (client.App, error) {
	return f.change()
}

func (f *faked) RevokeAppToken(_ context.Context, id string) error { return f.revoke(id) }

func TestAppsThatMayNotBeSeenAreNotTriedAgain(t *testing.T) {
	f := &faked{apps: func() ([]client.App, error) { return nil, client.ErrDenied }}
	v, screen, _ := showOf(t, f, fynetheme.VariantLight)
	screen.Has("The applications could not be loaded", "Your account may not do this.")
	screen.HasNot("Try again")

	f.apps = nil
	v.Refresh()
	screen.Has("Warehouse")
	f.apps = func() ([]client.App, error) { return nil, client.ErrOffline }
	v.Refresh()
	screen.Has("Warehouse", "The server cannot be reached.", "Try again")
	f.apps = nil
	screen.Tap("Try again")
	screen.HasNot("Try again")
}

func TestRefusedAppIsNotTriedAgain(t *testing.T) {
	v, screen, _ := showOf(t, &faked{add: client.ErrDenied}, fynetheme.VariantLight)
	v.Create()
	screen.Type("Shipping")
	screen.Tap("read")
	screen.Tap("Add trusted app")
	screen.Has("New trusted app", "Shipping", "Your account may not do this.")
	screen.HasNot("Try again")
}

// requirement 63
func TestRefusedChangeIsSaidAtItsField(t *testing.T) {
	f := &faked{change: func() (client.App, error) {
		return client.App{}, &client.Problem{
			Kind: client.ErrInvalid, Code: "invalid",
			Fields: []client.FieldError{{Field: "systemUserId", Code: "unknown"}},
		}
	}}
	v, screen, _ := showOf(t, f, fynetheme.VariantLight)
	v.Open(warehouse())
	screen.Tap("Change…")
	screen.Tap("Enabled")
	screen.Tap("Save")
	screen.Has("Change Warehouse", "The server does not know this any more. Choose another.")
	screen.HasNot("did not accept", "Try again")
}

// requirements 78, 86
func TestTokenThatIsAlreadyGoneDoesNotHoldUpTheOthers(t *testing.T) {
	var asked []string
	failure := client.ErrOffline
	f := &faked{revoke: func(id string) error {
		asked = append(asked, id)
		if id == "1" {
			return client.ErrNotFound
		}
		return failure
	}}
	v, screen, w := showOf(t, f, fynetheme.VariantLight)
	v.Open(warehouse())
	uitest.Settle()
	revokeBoth(v, screen)
	screen.Has("ETL sync had ended already", "Nightly export", "1 revoked, 1 not.", "The server cannot be reached.")
	failure = nil
	screen.Tap("Try again")
	if w.Canvas().Overlays().Top() != nil {
		t.Error("the dialog stays though all tokens have ended")
	}
	if len(asked) != 3 {
		t.Errorf("asked to revoke %v", asked)
	}
}

// requirements 20, 34
func TestRefreshOfAnAppFetchesItsPolicyToo(t *testing.T) {
	f := &faked{}
	v, screen, _ := showOf(t, f, fynetheme.VariantLight)
	v.Open(warehouse())
	screen.Has("System User: Warehouse robot")
	elsewhere := warehouse()
	elsewhere.Name, elsewhere.Policy, elsewhere.SystemUser = "Warehouse North", client.PolicyNone, client.UserRef{}
	f.app = func() (client.App, error) { return elsewhere, nil }
	v.Refresh()
	screen.Has("Warehouse North", "AccessTokens: None", "System User: None set", "Its AccessTokens policy is None")
	if !screen.Disabled("Create application token") {
		t.Error("a token can be asked for")
	}
}

// gate holds the first call back until the test opens it.
type gate struct {
	first chan struct{} // one value, which the first call takes
	began chan struct{}
	open  chan struct{}
}

func newGate() *gate {
	g := &gate{make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
	g.first <- struct{}{}
	return g
}

// pass reports whether this is the first call, once it may go on.
func (g *gate) pass() bool {
	select {
	case <-g.first:
		close(g.began)
		<-g.open
		return true
	default:
		return false
	}
}

func TestOvertakenAnswersDoNotUndoWhatIsShown(t *testing.T) {
	t.Run("apps", func(t *testing.T) {
		g := newGate()
		f := &faked{}
		v, screen, _ := showOf(t, f, fynetheme.VariantLight)
		f.apps = func() ([]client.App, error) {
			if g.pass() {
				return nil, client.ErrOffline
			}
			return []client.App{{ID: "n", Name: "Newest"}}, nil
		}
		v.Refresh()
		<-g.began
		v.Refresh()
		screen.Await("Newest", "")
		close(g.open)
		screen.Has("Newest")
		screen.HasNot("Try again")
	})
	t.Run("an app", func(t *testing.T) {
		g := newGate()
		f := &faked{}
		v, screen, _ := showOf(t, f, fynetheme.VariantLight)
		v.Open(warehouse())
		uitest.Settle()
		f.app = func() (client.App, error) {
			app := warehouse()
			if !g.pass() {
				app.Name = "Renamed"
			}
			return app, nil
		}
		v.Refresh()
		<-g.began
		v.Refresh()
		screen.Await("Renamed", "")
		close(g.open)
		screen.Has("Renamed")
	})
}

func TestAnswerForAnAppThatWasLeftIsDropped(t *testing.T) {
	g := newGate()
	f := &faked{}
	f.app = func() (client.App, error) {
		g.pass()
		return warehouse(), nil
	}
	v, screen, w := showOf(t, f, fynetheme.VariantLight)
	v.Open(warehouse())
	<-g.began
	v.Back()
	on := w.Canvas().Focused()
	close(g.open)
	screen.Has("Local scripts")
	if got := w.Canvas().Focused(); got != on {
		t.Errorf("the focus went from %T to %T", on, got)
	}
}

// revokeBoth asks to revoke both tokens of the opened app.
func revokeBoth(v interface{ Revoke() }, screen *uitest.Screen) {
	screen.Press(fyne.KeySpace, fyne.KeyDown, fyne.KeySpace)
	v.Revoke()
	screen.Tap("Revoke 2 tokens")
}
