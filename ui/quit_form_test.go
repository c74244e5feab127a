package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/ui/widgets"
)

const discard = "Discard what you have entered and quit?"

// forms open a form, and enter something.
var forms = map[string]struct{ open, enter func(*desk) }{
	"create":             {func(d *desk) { d.Shortcut(fyne.KeyN) }, func(d *desk) { d.Type("Nightly export") }},
	"create, other end":  {func(d *desk) { d.Shortcut(fyne.KeyN) }, func(d *desk) { d.Choose("Expires (UTC)", "Never") }},
	"create, no scope":   {func(d *desk) { d.Shortcut(fyne.KeyN) }, func(d *desk) { d.Tap("read") }},
	"replace":            {func(d *desk) { d.Tap("Lost the secret? Replace…") }, func(d *desk) { d.Choose("The old one ends", "In a day") }},
	"new app":            {func(d *desk) { d.Tap("Trusted apps"); d.Shortcut(fyne.KeyN) }, func(d *desk) { d.Type("Warehouse") }},
	"new app, scope":     {func(d *desk) { d.Tap("Trusted apps"); d.Shortcut(fyne.KeyN) }, func(d *desk) { d.Tap("read") }},
	"change app":         {(*desk).changeApp, func(d *desk) { pick(d.t, d.Field("System User"), "Ada Admin (ada)") }},
	"look of connection": {func(d *desk) { showLook(d.ui, d.ui.conn.Saved, nil) }, func(d *desk) { d.Type("Home") }},
}

func (d *desk) changeApp() {
	d.Tap("Trusted apps")
	d.ui.main.manager.Open(d.onlyApp())
	d.Tap("Change…")
}

func TestQuittingAFormAsksOnlyIfSomethingWasEntered(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			d := signedIn(t)
			d.create("Laptop")
			end := d.ends()
			f.open(d)
			d.Shortcut(fyne.KeyQ)
			if d.HasNot(discard); end.times != 1 {
				t.Errorf("nothing was entered; ended %d times", end.times)
			}
			f.enter(d)
			d.Shortcut(fyne.KeyQ)
			if d.Has(discard); end.times != 1 {
				t.Errorf("ended, with what was entered")
			}
			d.Tap("Discard and quit")
			if end.times != 2 {
				t.Errorf("told to quit, ended %d times", end.times-1)
			}
		})
	}
}

func TestGoingBackToAFormKeepsWhatWasEntered(t *testing.T) {
	for name, back := range map[string]func(*desk){
		"button": func(d *desk) { d.Tap("Go back") },
		"Enter":  func(d *desk) { d.Press(fyne.KeyReturn) }, // the focus is on the way back
		"Escape": func(d *desk) { d.Press(fyne.KeyEscape) },
	} {
		t.Run(name, func(t *testing.T) {
			d := signedIn(t)
			d.Shortcut(fyne.KeyN)
			d.Type("Nightly export")
			at, end := d.ui.window.Canvas().Focused(), d.ends()
			d.Shortcut(fyne.KeyQ)
			d.Shortcut(fyne.KeyQ) // which keeps asking
			if !d.Disabled("Generate token") {
				t.Error("a token can be made behind the question")
			}
			back(d)
			d.HasNot(discard)
			d.Has("Nightly export")
			if d.ui.window.Canvas().Focused() != at {
				t.Errorf("back, the focus is on %T", d.ui.window.Canvas().Focused())
			}
			if d.Press(fyne.KeyReturn); end.times != 0 {
				t.Error("the program ended")
			}
			d.Has("Your new token")
		})
	}
}

func TestAListOverAFormGivesWayToTheQuestion(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	test.Tap(d.Field("Trusted application").(*widgets.Select))
	d.Shortcut(fyne.KeyQ)
	d.Has(discard)
	d.Press(fyne.KeyEscape)
	d.HasNot(discard)
	d.Has("Nightly export")
}

func TestTheQuestionLooksAsDesigned(t *testing.T) {
	d := signedIn(t)
	d.Shortcut(fyne.KeyN)
	d.Type("Nightly export")
	d.Shortcut(fyne.KeyQ)
	picture(t, d, "quit-discard")
	d.ui.window.Resize(fyne.NewSize(narrow, 480))
	picture(t, d, "quit-discard-narrow")
	d.Has(discard)
}

func TestQuittingAnExpiredSignInThatNoWorkWaitsForAsksNothing(t *testing.T) {
	d, remote, end := atRemote(t)
	endSignIn(t, d, remote)
	d.ui.refresh()
	d.Await("Your sign-in has expired", "")
	if d.ui.Quit(); end.times != 1 {
		t.Errorf("ended %d times", end.times)
	}
	d.Await("Not now", "Not now")
}

func TestQuittingAnExpiredSignInAsksAboutTheWorkThatWaitsForIt(t *testing.T) {
	d, remote, end := atRemote(t)
	d.fill("Nightly export")
	endSignIn(t, d, remote)
	d.Begin(fyne.KeyReturn)
	d.Await("Your sign-in has expired", "")
	d.ui.Quit()
	d.Await("What you had begun waits for this sign-in. Discard it and quit?", "")
	picture(t, d, "quit-expired")
	if d.Await("Go back", "Go back"); end.times != 0 {
		t.Error("it ended all the same")
	}
	d.ui.Quit()
	if d.Await("Discard and quit", "Discard and quit"); end.times != 1 {
		t.Errorf("told to quit, ended %d times", end.times)
	}
	d.Await("Not now", "Not now")
}
