package connect_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/client/credentials"
)

// noKeyring is a computer without one.
type noKeyring struct{}

func (noKeyring) Get(context.Context, string) (client.Secret, error) {
	return client.Secret{}, credentials.ErrUnavailable
}

func (noKeyring) Set(context.Context, string, client.Secret) error { return credentials.ErrUnavailable }

func (noKeyring) Delete(context.Context, string) error { return credentials.ErrUnavailable }

// started is the program started on a computer without a keyring.
func (d *desk) started(t *testing.T, file *credentials.File) *connect.Connector {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(d.dir, "no-bus"))
	return connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse,
		Credentials: credentials.NewFallback(noKeyring{}).WithFile(file),
	})
}

func TestWithoutAKeyringASignOutThatCannotBeFinishedIsSaidAndDropped(t *testing.T) {
	d, remote := newDesk(t), people(t)
	none := credentials.NewFile(filepath.Join(d.dir, "none"))
	c := d.started(t, none)
	ada := d.signInAs(t, c, remote.URL, "ada")
	bob := d.signInAs(t, c, remote.URL, "bob")
	remote.SetGone(true)
	part, _ := errors.AsType[*client.SignOutError](c.Remove(t.Context(), ada.Saved))
	if part == nil || !part.Pending || part.Lost || len(c.Leaving()) != 1 {
		t.Fatalf("while it is in memory: %+v, leaving %+v", part, c.Leaving())
	}
	remote.SetGone(false)

	again := d.started(t, none)
	lost, err := again.Finish(t.Context())
	if err != nil || len(lost) != 1 || lost[0].Login != "ada" || len(again.Leaving()) > 0 {
		t.Errorf("lost %+v, %v, leaving %+v", lost, err, again.Leaving())
	}
	part, _ = errors.AsType[*client.SignOutError](again.Remove(t.Context(), bob.Saved))
	if part == nil || !part.Lost || part.Delete != nil || len(again.Leaving()) > 0 {
		t.Errorf("removed: %+v, leaving %+v", part, again.Leaving())
	}
}

// The program ends in good order: so do the sign-ins that nothing keeps.
func TestASignInThatNothingKeepsEndsWithTheProgram(t *testing.T) {
	d, remote := newDesk(t), people(t)
	none := credentials.NewFile(filepath.Join(d.dir, "none"))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(d.dir, "no-bus"))
	kept := credentials.NewFallback(noKeyring{})
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse, Credentials: kept,
	})
	ada := d.signInAs(t, c, remote.URL, "ada")
	held, err := kept.Get(t.Context(), ada.Credential())
	if err != nil {
		t.Fatal(err)
	}
	c.End(t.Context())
	ended(t, ada, refreshTokenIn(t, held.Reveal()))
	again := d.started(t, none)
	saved, err := again.Last()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(t.Context(), saved); err != nil {
		t.Errorf("removed: %v; it has ended already", err)
	}
	_ = d.signInAs(t, again, remote.URL, "ada")
	remote.SetGone(true)
	again.End(t.Context())
	remote.SetGone(false)
	last := d.started(t, none)
	if saved, err = last.Last(); err != nil {
		t.Fatal(err)
	}
	if part, _ := errors.AsType[*client.SignOutError](last.Remove(t.Context(), saved)); part == nil || !part.Lost {
		t.Errorf("removed: %v; the server was not told", part)
	}
}

