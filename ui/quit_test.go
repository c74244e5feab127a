package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/internal/testserver"
)

// ended counts how often the program was ended.
type ended struct {
	fyne.App
	times int
}

func (e *ended) Quit() { e.times++ }

// ends watches the program of a desk for its end.
func (d *desk) ends() *ended {
	e := &ended{App: d.ui.cfg.App}
	d.ui.cfg.App = e
	return e
}

// showsSecret is the desktop with a new secret on screen.
func showsSecret(t *testing.T) (*desk, *ended) {
	t.Helper()
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token")
	return d, d.ends()
}

// requirement 13: the quit that was asked for is what the answer is about.
func TestGivingUpASecretGoesOnToTheQuitThatWasAskedFor(t *testing.T) {
	for name, leave := range map[string]func(*desk){
		"close anyway": func(d *desk) { d.Shortcut(fyne.KeyQ); d.Tap("Close and quit") },
		"revoke now":   func(d *desk) { d.Shortcut(fyne.KeyQ); d.Tap("Revoke now") },
		"asked before": func(d *desk) { d.Press(fyne.KeyEscape); d.Shortcut(fyne.KeyQ); d.Tap("Close and quit") },
		"asked twice":  func(d *desk) { d.Shortcut(fyne.KeyQ); d.Shortcut(fyne.KeyQ); d.Tap("Close and quit") },
		"stored":       func(d *desk) { d.Tap("I have copied and securely stored the token"); d.Shortcut(fyne.KeyQ) },
	} {
		t.Run(name, func(t *testing.T) {
			d, end := showsSecret(t)
			leave(d)
			if d.ui.secret != nil || end.times != 1 {
				t.Errorf("the secret is there: %v; ended %d times", d.ui.secret != nil, end.times)
			}
		})
	}
}

func TestGoingBackToASecretDropsTheQuit(t *testing.T) {
	for name, back := range map[string]func(*desk){
		"button": func(d *desk) { d.Tap("Go back") },
		"escape": func(d *desk) { d.Press(fyne.KeyEscape) },
	} {
		t.Run(name, func(t *testing.T) {
			d, end := showsSecret(t)
			d.Shortcut(fyne.KeyQ)
			back(d)
			d.Has("Your new token")
			d.Tap("I have copied and securely stored the token")
			d.Tap("Done")
			if d.ui.secret != nil || end.times != 0 {
				t.Errorf("the secret is there: %v; ended %d times", d.ui.secret != nil, end.times)
			}
		})
	}
}

func TestGivingUpASecretGoesOnToWhatElseWasAskedFor(t *testing.T) {
	for name, ask := range map[string]func(*desk){
		"Connections":      func(d *desk) { d.ui.manage() },
		"Add a connection": func(d *desk) { d.ui.add() },
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := showsSecret(t)
			ask(d)
			d.Tap("Close and go on")
			d.Has(map[string]string{"Connections": "Connections", "Add a connection": "Another server"}[name])
		})
	}
}

// atRemote is signed in at a server whose sign-ins can be ended.
func atRemote(t *testing.T) (*desk, *testserver.Remote, *ended) {
	t.Helper()
	d, remote := openRemote(t, "ada")
	d.signInAt(remote.URL)
	d.Has("Signed in as ada")
	return d, remote, d.ends()
}

// What asks for the sign-in is in front of the secret, and of its question.
func TestQuittingASecretBehindAnExpiredSignInSaysWhyItDoesNot(t *testing.T) {
	d, remote, end := atRemote(t)
	d.fill("Nightly export")
	d.Press(fyne.KeyReturn)
	d.Has("Your new token")
	endSignIn(t, d, remote)
	d.Await("Lost it? Revoke now", "Lost it? Revoke now")
	d.Await("Revoke now", "Revoke now")
	d.Await("Your sign-in has expired", "")
	d.ui.Quit()
	d.Await("Keyfob does not quit yet", "Wait for the answer")
	d.Await("Your sign-in has expired", "Not now")
	d.Has("Your new token")
	if d.ui.secret == nil || end.times != 0 {
		t.Errorf("the secret is there: %v; ended %d times", d.ui.secret != nil, end.times)
	}
}
