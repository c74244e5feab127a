package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/issued"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// issue makes a token as the program does, and answers its value.
func (d *desk) issue(description string) (client.Token, string) {
	d.t.Helper()
	ctx := d.t.Context()
	wish := client.NewToken{Description: description, AppID: d.onlyApp().ID, Scopes: []string{"read"}, Attempt: client.NewAttempt()}
	token, secret, err := issuing{d.ui.conn, d.ui}.CreateToken(ctx, wish)
	if err != nil {
		d.t.Fatal(err)
	}
	value := secret.Reveal()
	d.ui.main.showSecret(token, secret, nil)
	d.Tap("I have copied and securely stored the token")
	d.Tap("Done")
	return token, value
}

// whose pastes text into the dialog and asks.
func (d *desk) whose(text string) {
	d.t.Helper()
	d.Shortcut(fyne.KeyI)
	d.Has("Is this token mine?")
	d.Type(text)
	d.Press(fyne.KeyReturn)
}

func TestAFoundTokenIsKnownAndRevoked(t *testing.T) {
	d := signedIn(t)
	_, value := d.issue("Nightly export")
	d.whose(`curl -H "Authorization: Bearer ` + value + `" https://example.com`)
	d.Has("It was issued here: “Nightly export”, a personal access token for Local scripts, by ada at Built-in server", "It works.")
	picture(t, d, "mine-yours")
	d.Tap("Revoke…")
	d.Has("Revoke token", "Nightly export", "never used", "cannot be undone")
	d.Tap("Revoke token")
	d.Has("Nightly export", "Revoked")
	d.whose(value)
	d.Has("It was issued here", "It has been revoked already")
	d.HasNot("Revoke…")
	d.Tap("Close")
}

func TestALookUpNeedsNoServerAndNoConnection(t *testing.T) {
	d := signedIn(t)
	_, value := d.issue("Nightly export")
	d.server.Stop(t)
	d.whose(value)
	d.Has("It was issued here: “Nightly export”", "Try again")
	d.HasNot("Revoke…")
	d.Tap("Close")
	d.ui.signOut()
	d.whose(value)
	d.Has("It was issued here: “Nightly export”", "To revoke it, sign in as ada at Built-in server")
	picture(t, d, "mine-elsewhere")
}

