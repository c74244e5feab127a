package ui

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/client"
	"keyfob/internal/testserver"
)

const isLocked = "Keyfob is locked"

func TestALockShowsAndHoldsNothing(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.Shortcut(fyne.KeyL)
	d.Has(isLocked, "Ada Admin · Built-in server", "Unlock")
	d.HasNot("Nightly export", "Local scripts", "Signed in as")
	if d.ui.main != nil {
		t.Error("the views are still there")
	}
	if _, err := d.ui.conn.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("a call goes on with %v", err)
	}
	var left []string
	for _, menu := range d.ui.window.MainMenu().Items {
		for _, item := range menu.Items {
			left = append(left, item.Label)
		}
	}
	if want := []string{"Quit (Ctrl+Q)", "Built-in server · Ada Admin (Ctrl+Shift+1)", "", "Add a connection…"}; !slices.Equal(left, want) {
		t.Errorf("the menu has %q, want %q", left, want)
	}
}

func TestEnterUnlocksToTheViewThatWasOpen(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.Tap("Trusted apps")
	d.Shortcut(fyne.KeyL)
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Local scripts", "Authenticated users", "Signed in as ada")
	d.Tap("Tokens")
	d.Has("Nightly export")
	d.Shortcut(fyne.KeyL) // and again
	d.Press(fyne.KeyEscape, fyne.KeyF5, fyne.KeyDelete, fyne.KeyTab, fyne.KeyTab)
	d.Has(isLocked)
	d.Press(fyne.KeyReturn)
	d.Has("Nightly export")
}

// A secret exists nowhere else: it must be there after the lock.
func TestASecretThatIsNotStoredWaitsBehindTheLock(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token")
	d.ui.Lock()
	d.Has(isLocked, "its secret is not stored yet")
	d.HasNot("Your new token", "enrt_p", "Copy")
	d.ui.Quit()
	d.Has(isLocked, "Quit once more to give it up")
	d.server.Stop(t) // nothing is needed of it
	d.Press(fyne.KeyReturn)
	d.Has("Your new token", "enrt_p")
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	d.HasNot("enrt_p", isLocked)
}

func TestASecretThatArrivesMeanwhileStaysBehindTheLock(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Begin(fyne.KeyReturn)
	d.ui.lock() // before the answer is in
	d.Has(isLocked)
	d.HasNot("Your new token", "enrt_p")
	d.Press(fyne.KeyReturn)
	if d.ui.locked != nil {
		t.Fatal("it does not unlock")
	}
	texts := strings.Join(d.Texts(), "\n")
	if !strings.Contains(texts, "Your new token") && !strings.Contains(texts, "Nothing was sent") {
		t.Errorf("on screen is neither the secret nor why there is none:\n%s", texts)
	}
}

func TestWithoutItsCredentialARemoteServerIsSignedInToAgain(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	endSignIn(t, d, remote)
	d.ui.Lock()
	d.Has(isLocked, "Sign in with the browser")
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "Your sign-in has ended")
	d.Press(fyne.KeyReturn) // the focus is on what helps
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

func TestAnotherAccountDoesNotUnlock(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.ui.Lock()
	d.Has(isLocked, "Your settings ask for it")
	d.ui.cfg.OpenURL = browser(t, "bob")
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "another account")
	d.ui.cfg.OpenURL = browser(t, "ada")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada", "Ada Admin")
}

func TestUnlockingWithoutTheServerSaysSo(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyL)
	d.server.Stop(t)
	d.Press(fyne.KeyReturn)
	d.Has(isLocked, "cannot be reached")
	if _, err := d.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

// A way that asks for more than a browser asks in front of the lock.
func TestAPastedTokenUnlocks(t *testing.T) {
	d, remote := openRemote(t, "ada")
	token := d.pasted(remote)
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.ui.Lock()
	d.Has(isLocked, "Sign in again to unlock.")
	d.HasNot("browser")
	d.Begin(fyne.KeyReturn)
	d.Await("Sign in to unlock", "")
	picture(t, d, "lock-token")
	d.Await("Sign in to unlock", "Not now")
	d.Has(isLocked)
	d.Begin(fyne.KeyReturn)
	d.Await("Sign in to unlock", "")
	test.Type(d.ui.window.Canvas().Focused(), token.Reveal())
	d.Await("Sign in to unlock", "Check and sign in")
	d.HasNot(isLocked, "Sign in to unlock", token.Reveal())
	d.Has("Signed in as ada")
}

// A code that is typed on another device asks in front of the lock too.
func TestACodeOnAnotherDeviceUnlocks(t *testing.T) {
	d, remote := openRemote(t, "ada")
	phone(d, "ada")
	d.Press(fyne.KeyTab)
	d.Type(remote.URL)
	d.Tap("Other ways ▾")
	d.Begin(fyne.KeyDown)
	d.Begin(fyne.KeyReturn)
	d.Await("Waiting for you to type the code…", "Open the page here")
	d.Has("Signed in as ada")
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.ui.Lock()
	d.Has(isLocked, "Sign in again to unlock.")
	d.Begin(fyne.KeyReturn)
	d.Await("Sign in to unlock", "Sign in with a code")
	code := "Open " + d.ui.conn.Server.Issuer + "/device on any device and type this code:"
	d.Await(code, "")
	d.Await(code, "Copy code")
	d.Await("Code copied.", "")
	picture(t, d, "lock-code")
	d.Await(code, "Open the page here")
	d.HasNot(isLocked, "Sign in to unlock")
	d.Has("Signed in as ada")
}