// Signed in again in place, it lives again.
func TestAConnectionThatEndedWithTheProgramLivesOnceItIsSignedInAgain(t *testing.T) {
	d, remote := newDesk(t), people(t)
	none := credentials.NewFile(filepath.Join(d.dir, "none"))
	c := d.started(t, none)
	_ = d.signInAs(t, c, remote.URL, "ada")
	c.End(t.Context())
	again := d.started(t, none)
	saved, err := again.Last()
	if err != nil || !saved.Revoked {
		t.Fatalf("noted as ended: %v, %v", saved.Revoked, err)
	}
	later := connect.New(connect.Config{ // there is a keyring now
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse,
		Credentials: credentials.NewFallback(&credentials.Memory{}),
	})
	if _, err := later.Use(t.Context(), saved.Key()); !errors.Is(err, connect.ErrQuit) {
		t.Errorf("opened with a keyring: %v", err)
	}
	conn, err := again.Use(t.Context(), saved.Key())
	if !errors.Is(err, connect.ErrQuit) || !errors.Is(err, connect.ErrNone) || errors.Is(err, client.ErrNoKeyring) {
		t.Fatalf("opened: %v; no keyring can have it", err)
	}
	if err := conn.SignInAgain(t.Context(), connect.Part{}); err != nil {
		t.Fatal(err)
	}
	if saved, err = again.Last(); err != nil || saved.Revoked {
		t.Errorf("still noted as ended: %v, %v", saved.Revoked, err)
	}
}

// dismissed is a keyring whose prompt was dismissed: it kept nothing.
type dismissed struct{ noKeyring }

func (dismissed) Set(context.Context, string, client.Secret) error { return credentials.ErrDismissed }

func (dismissed) Delete(context.Context, string) error { return credentials.ErrDismissed }

// The next start finds a keyring, and in it nothing: that the credential was in
// memory does not make it ended at the server.
func TestACredentialThatWasOnlyInMemoryIsNotTakenForEnded(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse,
		Credentials: credentials.NewFallback(dismissed{}),
	})
	ada, bob := d.signInAs(t, c, remote.URL, "ada"), d.signInAs(t, c, remote.URL, "bob")
	remote.SetGone(true)
	if err := c.Remove(t.Context(), ada.Saved); err == nil {
		t.Fatal("signed out at a server that is gone")
	}
	remote.SetGone(false)

	again := d.restart(t)
	lost, err := again.Finish(t.Context())
	if err != nil || len(lost) != 1 || lost[0].Login != "ada" || len(again.Leaving()) > 0 {
		t.Errorf("lost %+v, %v, leaving %+v", lost, err, again.Leaving())
	}
	part, _ := errors.AsType[*client.SignOutError](again.Remove(t.Context(), bob.Saved))
	if part == nil || !part.Lost || len(again.Leaving()) > 0 {
		t.Errorf("removed: %+v, leaving %+v", part, again.Leaving())
	}
}

// What the server has confirmed stays confirmed, whatever becomes of the rest.
func TestACredentialThatIsGoneIsNotLostIfTheServerHadConfirmed(t *testing.T) {
	d, remote := newDesk(t), people(t)
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse,
		Credentials: credentials.NewFallback(unanswered{}),
	})
	ada := d.signInAs(t, c, remote.URL, "ada")
	part, _ := errors.AsType[*client.SignOutError](c.Remove(t.Context(), ada.Saved))
	if part == nil || part.Revoke != nil || part.Delete == nil || len(c.Leaving()) != 1 {
		t.Fatalf("removed: %+v, leaving %+v", part, c.Leaving())
	}
	again := d.restart(t)
	if lost, err := again.Finish(t.Context()); err != nil || len(lost) > 0 || len(again.Leaving()) > 0 {
		t.Errorf("lost %+v, %v, leaving %+v", lost, err, again.Leaving())
	}
}

// A keyring that does not say what it has leaves both halves of a sign-out
// undone.
func TestASignOutThatTheKeyringHoldsUpIsNotSaidToBeConfirmed(t *testing.T) {
	d, remote := newDesk(t), people(t)
	ada := d.signInAs(t, d.connector(), remote.URL, "ada")
	refresh := d.refreshToken(t, ada)
	held := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, Credentials: unanswered{},
	})
	err := held.Remove(t.Context(), ada.Saved)
	part, _ := errors.AsType[*client.SignOutError](err)
	if part == nil || part.Revoke == nil || part.Delete == nil || part.Lost || len(held.Leaving()) != 1 || held.Leaving()[0].Revoked {
		t.Errorf("removed: %+v, leaving %+v", part, held.Leaving())
	}
	if lost, err := d.restart(t).Finish(t.Context()); err != nil || len(lost) > 0 {
		t.Errorf("once it answers: lost %+v, %v", lost, err)
	}
	ended(t, ada, refresh)
}

