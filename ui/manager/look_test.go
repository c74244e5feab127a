package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/manager"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
)

var (
	now   = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	ada   = client.User{ID: "u", Login: "ada", Name: "Ada Admin", IsAdmin: true, IsActive: true}
	robot = client.User{ID: "r", Login: "warehouse-bot", Name: "Warehouse robot", IsActive: true}
	faces = map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark}
	size  = fyne.NewSize(1016, 660)
)

// still is a server that never changes, so that pictures of it do not either.
type still struct{}

func (still) Apps(context.Context) ([]client.App, error) {
	return []client.App{warehouse(), {
		ID: "l", Name: "Legacy ERP", Policy: client.PolicyNone, Scopes: []string{"read"}, Enabled: true,
	}, {
		ID: "s", Name: "Local scripts", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "update"}, PATs: 7,
	}}, nil
}

func warehouse() client.App {
	return client.App{
		ID: "w", Name: "Warehouse", Policy: client.PolicyAdministratorsOnly, Enabled: true, Scopes: []string{"read", "update"},
		SystemUserAllowed: true, SystemUser: ref(robot), PATs: 2, SATs: 1,
	}
}

func (still) App(_ context.Context, id string) (client.App, error) {
	if id == legacy().ID {
		return legacy(), nil
	}
	return warehouse(), nil
}

// legacy is an app for which no tokens may be issued.
func legacy() client.App {
	app := warehouse()
	app.ID, app.Name, app.Policy = "l", "Legacy ERP", client.PolicyNone
	return app
}

func ref(u client.User) client.UserRef { return client.UserRef{ID: u.ID, Login: u.Login, Name: u.Name} }

func (still) Users(context.Context) ([]client.User, error) { return []client.User{ada, robot}, nil }

func (still) AppTokens(_ context.Context, appID string) ([]client.Token, error) {
	if appID != "w" {
		return nil, nil
	}
	app := client.AppRef{ID: "w", Name: "Warehouse"}
	return []client.Token{
		{ID: "1", Kind: client.SAT, Description: "ETL sync", Hint: "7Qd2", App: app, ActsAs: ref(robot), CreatedBy: ref(ada), Scopes: []string{"read"}, CreatedAt: now.AddDate(0, -3, 0), ExpiresAt: now.AddDate(0, 0, 9), LastUsedAt: now.Add(-2 * time.Hour), LastUsedFrom: "10.0.4.7"},
		{ID: "2", Kind: client.PAT, Description: "Nightly export", Hint: "b9Xz", App: app, User: ref(ada), ActsAs: ref(ada), CreatedBy: ref(ada), Scopes: []string{"read", "update"}, CreatedAt: now.AddDate(0, -1, 0), ExpiresAt: now.AddDate(0, 0, 40)},
	}, nil
}

func (still) AddApp(context.Context, client.NewApp) (client.App, error) {
	return client.App{}, errors.ErrUnsupported
}

func (still) CreateAppToken(context.Context, client.NewToken) (client.Token, client.Secret, error) {
	return client.Token{}, client.Secret{}, errors.ErrUnsupported
}

func (still) RotateAppToken(context.Context, string, client.Rotation) (client.Token, client.Secret, error) {
	return client.Token{}, client.Secret{}, client.ErrDenied
}

func (still) RevokeAppToken(context.Context, string) error { return client.ErrDenied }

func (still) ChangeApp(context.Context, string, client.AppChange) (client.App, error) {
	return client.App{}, client.ErrServer
}

func show(t *testing.T, variant fyne.ThemeVariant) (*manager.View, *uitest.Screen, fyne.Window) {
	t.Helper()
	return showOf(t, still{}, variant)
}

func showOf(t *testing.T, server manager.Server, variant fyne.ThemeVariant) (*manager.View, *uitest.Screen, fyne.Window) {
	t.Helper()
	app := uitest.NewApp(t)
	app.Settings().SetTheme(theme.NewVariant(variant))
	w := test.NewTempWindow(t, nil)
	v := manager.New(manager.Params{
		Window: w, Server: server, Now: func() time.Time { return now }, Updated: func(time.Time) {},
		Rules: client.Capabilities{
			Expiry: client.ExpiryRule{NeverAllowed: true, Default: 365 * 24 * time.Hour},
			Scopes: []client.Scope{{Name: "read", Description: "Read data"}, {Name: "update", Description: "Change data"}},
		},
	})
	w.SetPadded(false)
	w.SetContent(v.Content)
	w.Resize(size)
	v.Refresh()
	uitest.Settle()
	return v, uitest.Of(t, w), w
}

func TestAppsLookAsDesigned(t *testing.T) {
	for name, variant := range faces {
		t.Run(name, func(t *testing.T) {
			v, _, w := show(t, variant)
			test.AssertRendersToImage(t, "apps-"+name+".png", w.Canvas())
			v.Open(warehouse())
			uitest.Settle()
			test.AssertRendersToImage(t, "app-"+name+".png", w.Canvas())
		})
	}
}

// requirement 52
func TestFormForAnApplicationTokenFixesTheApp(t *testing.T) {
	v, screen, w := show(t, fynetheme.VariantLight)
	v.Open(warehouse())
	uitest.Settle()
	v.Create()
	screen.Has("New application token", "Warehouse", "System User, Warehouse robot")
	test.AssertRendersToImage(t, "create.png", w.Canvas())
}

// requirement 34
func TestAppWithPolicyNoneSaysWhyNothingCanBeIssued(t *testing.T) {
	v, screen, w := show(t, fynetheme.VariantLight)
	v.Open(legacy())
	uitest.Settle()
	screen.Has("policy is None")
	if !screen.Disabled("Create application token") {
		t.Error("a token can be asked for")
	}
	test.AssertRendersToImage(t, "none.png", w.Canvas())
}

func TestAppIsOpenedAndLeftByKeyboard(t *testing.T) {
	v, screen, _ := show(t, fynetheme.VariantLight)
	screen.Press(fyne.KeyDown, fyne.KeyReturn)
	screen.Has("Create application token")
	v.Back()
	screen.Has("The applications that tokens are issued for")
}

func TestFailedRevocationSaysWhichTokensAreLeft(t *testing.T) {
	v, screen, w := show(t, fynetheme.VariantLight)
	v.Open(warehouse())
	uitest.Settle()
	v.Revoke()
	screen.Has("Revoke token", "ETL sync", "SAT · acts as", "cannot be undone")
	test.AssertRendersToImage(t, "revoke.png", w.Canvas())
	screen.Tap("Revoke token")
	screen.Has("ETL sync", "may not do this")
	screen.HasNot("Try again")
}

func TestFailedChangeKeepsTheDialog(t *testing.T) {
	v, screen, w := show(t, fynetheme.VariantLight)
	v.Open(warehouse())
	screen.Tap("Change…")
	screen.Has("Change Warehouse", "Whom its service access tokens act as")
	test.AssertRendersToImage(t, "change.png", w.Canvas())
	screen.Tap("Enabled")
	screen.Tap("Save")
	screen.Has("Change Warehouse", "Try again")
}
