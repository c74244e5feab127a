package ui

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/issued"
	"keyfob/internal/testserver"
	"keyfob/ui/clipboard"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// desk is the whole desktop on Fyne's test driver, with a real server behind
// it over HTTP.
type desk struct {
	*uitest.Screen
	t      *testing.T
	ui     *UI
	server *testserver.Server
}

func open(t *testing.T) *desk {
	t.Helper()
	server := testserver.Start(t)
	d := &desk{t: t, server: server, ui: start(t, server)}
	d.Screen = uitest.Of(t, d.ui.window)
	return d
}

// start is the program started, on the server's computer.
func start(t testing.TB, server *testserver.Server) *UI {
	t.Helper()
	u := New(Config{
		App:       uitest.NewApp(t),
		Connector: server.Connector,
		Clipboard: clipboard.New(func() time.Duration { return time.Minute }),
		Kept:      credentials.NewFallback(server.Kept),
		Issued:    issued.New(filepath.Join(t.TempDir(), "issued.json"), credentials.NewFallback(server.Kept)),
		Keyring:   credentials.NewWatch(server.Kept),
		Probe:     func(context.Context) error { return nil },
		Unkept:    func() error { return nil },
		Keep:      func(context.Context) error { return nil },
		OpenURL:   func(string) error { return errors.New("no browser here") },
		Version:   "test",
		Now:       server.Clock.Now,
	})
	u.Window().Resize(fyne.NewSize(1240, 780))
	u.resume() // the test driver does not fire OnStarted
	return u
}

// signedIn is the desktop after the one click that the built-in server takes.
func signedIn(t *testing.T) *desk {
	t.Helper()
	d := open(t)
	d.Tap("Use the built-in server")
	return d
}

// create makes a token by keyboard and stores its secret, as the box says.
func (d *desk) create(description string) {
	d.t.Helper()
	d.Shortcut(fyne.KeyN)
	d.Type(description)
	d.Press(fyne.KeyReturn)
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
}

func TestFirstStartIsOneClickFromTheTokens(t *testing.T) {
	d := open(t)
	d.Has("Built-in server", "Another server")
	d.Press(fyne.KeyReturn) // the focus is on the built-in server
	d.Has("Tokens", "No tokens yet", "Signed in as ada")
}

// requirement 36: what is for administrators is not there for others.
func TestInstanceManagerIsForAdministratorsOnly(t *testing.T) {
	d := signedIn(t)
	d.Has("INSTANCE MANAGER", "Trusted apps")
	m := d.ui.main
	d.ui.showMain(m.conn, client.Me{Login: "bob", Name: "Bob Buyer"}, client.Capabilities{})
	d.Has("Bob Buyer")
	d.HasNot("INSTANCE MANAGER", "Trusted apps")
	if d.ui.main.manager != nil {
		t.Error("there is a manager view for a user")
	}
}

// requirements 37, 38, 48, 50, 51
func TestTokenIsCreatedShownOnceAndListed(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Has("New user access token", "Description", "Trusted application", "Expires (UTC)", "22 Nov 2027, 00:00 UTC", "Scopes")
	d.Type("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token", "enrt_p")
	if !d.Disabled("Done") {
		t.Error("Done is enabled before the token is said to be stored") // requirement 12
	}
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	d.Has("Nightly export", "PAT · Local scripts", "in 12 months", "never used", "Active", "Acts as", "Ada Admin")
	d.HasNot("enrt_")
}

// requirements 78, 83, 84, 86
func TestTokenIsRevokedAfterConfirmation(t *testing.T) {
	d := signedIn(t)
	d.create("Laptop")
	d.Press(fyne.KeyDelete)
	d.Has("Revoke token", "Laptop", "cannot be undone", "at once")
	d.Tap("Cancel")
	d.Has("Active")
	d.Press(fyne.KeyDelete)
	d.Tap("Revoke token")
	d.Has("Laptop", "Revoked")
	d.HasNot("Revoke…")
}