// phone is where the page with the code opens: login allows the sign-in there.
func phone(d *desk, login string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	d.ui.cfg.OpenURL = func(address string) error {
		if page, err := testserver.AnswerDevice(browser, address, login, "allow"); err != nil || page.Status != http.StatusOK {
			d.t.Errorf("the phone shows %d %s, %v", page.Status, page.Body, err)
		}
		return nil
	}
}

// pasted is the desktop signed in with a token that was pasted.
func (d *desk) pasted(remote *testserver.Remote) client.Secret {
	d.t.Helper()
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	app, err := d.ui.conn.AddApp(d.t.Context(), client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "tokens"}})
	if err != nil {
		d.t.Fatal(err)
	}
	_, token, err := d.ui.conn.CreateToken(d.t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read", "tokens"}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.ui.signOut()
	d.Tap("Other ways ▾")
	d.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	d.Type(token.Reveal())
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada")
	return token
}

// What is set aside is locked too, and so is what is signed in while another
// server is chosen.
func TestALockHoldsWhateverIsOnScreen(t *testing.T) {
	d, remote := openTwo(t)
	bob := d.ui.conn
	locked := func(who string) {
		t.Helper()
		d.ui.Lock()
		d.Has(isLocked, who)
		d.HasNot("Use the built-in server", "Back to")
		if _, err := bob.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
			t.Errorf("a call of bob goes on with %v", err)
		}
		if d.ui.aside != nil || d.ui.enter != nil {
			t.Error("what was set aside is still there")
		}
		d.Press(fyne.KeyReturn)
		d.HasNot(isLocked)
	}
	d.Menu("Add a connection…")
	d.Has("Back to " + hostOf(remote.URL))
	locked("Bob Buyer")
	d.Has("Signed in as bob")

	d.Menu(hostOf(remote.URL) + " · Ada Admin")
	d.Has("Signed in as ada")
	d.ui.signOut() // bob is signed in still
	d.Has("Use the built-in server")
	locked("Bob Buyer")
	d.Has("Signed in as bob")
	d.ui.signOut()
	d.Has("Use the built-in server")
	d.ui.Lock() // nobody is signed in
	d.HasNot(isLocked)
}

func TestWhatWasAskedForSignInGoesOnAfterTheLock(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	endSignIn(t, d, remote)
	d.ui.refresh()
	d.Await("Your sign-in has expired", "")
	d.ui.cfg.App.Preferences().SetBool("lockSignIn", true)
	d.ui.lock()
	d.Await(isLocked, "Sign in with the browser")
	d.HasNot(isLocked, "Your sign-in has expired", "Try again")
	d.Has("Signed in as ada", "No tokens yet")
	if d.ui.expired != nil {
		t.Error("it still asks to sign in")
	}
}

func TestQuittingTheLockWaitsForAnAnswer(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.fill("Nightly export")
	release := remote.Hold("/profile/tokens")
	d.Begin(fyne.KeyReturn)
	d.ui.lock()
	d.ui.Quit()
	d.Await("Keyfob is still waiting for an answer that may hold a new secret. Quit again in a moment.", "")
	release()
	d.Has(isLocked)
}

func TestAConnectionThatOpensAfterALockStaysBehindIt(t *testing.T) {
	d, remote := openTwo(t) // bob is on screen
	ada := d.ui.known()[0]
	release := remote.Hold("/profile/me")
	d.ui.switchTo(ada)
	d.ui.lock()
	release()
	d.Has(isLocked, "Bob Buyer")
	d.HasNot("Signed in as", "Ada Admin")
	if d.ui.main != nil || d.ui.aside != nil {
		t.Error("there are views behind the lock")
	}
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as bob")
}

// Nobody is signed in yet, so there is nothing to lock; there soon is.
func TestAStartThatALockOvertakesComesUpLocked(t *testing.T) {
	d, keyring := openAsking(t)
	d.Await("Waiting for your keyring. It may have asked for its password.", "")
	d.ui.lock()
	close(keyring.answer)
	d.Has(isLocked, "Ada Admin")
	d.HasNot("Signed in as")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

func TestWhoSignsInAfterALockIsNotLockedOut(t *testing.T) {
	d := open(t)
	d.ui.Lock()
	d.Has("Use the built-in server")
	d.Press(fyne.KeyReturn)
	d.HasNot(isLocked)
	d.Has("Signed in as ada")
}

// A dialog that waits holds the program; it says so, and that goes with it.
func TestQuittingWhileADialogWaitsForAnAnswerSaysWhyItDoesNot(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	d.fill("Nightly export")
	release := remote.Hold("/profile/tokens")
	d.Begin(fyne.KeyReturn)
	d.ui.Quit()
	d.Await("Keyfob does not quit yet", "")
	picture(t, d, "quit-busy")
	d.ui.Quit() // which does not take the note for the dialog that waits
	d.Await("Keyfob does not quit yet", "Wait for the answer")
	if !d.ui.busy() {
		t.Error("the dialog that waits is gone")
	}
	d.ui.Quit()
	release()
	d.Has("Your new token")
	d.HasNot("Keyfob does not quit yet")
}

func TestAnAnswerThatIsAnErrorIsNotHiddenByTheNoteThatItIsWaitedFor(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.fill("Nightly export")
	release := remote.Hold("/profile/tokens")
	d.Begin(fyne.KeyReturn)
	d.ui.Quit()
	d.Await("Keyfob does not quit yet", "")
	remote.SetGone(true)
	release()
	d.Has("New user access token", "Try again")
	d.HasNot("Keyfob does not quit yet")
	remote.SetGone(false)
	d.Tap("Try again") // the dialog that waited has the keys again
	d.Has("Your new token")
}
