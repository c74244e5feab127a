package secret

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/clipboard"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

const plain = "enrt_p3Kd82hsQ0vBzL1mNcXyT5rWqE9uIoPaSdFgHjKlZ4MX7Qd2"

var token = client.Token{
	ID: "1", Kind: client.PAT, Description: "Nightly export", Hint: "7Qd2",
	App:    client.AppRef{ID: "a", Name: "Local scripts"},
	ActsAs: client.UserRef{ID: "u", Login: "ada", Name: "Ada Admin"},
	Scopes: []string{"read"}, ExpiresAt: time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC),
}

var _ Clipboard = (*clipboard.Clipboard)(nil)

// board is a clipboard that can fail and whose loans end on demand; the real
// one is tested in its own package.
type board struct {
	mu  sync.Mutex
	got []string
	end chan clipboard.End
	err error

	reach clipboard.Reach
}

func (b *board) Copy(_ context.Context, s client.Secret) (clipboard.Loan, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return clipboard.Loan{}, b.err
	}
	b.got = append(b.got, s.Reveal())
	b.end = make(chan clipboard.End, 1)
	return clipboard.Loan{For: 30 * time.Second, End: b.end, Reach: b.reach}, nil
}

func (b *board) copies() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

func open(t *testing.T, variant fyne.ThemeVariant, change func(*Params)) (*Dialog, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.NewVariant(variant))
	w := test.NewTempWindow(t, container.NewStack())
	w.Resize(fyne.NewSize(960, 640))
	p := Params{Token: token, Secret: client.NewSecret(plain), Server: "http://127.0.0.1:8642", Clipboard: &board{}}
	if change != nil {
		change(&p)
	}
	return Show(w, p), w
}

func TestTheDialogLooksAsDesigned(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			look(t, name, variant)
		})
	}
}

func look(t *testing.T, name string, variant fyne.ThemeVariant) {
	t.Helper()
	d, w := open(t, variant, func(p *Params) {
		p.Revoke = func(context.Context) error { return nil }
		p.Test = func(context.Context, client.Secret) (client.UserRef, error) { return token.ActsAs, nil }
	})
	test.AssertRendersToImage(t, "masked-"+name+".png", w.Canvas())
	d.hold.set(true)
	d.hide.Stop() // or a slow machine's picture has it masked already
	test.AssertRendersToImage(t, "shown-"+name+".png", w.Canvas())
	d.hold.letGo()
	d.status.say(widget.SuccessImportance, i18n.T("secret.copied")+" "+i18n.T("secret.clearedIn", "Seconds", 28))
	test.Tap(d.stored)
	test.AssertRendersToImage(t, "copied-"+name+".png", w.Canvas())
	test.Tap(d.stored)
	d.revoked(client.ErrOffline)
	test.AssertRendersToImage(t, "revoke-failed-"+name+".png", w.Canvas())
	d.Leave()
	test.AssertRendersToImage(t, "asking-"+name+".png", w.Canvas())
}

// cells are the characters in the box.
func (d *Dialog) onScreen() string { return strings.Join(d.value.cells(), "") }

// texts are all texts of what is over the window, drawn ones and hidden ones.
func texts(w fyne.Window) string {
	var all strings.Builder
	for _, o := range test.LaidOutObjects(w.Canvas().Overlays().Top()) {
		if text, ok := o.(*canvas.Text); ok {
			all.WriteString(text.Text)
		}
	}
	return all.String()
}

// tapButton taps the button of the topmost dialog that says text.
func tapButton(t *testing.T, w fyne.Window, text string) {
	t.Helper()
	for _, o := range test.LaidOutObjects(w.Canvas().Overlays().Top()) {
		if b, ok := o.(*widgets.Button); ok && b.Text == text && b.Visible() && !b.Disabled() {
			test.Tap(b)
			return
		}
	}
	t.Fatalf("there is no button %q", text)
}

// press types a key where the focus is.
func press(w fyne.Window, key fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: key}
	if f := w.Canvas().Focused(); f != nil {
		f.TypedKey(ev)
		return
	}
	w.Canvas().OnTypedKey()(ev)
}

