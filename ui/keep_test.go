package ui

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/client/issued"
	"keyfob/internal/testserver"
	"keyfob/ui/clipboard"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// absent is no keyring.
type absent struct{}

func (absent) Get(context.Context, string) (client.Secret, error) {
	return client.Secret{}, credentials.ErrUnavailable
}

func (absent) Set(context.Context, string, client.Secret) error { return credentials.ErrUnavailable }

func (absent) Delete(context.Context, string) error { return credentials.ErrUnavailable }

// bare is a computer without a keyring.
type bare struct {
	server *testserver.Server
	dir    string
	kept   *credentials.Fallback // of the program that was started last
}

func newBare(t *testing.T) *bare {
	t.Helper()
	return &bare{server: testserver.Start(t), dir: t.TempDir()}
}

// start is the program started there.
func (b *bare) start(t *testing.T) *desk {
	t.Helper()
	watch := credentials.NewWatch(absent{})
	kept := credentials.NewFallback(watch).WithFile(credentials.NewFileOf(b.file(), 10))
	b.kept = kept
	var u *UI
	u = New(Config{
		App: uitest.NewApp(t), Clipboard: clipboard.New(func() time.Duration { return time.Minute }), Keyring: watch, Kept: kept, Unkept: kept.Why, Keep: kept.TryAgain,
		Connector: connect.New(connect.Config{
			Dir: filepath.Join(b.dir, "config"), BuiltIn: b.server, Credentials: kept, HTTP: &http.Client{},
			OpenBrowser: func(address string) error { return u.OpenBrowser(address) },
		}),
		Issued:  issued.New(filepath.Join(b.dir, "issued.json"), kept),
		Probe:   func(context.Context) error { return credentials.ErrUnavailable },
		OpenURL: func(string) error { return errors.New("no browser here") }, Version: "test", Now: b.server.Clock.Now,
	})
	u.Window().Resize(fyne.NewSize(1240, 780))
	u.resume()
	return &desk{t: t, server: b.server, ui: u, Screen: uitest.Of(t, u.window)}
}

func (b *bare) file() string { return filepath.Join(b.dir, "config", "credentials.json") }

