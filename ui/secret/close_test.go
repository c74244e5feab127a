package secret

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/i18n"
)

// requirement 12
func TestDoneWorksOnlyAfterTheCheckBox(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	w.Canvas().Focus(d.stored)
	press(w, fyne.KeyReturn)
	if !d.Shown() {
		t.Fatal("Enter closed it before the box was ticked")
	}
	test.Tap(d.stored)
	w.Canvas().Focus(d.stored)
	press(w, fyne.KeyReturn)
	if d.Shown() {
		t.Error("Enter does not close it although the box is ticked")
	}
}

func TestUntickingDisablesDoneAgain(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	test.Tap(d.stored)
	test.Tap(d.stored)
	w.Canvas().Focus(d.stored)
	press(w, fyne.KeyReturn)
	if !d.Shown() {
		t.Error("closed")
	}
}

// requirement 13
func TestEscapeWithoutTheTickAsksWhereverTheFocusIs(t *testing.T) {
	for name, at := range map[string]func(*Dialog) fyne.Focusable{
		"copy": func(d *Dialog) fyne.Focusable { return d.copyIt }, "hold": func(d *Dialog) fyne.Focusable { return d.hold },
		"check box": func(d *Dialog) fyne.Focusable { return d.stored }, "nothing": func(*Dialog) fyne.Focusable { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			d, w := open(t, fynetheme.VariantLight, nil)
			w.Canvas().Focus(at(d))
			press(w, fyne.KeyEscape)
			if !d.Shown() || !d.asking || !strings.Contains(d.ask.text.Text, "Close without storing it?") {
				t.Fatalf("shown %v, asks %q", d.Shown(), d.ask.text.Text)
			}
			if w.Canvas().Focused() != d.ask.back {
				t.Error("the focus is not on the way back")
			}
			press(w, fyne.KeyEscape)
			if !d.Shown() || d.asking {
				t.Error("Escape on the question does not go back")
			}
			if w.Canvas().Focused() != d.stored {
				t.Errorf("back, the focus is on %T", w.Canvas().Focused())
			}
		})
	}
}

func TestTheQuestionChangesWithWhatIsCopiedMeanwhile(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, nil)
	d.Leave()
	d.keep(closeCopied)
	if got := d.ask.text.Text; got != i18n.T(closeCopied) {
		t.Errorf("asks %q", got)
	}
	d.goBack()
	d.askLost()
	d.keep("")
	if got := d.ask.text.Text; got != i18n.T("secret.lostAsk") {
		t.Errorf("asked whether to revoke it, it now says %q", got)
	}
}

// requirement 13
func TestATapBesideTheDialogDoesNotCloseIt(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	test.TapCanvas(w.Canvas(), fyne.NewPos(2, 2))
	if !d.Shown() {
		t.Error("closed")
	}
}

func TestEscapeAfterTheTickCloses(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	test.Tap(d.stored)
	press(w, fyne.KeyEscape)
	if d.Shown() {
		t.Error("still there")
	}
}

// requirement 9: however it is closed, nothing of the secret is left.
func TestNothingIsLeftAfterClosing(t *testing.T) {
	for name, leave := range map[string]func(*Dialog){
		"done":         func(d *Dialog) { test.Tap(d.stored); d.Leave() },
		"close anyway": func(d *Dialog) { d.Leave(); test.Tap(d.ask.other) },
		"while held":   func(d *Dialog) { d.hold.MouseDown(primary()); d.close() },
		"revoked":      func(d *Dialog) { d.revoked(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s, done := client.NewSecret(plain), 0
			d, w := open(t, fynetheme.VariantLight, func(p *Params) {
				p.Secret, p.OnDone = s, func() { done++ }
			})
			dialog := w.Canvas().Overlays().Top()
			leave(d)
			if d.Shown() || done != 1 {
				t.Fatalf("shown %v, told %d times", d.Shown(), done)
			}
			if !s.IsZero() {
				t.Error("the secret is not wiped")
			}
			w.Canvas().Overlays().Add(dialog) // looks at what its widgets still have
			if all := texts(w); strings.Contains(all, "7Qd2") || strings.Contains(all, "enrt_") {
				t.Errorf("its widgets still have %s", all)
			}
			w.Canvas().Overlays().Remove(dialog)
		})
	}
}

// requirement 14
func TestALostSecretIsRevokedAfterAskingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error)
		d, w := open(t, fynetheme.VariantLight, func(p *Params) {
			p.Revoke = func(context.Context) error { return <-answer }
		})
		test.Tap(d.lost)
		if !d.asking || !strings.Contains(d.ask.text.Text, "stops working at once") {
			t.Fatalf("asks %q", d.ask.text.Text)
		}
		test.Tap(d.ask.revoke)
		synctest.Wait()
		if !d.dialog.Busy() {
			t.Error("does not say that it is busy")
		}
		d.Leave()
		if !d.Shown() {
			t.Fatal("left in the middle of it")
		}
		answer <- client.ErrOffline
		synctest.Wait()
		if all := texts(w); d.dialog.Busy() || !d.Shown() || !strings.Contains(all, "cannot be reached") {
			t.Errorf("after a failure: busy %v, shown %v, says %s", d.dialog.Busy(), d.Shown(), all)
		}
		d.startRevoke() // Try again
		synctest.Wait()
		answer <- nil
		synctest.Wait()
		if d.Shown() {
			t.Error("still open although it is revoked")
		}
	})
}

func TestWithoutAWayToRevokeNoneIsOffered(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, nil)
	d.Leave()
	if d.lost != nil || d.ask.revoke.Visible() {
		t.Error("offers to revoke")
	}
}