func primary() *desktop.MouseEvent { return &desktop.MouseEvent{Button: desktop.MouseButtonPrimary} }

// requirement 10
func TestTheSecretStandsMaskedAndThisIsSaidToBeTheOnlyTime(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	if want := "enrt_p" + strings.Repeat(bullet, 43) + "7Qd2"; d.onScreen() != want {
		t.Errorf("shows %s", d.onScreen())
	}
	all := texts(w)
	if strings.Contains(all, plain[8:20]) {
		t.Error("the secret is drawn")
	}
	if !strings.Contains(all, "only time") {
		t.Error("does not say that it is the only time")
	}
	if strings.Contains(w.Title(), "enrt") {
		t.Error(w.Title())
	}
}

// requirements 109, 111
func TestTheDialogSaysWhatHoldingTheTokenMeans(t *testing.T) {
	_, w := open(t, fynetheme.VariantLight, nil)
	all := strings.ReplaceAll(texts(w), "\n", " ")
	for _, part := range []string{"acts as Ada Admin", "Do not share it"} {
		if !strings.Contains(all, part) {
			t.Errorf("lacks %q", part)
		}
	}
}

func TestTheSecretIsReadableOnlyWhileTheButtonIsHeld(t *testing.T) {
	for name, letGo := range map[string]func(*holdButton, fyne.Window){
		"mouse up":             func(b *holdButton, _ fyne.Window) { b.MouseUp(primary()) },
		"mouse away":           func(b *holdButton, _ fyne.Window) { b.MouseOut() },
		"focus lost":           func(_ *holdButton, w fyne.Window) { w.Canvas().Unfocus() },
		"focus to the next":    func(_ *holdButton, w fyne.Window) { w.Canvas().FocusNext() },
		"Escape":               func(_ *holdButton, w fyne.Window) { press(w, fyne.KeyEscape) },
		"Space up after mouse": func(b *holdButton, _ fyne.Window) { b.KeyUp(&fyne.KeyEvent{Name: fyne.KeySpace}) },
	} {
		t.Run(name, func(t *testing.T) {
			d, w := open(t, fynetheme.VariantLight, nil)
			d.hold.MouseDown(primary())
			if d.onScreen() != plain {
				t.Fatalf("held, it shows %s", d.onScreen())
			}
			letGo(d.hold, w)
			if d.onScreen() == plain {
				t.Error("still readable")
			}
		})
	}
}

func TestSpaceHoldsToo(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	w.Canvas().Focus(d.hold)
	d.hold.KeyDown(&fyne.KeyEvent{Name: fyne.KeySpace})
	press(w, fyne.KeySpace) // what the toolkit sends on top, and again while it is held
	if d.onScreen() != plain {
		t.Fatalf("held, it shows %s", d.onScreen())
	}
	d.hold.KeyUp(&fyne.KeyEvent{Name: fyne.KeySpace})
	if d.onScreen() == plain {
		t.Error("still readable")
	}
}

func TestOtherMouseButtonsAndKeysShowNothing(t *testing.T) {
	d, w := open(t, fynetheme.VariantLight, nil)
	d.hold.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonSecondary})
	d.hold.KeyDown(&fyne.KeyEvent{Name: fyne.KeyA})
	w.Canvas().Focus(d.hold)
	press(w, fyne.KeyReturn)
	test.Tap(d.hold)
	if d.onScreen() == plain {
		t.Error("readable")
	}
}

// security requirement 5
func TestTwentySecondsAreTheLongestItStaysReadable(t *testing.T) {
	for held, readable := range map[time.Duration]bool{shownAtMost - time.Nanosecond: true, shownAtMost: false} {
		synctest.Test(t, func(t *testing.T) {
			d, _ := open(t, fynetheme.VariantLight, nil)
			d.hold.MouseDown(primary())
			time.Sleep(held)
			synctest.Wait()
			if (d.onScreen() == plain) != readable {
				t.Errorf("held for %v, it shows %s", held, d.onScreen())
			}
			d.hold.letGo()
			d.hold.MouseDown(primary())
			if d.onScreen() != plain {
				t.Error("pressing again does not show it")
			}
			d.hold.letGo()
		})
	}
}
