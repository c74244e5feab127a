package ui

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/api"
	"keyfob/client"
	"keyfob/internal/testserver"
	"keyfob/server/tokens"
	"keyfob/ui/widgets"
)

// The ways of signing in that few need, from the first screen to the list, at
// the real server.

var userCode = regexp.MustCompile(`(?m)^[B-Z]{4}-[B-Z]{4}$`)

func TestACodeOnAnotherDeviceSignsIn(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.ui.cfg.OpenURL = nil // there is no browser here
	d.Press(fyne.KeyTab)
	d.Type(remote.URL)
	d.Tap("Other ways ▾")
	d.Press(fyne.KeyDown)
	d.Begin(fyne.KeyReturn)
	d.Await("Waiting for you to type the code…", "")

	shown := strings.Join(d.Shown(), "\n")
	code := userCode.FindString(shown)
	left := regexp.MustCompile(`It works for another (\d+):(\d\d)\.`).FindString(shown)
	page := regexp.MustCompile(`Open (\S+) on any device`).FindStringSubmatch(shown)
	if code == "" || left == "" || page == nil || !strings.Contains(shown, "Copy code") {
		t.Fatalf("no code, no time or no page in:\n%s", shown)
	}
	if there, err := remote.AllowDevice(page[1], code, "ada"); err != nil || !strings.Contains(there.Body, "You can close this tab") {
		t.Fatalf("the other device shows %+v, %v", there, err)
	}
	d.Has("Signed in as ada", "Ada Admin", "No tokens yet")
	d.HasNot(code)
}

func TestAPastedTokenThatEndsInMidWorkIsAskedForAndTheActionRunsOnce(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *testserver.Remote, client.Secret){
		"revoked": func(t *testing.T, remote *testserver.Remote, s client.Secret) {
			t.Helper()
			if err := remote.Tokens.RevokePresented(t.Context(), s.Reveal(), ""); err != nil {
				t.Fatal(err)
			}
		},
		"expired": func(_ *testing.T, remote *testserver.Remote, _ client.Secret) { remote.Pass(25 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			d, remote := openRemote(t, "ada")
			d.signInAt(remote.URL)
			app := d.addApp("Warehouse", "read", "tokens")
			short, long := d.newPAT(app, time.Now().Add(24*time.Hour)), d.newPAT(app, time.Time{})
			d.ui.signOut()
			d.paste(short)
			d.Has("Signed in as ada")

			d.Shortcut(fyne.KeyN)
			d.Type("Nightly export")
			end(t, remote, short)
			d.Begin(fyne.KeyReturn)
			d.Await("Your sign-in has expired", "")
			d.answer(short)
			d.Await("The server does not accept this token. Check that it was copied whole and has neither expired nor been revoked.", "")
			d.answer(long)
			d.Has("Your new token", "Nightly export")
			d.HasNot(short.Reveal(), long.Reveal())
			if n := d.count("Nightly export"); n != 1 {
				t.Errorf("one wish made %d tokens", n)
			}
		})
	}
}