func TestServerGoneInMidCreateLosesNothing(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.server.Stop(t)
	d.Press(fyne.KeyReturn)
	d.Has("New user access token", "Nightly export", "Try again")
	if _, err := d.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Tap("Try again")
	d.Has("Your new token")
	all, err := d.ui.conn.ProfileTokens(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("%d tokens after one wish, %v", len(all), err)
	}
}

func TestServerGoneKeepsTheListAndSaysSo(t *testing.T) {
	d := signedIn(t)
	d.create("Laptop")
	d.server.Stop(t)
	d.Press(fyne.KeyF5)
	d.Has("Laptop", "Try again")
	if _, err := d.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Tap("Try again")
	d.HasNot("Try again")
}

func TestRestartIsSignedInWithoutAsking(t *testing.T) {
	d := signedIn(t)
	d.create("Laptop")
	again := &desk{t: t, server: d.server, ui: start(t, d.server)}
	again.Screen = uitest.Of(t, again.ui.window)
	again.Has("Laptop", "Signed in as ada")
}

func TestSignOutReturnsToTheFirstScreenForGood(t *testing.T) {
	d := signedIn(t)
	d.ui.signOut()
	d.Has("Use the built-in server")
	again := &desk{t: t, server: d.server, ui: start(t, d.server)}
	again.Screen = uitest.Of(t, again.ui.window)
	again.Has("Use the built-in server")
}

// requirements 5, 20, 34, 40, 50, 52
func TestApplicationTokensNeedAPolicyAndASystemUser(t *testing.T) {
	d := signedIn(t)
	d.Tap("Trusted apps")
	d.Has("Local scripts", "Authenticated users", "None set", "Enabled")
	d.ui.main.manager.Open(d.onlyApp())
	d.Has("no System User")
	if !d.Disabled("Create application token") {
		t.Fatal("a SAT is offered though nobody is there for it to act as")
	}
	d.change(func() { pick(t, d.Field("System User"), "Ada Admin (ada)") })
	d.Has("System User: Ada Admin")
	d.change(func() { pick(t, d.Field("AccessTokens policy"), "None") })
	d.Has("policy is None")
	if !d.Disabled("Create application token") {
		t.Error("a SAT is offered though the policy is None")
	}
	d.change(func() { pick(t, d.Field("AccessTokens policy"), "Administrators only") })
	d.Tap("Create application token")
	d.Has("New application token", "System User, Ada Admin", "Local scripts")
	d.Type("Scheduler")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token", "enrt_s")
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	d.Has("Scheduler", "SAT · acts as Ada Admin")
}

func TestTrustedAppIsAdded(t *testing.T) {
	d := signedIn(t)
	d.Tap("Trusted apps")
	d.Shortcut(fyne.KeyN)
	d.Type("Warehouse")
	if !d.Disabled("Add trusted app") {
		t.Error("an app without scopes can be sent")
	}
	d.Tap("read")
	d.Tap("Add trusted app")
	d.Has("Warehouse", "None")
}

func TestAnAppsNameCannotHoldWhatCannotBeSeen(t *testing.T) {
	d := signedIn(t)
	d.Tap("Trusted apps")
	d.Shortcut(fyne.KeyN)
	d.Tap("read")
	d.Field("Name").(*widgets.Entry).SetText("Ware\thouse")
	d.Has("Character 5 is a tab.")
	if !d.Disabled("Add trusted app") {
		t.Error("it can be sent")
	}
	d.Field("Name").(*widgets.Entry).SetText("Warehouse")
	d.HasNot("Character 5")
	d.Tap("Add trusted app")
	d.Has("Warehouse")
	d.HasNot("New trusted app")
}

func TestTakenNameStandsAtItsField(t *testing.T) {
	d := signedIn(t)
	d.Tap("Trusted apps")
	d.Shortcut(fyne.KeyN)
	d.Type("Local scripts")
	d.Tap("read")
	d.Tap("Add trusted app")
	d.Has("New trusted app", "Local scripts", "taken")
}

// requirement 9, 13: an uncopied secret holds the program back.
func TestQuitWaitsForASecretOnScreen(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token")
	d.ui.Quit()
	d.Has("Your new token", "Revoke now", "Go back")
	if d.ui.secret == nil {
		t.Error("the program forgot that a secret is on screen")
	}
}

