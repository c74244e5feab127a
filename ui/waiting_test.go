package ui

import (
	"context"
	"errors"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/internal/testserver"
	"keyfob/ui/clipboard"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
)

// asking is a keyring that asks the person once told to, and waits for them.
type asking struct {
	credentials.Memory
	answer  chan error  // nil: it does not ask
	refused atomic.Bool // the person put the question away: it is not put again unasked
}

func (a *asking) Get(ctx context.Context, key string) (client.Secret, error) {
	if a.refused.Load() {
		return client.Secret{}, credentials.ErrAsks
	}
	if a.answer != nil {
		select {
		case err := <-a.answer:
			if err != nil {
				a.refused.Store(true)
				return client.Secret{}, err
			}
		case <-ctx.Done():
			a.refused.Store(true)
			return client.Secret{}, context.Cause(ctx)
		}
	}
	return a.Memory.Get(ctx, key)
}

// openAsking is the desktop started a second time, with a keyring that asks.
func openAsking(t *testing.T) (*desk, *asking) {
	t.Helper()
	server := testserver.Start(t)
	keyring := &asking{}
	watch := credentials.NewWatch(keyring)
	cfg := connect.Config{
		Dir: filepath.Join(t.TempDir(), "config"), BuiltIn: server, Credentials: credentials.NewFallback(watch), HTTP: &http.Client{},
	}
	server.Connector = connect.New(cfg)
	server.Connect(t)
	server.Connector = connect.New(cfg) // the program is started again
	keyring.answer = make(chan error)
	u := New(Config{
		App: uitest.NewApp(t), Connector: server.Connector, Clipboard: clipboard.New(func() time.Duration { return time.Minute }), Keyring: watch, Kept: credentials.NewFallback(watch),
		Probe: func(context.Context) error { return nil }, Unkept: func() error { return nil },
		Keep:    func(context.Context) error { return nil },
		OpenURL: func(string) error { return errors.New("no browser here") }, Version: "test", Now: server.Clock.Now,
	})
	u.Window().Resize(fyne.NewSize(1240, 780))
	d := &desk{t: t, server: server, ui: u, Screen: uitest.Of(t, u.window)}
	u.resume()
	return d, keyring
}

// security requirement 9
func TestAStartDoesNotWaitForAKeyringAndComesUpWhenItAnswers(t *testing.T) {
	d, keyring := openAsking(t)
	d.Await("Waiting for your keyring. It may have asked for its password.", "")
	d.Await("Waiting for your keyring, to open your last connection. It may have asked for its password.", "")
	d.Await("Do not wait for the keyring", "") // the first screen is there
	d.Await("Use the built-in server", "")
	close(keyring.answer) // unlocked
	d.Has("Tokens", "Signed in as ada")
}

func TestTheVeryFirstStartSpeaksOfNoLastConnection(t *testing.T) {
	d := open(t)
	d.Has("Use the built-in server")
	d.ui.cfg.Keyring = &stuck{}
	d.ui.showWait()
	d.Has("Waiting for your keyring. It may have asked for its password.")
	d.HasNot("last connection")
}

func TestAKeyringThatIsNotWaitedForLeavesTheFirstScreen(t *testing.T) {
	d, keyring := openAsking(t)
	d.Await("Do not wait for the keyring", "Do not wait for the keyring")
	d.Has("Use the built-in server", "Your keyring was not opened, so a sign-in lasts only until you quit.", "Keep in an encrypted file…")
	d.HasNot("Do not wait for the keyring")
	picture(t, d, "keyring-refused")

	keyring.answer = nil
	keyring.refused.Store(false)
	d.Tap("Try the keyring again")
	d.Has("Tokens", "Signed in as ada")
}

func TestTheBuiltInServerIsOfferedWithoutAKeyringThatSaysNo(t *testing.T) {
	d, keyring := openAsking(t)
	go func() { keyring.answer <- credentials.ErrDismissed }() // as soon as it asks
	d.Has("Use the built-in server", "Your keyring was not opened, so a sign-in lasts only until you quit.", "Try the keyring again")
	d.HasNot("could not be opened")
	d.Tap("Use the built-in server")
	d.Has("Tokens", "Signed in as ada")
}

func TestAnotherConnectionCanBeBegunWhileTheKeyringAsks(t *testing.T) {
	d, _ := openAsking(t)
	d.Await("Do not wait for the keyring", "Use the built-in server")
	d.Has("Tokens", "Signed in as ada")
	d.HasNot("keyring. It may")
}

func TestTheStatusLineSaysThatTheKeyringIsWaitedFor(t *testing.T) {
	d := signedIn(t)
	d.HasNot("Waiting for your keyring")
	waits := &stuck{}
	d.ui.cfg.Keyring = waits
	d.ui.showWait()
	d.Has("Waiting for your keyring", "Cancel")
	picture(t, d, "status-waits")
	waits.over = true
	d.ui.showWait()
	d.Has("Signed in as ada")
	d.HasNot("Waiting for your keyring")
}

// stuck is a keyring that waits until it is over.
type stuck struct{ over bool }

func (s *stuck) Waiting() bool { return !s.over }
func (*stuck) OnWait(func())   {}
func (s *stuck) GiveUp()       { s.over = true }

// picture leaves what is on screen where KEYFOB_PICTURES says, light and dark.
func picture(t *testing.T, d *desk, name string) {
	t.Helper()
	dir := os.Getenv("KEYFOB_PICTURES")
	if dir == "" {
		return
	}
	for variant, v := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		fyne.CurrentApp().Settings().SetTheme(theme.NewVariant(v))
		f, err := os.Create(filepath.Join(dir, name+"-"+variant+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, d.ui.window.Canvas().Capture()), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// What then still fails is said, with a way on.
func TestAskingTheKeyringAgainLeavesTheFirstScreen(t *testing.T) {
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	saved := d.ui.known()[0]
	d.ui.showEnter(saved)
	d.ui.failedMeanwhile(saved, client.ErrKeyring)
	remote.SetGone(true)
	d.Tap("Try the keyring again")
	d.Has("could not be opened", "cannot be reached")
	remote.SetGone(false)
	d.Tap("Try again")
	d.Has("Signed in as ada")
}