// narrowed is the desktop signed in with a pasted token that may not list tokens any more.
func narrowed(t *testing.T) *desk {
	t.Helper()
	d, remote := openRemote(t, "ada")
	d.pasted(remote)
	scopes := []string{"read"}
	apps, err := remote.Tokens.Apps(t.Context(), tokens.Operator(), tokens.PageRequest{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Tokens.ChangeApp(t.Context(), tokens.Operator(), apps.Items[0].ID, api.AppChange{Scopes: &scopes}); err != nil {
		t.Fatal(err)
	}
	d.ui.refresh()
	return d
}

func TestACreateFormThatMayNotAskForApplicationsSaysSoAndWaitsNoMore(t *testing.T) {
	d := narrowed(t)
	d.Shortcut(fyne.KeyN)
	d.Has("This needs a sign-in of your own in the browser. Sign out, sign in there", "No applications could be loaded")
	d.HasNot("Loading…", "Sign in again") // which would only ask the same once more
}

// It would take the place of a sign-in that works.
func TestATokenThatMayNotListTokensIsNotTakenForASignIn(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	app := d.addApp("Warehouse", "read")
	_, token, err := d.ui.conn.CreateToken(t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	ada := d.ui.conn.Saved
	d.Menu("Add a connection…")
	d.tabTo(toAddress)
	d.Type(remote.URL)
	d.paste(token)
	d.Has("This token may not do what Keyfob needs.", "read and tokens")
	d.Tap("Back to " + hostOf(remote.URL))
	d.Has("Signed in as ada")
	again := d.restart()
	again.Has("Signed in as ada")
	if again.ui.conn.Way != ada.Way {
		t.Errorf("signed in by %v", again.ui.conn.Way)
	}
}

func TestAPastedTokenThatMayNoMoreListTokensSaysWhichScopeItLacks(t *testing.T) {
	d := narrowed(t)
	d.Has("Signed in as ada", "an access token that may not list your tokens", "has the scope tokens too",
		"The server says: This needs a person who has signed in, or a personal access token with the scope tokens.")
	d.HasNot("Your account may not", "Sign out, sign in there")
	picture(t, d, "pasted-narrow")
}

func TestAPastedTokenThatMayNotReadIsSaidToLackTheScope(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	app := d.addApp("Warehouse", "read", "update")
	_, token, err := d.ui.conn.CreateToken(t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"update"}})
	if err != nil {
		t.Fatal(err)
	}
	d.ui.signOut()
	d.paste(token)
	d.Has("This token may not do what Keyfob needs. Create a personal access token", "The server says: This token lacks the scope read.")
	d.HasNot("Sign out and in", "The sign-in in use", "Signed in as ada")
	if f, ok := d.ui.window.Canvas().Focused().(*widgets.Entry); !ok || f.PlaceHolder != "Access token" {
		t.Errorf("the focus is not where another token is pasted, but on %T", d.ui.window.Canvas().Focused())
	}
}

func TestAServerOfAPrivateAuthorityNeedsItsFile(t *testing.T) {
	ca := testserver.NewAuthority(t, "Example Root CA")
	d, _ := openRemote(t, "")
	remote := ca.StartRemote(t)
	remote.AddUser(t, "ada", "Ada Admin", true)
	d.ui.cfg.OpenURL = func(address string) error {
		go func() {
			if _, err := remote.LogIn(address, url.Values{"login": {"ada"}, "password": {testserver.Password}}); err != nil {
				t.Error(err)
			}
		}()
		return nil
	}
	d.signInAt(remote.URL)
	d.Has("comes from an authority that this computer does not know", remote.URL)
	d.HasNot("Signed in as")

	d.advanced()
	d.tabTo(toFile)
	stranger := testserver.NewAuthority(t, "Another CA")
	d.Type(stranger.File)
	d.Press(fyne.KeyReturn)
	d.Has("CN=Another CA", "comes from an authority that this computer does not know")
	d.tabTo(toFile)
	d.ui.window.Canvas().Focused().(*widgets.Entry).SetText("")
	d.Type(ca.File)
	d.Has("CN=Example Root CA")
	if shown := strings.Join(strings.Fields(strings.Join(d.Texts(), " ")), " "); !strings.Contains(shown, ca.Fingerprint) {
		t.Errorf("the fingerprint %s is not in:\n%s", ca.Fingerprint, shown)
	}
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada", "No tokens yet")

	again := d.restart()
	again.Has("Signed in as ada") // the file is remembered with the connection
	again.Menu("Manage connections…")
	again.Tap("Change…")
	again.Has("CN=Example Root CA")
}

// The server here takes no localhost (RFC 8252, section 8.3); it says where the
// browser was to come back to all the same.
func TestTheBrowserComesBackToLocalhostWhereThatIsChosen(t *testing.T) {
	d, remote := openRemote(t, "ada")
	shown := make(chan testserver.Page, 1)
	d.ui.cfg.OpenURL = func(address string) error {
		page, err := testserver.LogIn(address, nil)
		shown <- page
		return err
	}
	d.advanced()
	d.tabTo(toHosts)
	d.Press(fyne.KeyRight, fyne.KeySpace)
	d.tabTo(toAddress)
	d.Type(remote.URL)
	d.Begin(fyne.KeyReturn)
	d.Await("Open it again", "Cancel")
	if page := <-shown; page.Status != http.StatusBadRequest {
		t.Errorf("the browser shows %+v", page)
	}
	cameBackTo(t, remote, "localhost")

	d.tabTo(toHosts)
	d.Press(fyne.KeyLeft, fyne.KeySpace)
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.Tap("Sign in with the browser")
	d.Has("Signed in as ada")
	cameBackTo(t, remote, "127.0.0.1")
}

// cameBackTo looks at what the server was told last.
func cameBackTo(t *testing.T, remote *testserver.Remote, host string) {
	t.Helper()
	all := remote.Asked()
	back, err := url.Parse(all[len(all)-1].Get("redirect_uri"))
	if err != nil || back.Hostname() != host || back.Port() == "" {
		t.Errorf("the browser was to come back to %v, %v", back, err)
	}
}

// advanced opens what is below Advanced.
func (d *desk) advanced() {
	d.t.Helper()
	d.Tap("Other ways ▾")
	d.Press(fyne.KeyUp, fyne.KeyReturn)
	d.Has("Where the browser comes back to")
}

// tabTo goes on with Tab until the focus is where it is wanted.
func (d *desk) tabTo(wanted func(fyne.Focusable) bool) {
	d.t.Helper()
	for range 20 {
		if f := d.ui.window.Canvas().Focused(); f != nil && wanted(f) {
			return
		}
		d.Press(fyne.KeyTab)
	}
	d.t.Fatal("Tab does not lead there")
}

func toAddress(f fyne.Focusable) bool { return placeholder(f) == "https://…" }

func toFile(f fyne.Focusable) bool { return placeholder(f) == "Path of a CA file to trust" }

func placeholder(f fyne.Focusable) string {
	if e, ok := f.(*widgets.Entry); ok {
		return e.PlaceHolder
	}
	return ""
}

func toHosts(f fyne.Focusable) bool {
	_, ok := f.(*widgets.Chips)
	return ok
}

func (d *desk) addApp(name string, scopes ...string) client.App {
	d.t.Helper()
	app, err := d.ui.conn.AddApp(d.t.Context(), client.NewApp{Name: name, Policy: client.PolicyAuthenticatedUsers, Scopes: scopes})
	if err != nil {
		d.t.Fatal(err)
	}
	return app
}

// newPAT is a token of who is signed in, made without the window, that may make
// others.
func (d *desk) newPAT(app client.App, expires time.Time) client.Secret {
	d.t.Helper()
	_, s, err := d.ui.conn.CreateToken(d.t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read", "tokens"}, ExpiresAt: expires})
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// paste signs in with a token, at the address that is on screen.
func (d *desk) paste(s client.Secret) {
	d.t.Helper()
	d.Tap("Other ways ▾")
	d.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	d.Type(s.Reveal())
	d.Press(fyne.KeyReturn)
}

// answer pastes a token where a running call has asked for it.
func (d *desk) answer(s client.Secret) {
	d.t.Helper()
	entry, ok := d.ui.window.Canvas().Focused().(*widgets.Entry)
	if !ok {
		d.t.Fatalf("the focus is on %T", d.ui.window.Canvas().Focused())
	}
	test.Type(entry, s.Reveal())
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

// count is how many tokens have the description.
func (d *desk) count(description string) (n int) {
	d.t.Helper()
	all, err := d.ui.conn.ProfileTokens(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, token := range all {
		if token.Description == description {
			n++
		}
	}
	return n
}