func TestAFoundTokenOfAnotherConnectionIsRevokedThere(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	wish := client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read"}}
	if _, err := d.ui.conn.AddApp(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	d.ui.refresh()
	_, value := d.issue("Nightly export")
	d.addAt(remote.URL, "bob")
	d.Has("Signed in as bob")
	d.whose(value)
	d.Has("It was issued here: “Nightly export”", "To revoke it, switch to ada at "+hostOf(remote.URL))
	d.HasNot("Revoke…")
	picture(t, d, "mine-switch")
	d.Tap("Switch and go on")
	d.Has("It was issued here: “Nightly export”", "It works.")
	picture(t, d, "mine-switched")
	d.Tap("Revoke…")
	d.Tap("Revoke token")
	d.Has("Signed in as ada", "Nightly export", "Revoked")
}

func TestAForeignTokenIsToldByItsShapeAndTheServerIsAsked(t *testing.T) {
	d := signedIn(t)
	elsewhere, _, err := d.ui.conn.CreateToken(t.Context(), client.NewToken{Description: "Laptop", AppID: d.onlyApp().ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := d.ui.conn.RotateToken(t.Context(), elsewhere.ID, client.Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	d.whose("token=" + secret.Reveal())
	d.Has("looks like a Keyfob token, but it was not issued on this computer", "sent nowhere unless you ask a server")
	d.Tap("Ask the server (Built-in server)")
	d.Has("The server knows it: “Laptop”, a personal access token of ada for Local scripts. It works.", "Revoke…")
	picture(t, d, "mine-theirs")
	d.Tap("Close")
	d.whose(secret.Reveal()[:30])
	d.Has("cut short or mistyped")
	d.Tap("Close")
	d.whose("no token at all")
	d.Has("It holds no token that was issued")
}

// security requirement 1: what was pasted goes with the dialog.
func TestWhatWasPastedIsHiddenAndDropped(t *testing.T) {
	d := signedIn(t)
	_, value := d.issue("Nightly export")
	d.Shortcut(fyne.KeyI)
	entry := field(t, d.Screen)
	d.Type(value)
	if !entry.Password {
		t.Error("the token can be read on screen")
	}
	d.Press(fyne.KeyReturn)
	d.Press(fyne.KeyEscape)
	d.HasNot("Is this token mine?", value)
	if entry.Text != "" || strings.Contains(entry.SelectedText(), value) {
		t.Error("the entry still holds it")
	}
}

func TestWithoutAKeyringTheLookUpSaysHowFarItReaches(t *testing.T) {
	d := signedIn(t)
	d.ui.cfg.Issued = issued.New("unused", none{})
	d.whose("no token at all")
	d.Has("only tokens issued since Keyfob was started are known")
	picture(t, d, "mine-nothing")
	d.Tap("Close")
	_, value := d.issue("Nightly export")
	d.ui.cfg.Issued = issued.New("unused", none{}) // started again
	d.whose(value)
	d.Has("Whether it was issued on this computer is not known.")
	d.HasNot("not issued on this computer")
}

func TestAKeyThatIsGoneIsSaid(t *testing.T) {
	d := signedIn(t)
	path := filepath.Join(t.TempDir(), "issued.json")
	if err := os.WriteFile(path, []byte(`{"v":1,"tokens":[{"key":"another","fingerprint":"00"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d.ui.cfg.Issued = issued.New(path, credentials.NewFallback(d.server.Kept))
	d.whose("no token at all")
	d.Has("Earlier tokens were noted under a key that cannot be read now")
	d.HasNot("only tokens issued since")
	picture(t, d, "mine-lost")
}

// slow is a keyring that answers once it is released.
type slow struct {
	issued.Keys
	asked   chan struct{} // nil: nobody waits for it
	release chan struct{}
}

func (s slow) Recall(ctx context.Context, key string) ([]client.Secret, error) {
	if s.asked != nil {
		s.asked <- struct{}{}
	}
	<-s.release
	return s.Keys.Recall(ctx, key)
}

// The program may end in between.
func TestATokenIsNotedBeforeItIsOnScreen(t *testing.T) {
	d := signedIn(t)
	asked, release := make(chan struct{}, 9), make(chan struct{})
	path, keys := filepath.Join(t.TempDir(), "issued.json"), credentials.NewFallback(d.server.Kept)
	d.ui.cfg.Issued = issued.New(path, slow{keys, asked, release})
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Begin(fyne.KeyReturn)
	<-asked // and nothing that the server's answer hands to the screen was done
	close(release)
	if err := d.ui.Noted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if index, err := os.ReadFile(path); err != nil || !strings.Contains(string(index), "Nightly export") {
		t.Errorf("%s, %v", index, err)
	}
	d.Has("Your new token")
}

func TestQuittingWaitsUntilWhatWasIssuedIsWrittenDown(t *testing.T) {
	d := signedIn(t)
	path, keys := filepath.Join(t.TempDir(), "issued.json"), credentials.NewFallback(d.server.Kept)
	release := make(chan struct{})
	d.ui.cfg.Issued = issued.New(path, slow{Keys: keys, release: release})
	secret := client.NewSecret("an-opaque-token-of-another-server")
	_, _, _ = issuing{d.ui.conn, d.ui}.noted(client.Token{ID: "t1"}, secret, nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.ui.Noted(over); !errors.Is(err, context.Canceled) {
		t.Errorf("it is waited for without a bound: %v", err)
	}
	close(release)
	if err := d.ui.Noted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := issued.New(path, keys).Find(t.Context(), secret.Reveal()); err != nil || a.Entry.ID != "t1" {
		t.Errorf("%v, %v", a, err)
	}
}

// none is no keyring.
type none struct{}

func (none) Recall(context.Context, string) ([]client.Secret, error) {
	return nil, credentials.ErrUnavailable
}

func (none) Keep(context.Context, string, client.Secret) error { return credentials.ErrUnavailable }

func field(t *testing.T, s *uitest.Screen) *widgets.Entry {
	t.Helper()
	e, ok := s.Field("What you found").(*widgets.Entry)
	if !ok {
		t.Fatal("there is no entry")
	}
	return e
}