// security requirement 7: the whole way, as one person goes it
func TestWithoutAKeyringTheSignInIsKeptInAFileIfThePersonChooses(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Has("Your keyring cannot be used, so a sign-in lasts only until you quit.", "Keep in an encrypted file…")
	picture(t, d, "first-none")
	d.Tap("Use the built-in server")
	d.Has("Not kept in a keyring: signed in until you quit")
	d.Tap("Settings")
	d.Tap("Keep in an encrypted file…")
	d.Type("short")
	d.Press(fyne.KeyReturn)
	d.Has("It needs at least 12 characters.")
	d.Type(" but longer now")
	d.Press(fyne.KeyReturn) // to the second field, which is no mistake yet
	d.HasNot("It needs at least", "The two are not the same.")
	d.Type("short but")
	d.Press(fyne.KeyReturn)
	d.Has("The two are not the same.")
	picture(t, d, "passphrase-new")
	d.Type(" longer now")
	d.Press(fyne.KeyReturn)
	d.Has("Sign-in kept in an encrypted file", "Change passphrase…", "Delete the file…")
	picture(t, d, "settings-file")

	d = b.start(t)
	d.Has("Your sign-ins are in an encrypted file")
	d.Press(fyne.KeyReturn)
	d.Has("Type the passphrase first.")
	d.HasNot("not the passphrase")
	picture(t, d, "passphrase-empty")
	d.Type("a wrong passphrase")
	d.Press(fyne.KeyReturn)
	d.Has("This is not the passphrase of the file.")
	picture(t, d, "passphrase-ask")
	d.Type("short but longer now")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
	d.Tap("Settings")
	d.Tap("Move to the keyring")
	d.Has("Your keyring did not take it.")
	d.Tap("Delete the file…")
	d.Has("Delete the encrypted file?", "and then you sign in anew")
	if _, err := os.Stat(b.file()); err != nil {
		t.Errorf("nothing was answered yet: %v", err)
	}
	picture(t, d, "settings-delete-file")
	d.Tap("Delete the file")
	d.Has("Not kept in a keyring: signed in until you quit")
	if _, err := os.Stat(b.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

// toButton is the button with this text.
func toButton(text string) func(fyne.Focusable) bool {
	return func(f fyne.Focusable) bool {
		b, ok := f.(*widgets.Button)
		return ok && b.Text == text
	}
}

// chooses types the new passphrase, twice, by the keyboard alone.
func (d *desk) chooses(passphrase string) {
	d.t.Helper()
	d.Type(passphrase)
	d.Press(fyne.KeyTab)
	d.Type(passphrase)
	d.Press(fyne.KeyReturn)
}

func TestAPassphraseThatRepeatsAFewCharactersIsRefused(t *testing.T) {
	d := newBare(t).start(t)
	d.Tap("Keep in an encrypted file…")
	d.Type("aaaaaaaaaaaa")
	d.Press(fyne.KeyReturn)
	d.Has("It repeats a few characters. Use at least 5 different ones.")
	d.Type("bcde")
	d.Press(fyne.KeyReturn)
	d.HasNot("It repeats a few characters.")
}

func TestOnceTheFileIsMadeEnterGoesOnFromTheFirstScreen(t *testing.T) {
	d := newBare(t).start(t)
	d.tabTo(toButton("Keep in an encrypted file…"))
	d.Press(fyne.KeyReturn)
	d.chooses(thePassphrase)
	d.Has("Your sign-in will be kept in your encrypted file")
	d.HasNot("Keep in an encrypted file…")
	d.Press(fyne.KeyReturn)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file")
}

func TestOnceTheFileIsMadeEnterGoesOnFromTheSettings(t *testing.T) {
	d := newBare(t).start(t)
	d.Tap("Use the built-in server")
	d.Tap("Settings")
	d.tabTo(toButton("Keep in an encrypted file…"))
	d.Press(fyne.KeyReturn)
	d.chooses(thePassphrase)
	d.Press(fyne.KeyReturn)
	d.Has("Passphrase until now", "The same once more")
	d.Press(fyne.KeyReturn)
	d.Has("Type the passphrase first.")
	d.Type(thePassphrase)
	for range 2 { // through the fields that are empty
		d.Press(fyne.KeyReturn)
		d.Type("another passphrase")
	}
	d.HasNot("It needs at least", "The two are not the same.")
	d.Press(fyne.KeyReturn)
	d.HasNot("Passphrase until now")
}

func TestAFileThatWasLeftLockedIsOpenedAndNotMadeAnew(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Tap("Use the built-in server")
	d.keepInFile()
	d = b.start(t)
	d.Tap("Not now")
	d.Has("Your encrypted file is locked.", "Use the built-in server")
	d.HasNot("keyring", "Keep in an encrypted file…")
	picture(t, d, "first-waits")
	d.Tap("Open the encrypted file…")
	d.Has("Your sign-ins are in an encrypted file", "Forget the file…")
	d.give(thePassphrase)
	d.Has("Signed in as ada", "Sign-in kept in an encrypted file") // as if it had been given at once
}

// keptTwice is a keeper whose file somebody else makes at the last moment.
type keptTwice struct {
	Keeper

	other *credentials.File
}

func (k keptTwice) KeepInFile(ctx context.Context, p client.Secret) error {
	if err := k.other.Create(client.NewSecret("somebody else's")); err != nil {
		return err
	}
	return k.Keeper.KeepInFile(ctx, p)
}

func TestAFileThatIsThereAlreadyIsSaidToBeOneAndStays(t *testing.T) {
	b := newBare(t)
	d := b.start(t)
	d.Has("Keep in an encrypted file…") // nothing of the start runs any more
	d.ui.cfg.Kept = keptTwice{d.ui.cfg.Kept, credentials.NewFileOf(b.file(), 10)}
	d.Tap("Keep in an encrypted file…")
	d.chooses(thePassphrase)
	d.Has("There is an encrypted file already")
	d.HasNot("server has changed", "Try again")
}

func TestAFileThatNobodyCanOpenIsForgotten(t *testing.T) {
	b := newBare(t)
	if err := os.MkdirAll(filepath.Dir(b.file()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.file(), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := b.start(t)
	d.Type("whatever it was")
	d.Press(fyne.KeyReturn)
	d.Has("The encrypted file is damaged and cannot be opened.")
	d.Tap("Not now")
	d.Has("Use the built-in server", "Your encrypted file is locked.")

	d = b.start(t)
	d.Tap("Forget the file…")
	d.Has("The file will be deleted, and you sign in anew.")
	picture(t, d, "passphrase-forget")
	d.Tap("Delete the file")
	d.Has("Use the built-in server")
	if _, err := os.Stat(b.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

func TestTabComesToForgettingTheFileLast(t *testing.T) {
	b, _, _ := inFileAt(t)
	d := b.start(t)
	d.Has("Your sign-ins are in an encrypted file")
	var order []string
	for range 4 {
		d.Press(fyne.KeyTab)
		name := ""
		if b, ok := d.ui.window.Canvas().Focused().(*widgets.Button); ok {
			name = b.Text
		}
		order = append(order, name)
	}
	if want := []string{"Open", "Not now", "Forget the file…", ""}; !slices.Equal(order, want) {
		t.Errorf("Tab comes to %q, want %q", order, want)
	}
}