// unanswered is a keyring that waits for its password.
type unanswered struct{}

func (unanswered) Get(context.Context, string) (client.Secret, error) {
	return client.Secret{}, credentials.ErrTimeout
}

func (unanswered) Set(context.Context, string, client.Secret) error { return credentials.ErrTimeout }

func (unanswered) Delete(context.Context, string) error { return credentials.ErrTimeout }

func TestAFileThatIsNotOpenedIsNotTakenForLost(t *testing.T) {
	d, remote := newDesk(t), people(t)
	path := filepath.Join(d.dir, "credentials")
	file := credentials.NewFileOf(path, 10)
	if err := file.Create(client.NewSecret("rather long passphrase")); err != nil {
		t.Fatal(err)
	}
	c := d.started(t, file)
	ada := d.signInAs(t, c, remote.URL, "ada")
	remote.SetGone(true)
	if err := c.Remove(t.Context(), ada.Saved); err == nil {
		t.Fatal("signed out at a server that is gone")
	}
	remote.SetGone(false)
	waiting := credentials.NewFileOf(path, 10)
	again := d.started(t, waiting)
	if lost, err := again.Finish(t.Context()); err == nil || len(lost) > 0 || len(again.Leaving()) != 1 {
		t.Errorf("before the passphrase: lost %+v, %v", lost, err)
	}
	if err := waiting.Open(client.NewSecret("rather long passphrase")); err != nil {
		t.Fatal(err)
	}
	if lost, err := again.Finish(t.Context()); err != nil || len(lost) > 0 || len(again.Leaving()) > 0 {
		t.Errorf("after it: lost %+v, %v, leaving %+v", lost, err, again.Leaving())
	}
}

// It has nothing to end at the server, so nothing of it is lost there.
func TestAPastedTokenThatWasOnlyInMemoryIsNotSaidToBeLost(t *testing.T) {
	d, remote := newDesk(t), people(t)
	none := credentials.NewFile(filepath.Join(d.dir, "none"))
	c := d.started(t, none)
	ada := d.signInAs(t, c, remote.URL, "ada")
	app, err := ada.AddApp(t.Context(), client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "tokens"}})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := ada.CreateToken(t.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read", "tokens"}})
	if err != nil {
		t.Fatal(err)
	}
	pasted, err := c.SignIn(t.Context(), connect.Wish{Address: remote.URL, Way: connect.Token, Part: connect.Part{Token: token}})
	if err != nil {
		t.Fatal(err)
	}
	c.End(t.Context())
	again := d.started(t, none)
	if saved, err := again.Last(); err != nil || saved.Revoked {
		t.Errorf("noted as ended: %v, %v; a pasted token goes on", saved.Revoked, err)
	}
	if err := again.Remove(t.Context(), pasted.Saved); err != nil {
		t.Errorf("removed: %v", err)
	}
}

// security requirement 7
func TestWithoutAKeyringNoCredentialIsWritten(t *testing.T) {
	d, remote := newDesk(t), people(t)
	kept := credentials.NewFallback(noKeyring{})
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, HTTP: &http.Client{}, OpenBrowser: d.browse, Credentials: kept,
	})
	ada := d.signInAs(t, c, remote.URL, "ada")
	s, err := kept.Get(t.Context(), ada.Server.Issuer+"|"+ada.Subject)
	if err != nil {
		t.Fatal(err)
	}
	refresh := refreshTokenIn(t, s.Reveal())
	files, root := 0, os.DirFS(d.dir)
	err = fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		text, err := fs.ReadFile(root, path)
		if bytes.Contains(text, []byte(refresh)) {
			t.Errorf("%s has the refresh token", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