func TestMenuKeysWaitForTheDialogInFront(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Shortcut(fyne.KeyN)
	if n := len(d.ui.window.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d dialogs are open", n)
	}
	d.Press(fyne.KeyEscape)
	if widgets.DialogOpen(d.ui.window.Canvas()) {
		t.Error("Escape did not leave the dialog")
	}
}

func (d *desk) onlyApp() client.App {
	d.t.Helper()
	apps, err := d.ui.conn.Apps(d.t.Context())
	if err != nil || len(apps) != 1 {
		d.t.Fatal(apps, err)
	}
	return apps[0]
}

func (d *desk) change(edit func()) {
	d.t.Helper()
	d.Tap("Change…")
	d.Has("Whom its service access tokens act as")
	edit()
	d.Tap("Save")
}

func pick(t *testing.T, o fyne.CanvasObject, option string) {
	t.Helper()
	s, ok := o.(*widgets.Select)
	if !ok {
		t.Fatalf("%T is no select", o)
	}
	s.SetSelected(option)
}

func TestSignOutWithoutTheServerSaysWhatIsLeft(t *testing.T) {
	d := signedIn(t)
	d.server.Stop(t)
	d.ui.signOut()
	d.Has("Use the built-in server", "You are signed out of Built-in server · Ada Admin on this computer.", "Keyfob tries again by itself",
		"Not signed out yet: Built-in server · Ada Admin. The server has not confirmed the sign-out: it cannot be reached.", "Try again")
	d.HasNot("then try again")
}

func TestSigningOutOfTheBuiltInServerIsSaid(t *testing.T) {
	d := signedIn(t)
	d.ui.signOut()
	d.Has("Use the built-in server", "You are signed out of Built-in server · Ada Admin.")
	d.Tap("Use the built-in server")
	d.Has("Signed in as ada")
}

func TestSettingsAndPersonalInfoOpen(t *testing.T) {
	d := signedIn(t)
	d.Tap("Personal info")
	d.Has("Ada Admin", "ada", "Administrator", "http://127.0.0.1:")
	d.Tap("Settings")
	d.Has("Appearance", "Clear the clipboard after", "http://127.0.0.1:")
}

// requirement 14: create, then revoke, as one guided action; the token stays what it was but for its secret.
func TestALostSecretIsReplacedAsOneAction(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.Tap("Lost the secret? Replace…")
	d.Has("Replace token", "A new token takes its place", "stops working now")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token", "Nightly export")
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	all, err := d.ui.conn.ProfileTokens(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d tokens, %v", len(all), err)
	}
	old, made := all[0], all[1]
	if made.Replaces == "" {
		old, made = made, old
	}
	now := d.server.Clock.Now()
	if old.Status(now) != client.Revoked || made.Status(now) != client.Active || made.Replaces != old.ID || old.ReplacedBy != made.ID {
		t.Errorf("old %+v\nnew %+v", old, made)
	}
	if made.App != old.App || made.Description != old.Description || made.Scopes[0] != old.Scopes[0] || !made.ExpiresAt.Equal(old.ExpiresAt) {
		t.Errorf("old %+v\nnew %+v", old, made)
	}
}

func TestAServerGoneInMidReplaceSaysThatTryingAgainIsSafe(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.Tap("Lost the secret? Replace…")
	d.Choose("The old one ends", "In a day")
	d.Has("Until then both work.")
	d.server.Stop(t)
	d.Press(fyne.KeyReturn)
	d.Has("not known yet", "Trying again is safe")
	if _, err := d.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Tap("Try again")
	d.Has("Your new token")
	all, err := d.ui.conn.ProfileTokens(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d tokens, %v", len(all), err)
	}
	now := d.server.Clock.Now()
	for _, tok := range all {
		if tok.Status(now) != client.Active || tok.Replaces == "" && !tok.OverlapEndsAt.Equal(now.Add(24*time.Hour)) {
			t.Errorf("%+v", tok)
		}
	}
}
