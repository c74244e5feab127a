package signin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
	"keyfob/ui/words"
)

func open(t *testing.T, variant fyne.ThemeVariant, p Params) (*View, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.NewVariant(variant))
	return view(t, p)
}

// view is the first screen in the application of the moment.
func view(t *testing.T, p Params) (*View, fyne.Window) {
	t.Helper()
	if p.KeepInFile == nil {
		p.KeepInFile = func() {}
	}
	if p.Changed == nil {
		p.Changed = func() {}
	}
	if p.Begun == nil {
		p.Begun = func() {}
	}
	v := New(p)
	w := test.NewTempWindow(t, v.Content)
	w.Resize(fyne.NewSize(960, 640))
	return v, w
}

func TestTheFirstScreenLooksAsDesigned(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			look(t, name, variant)
		})
	}
}

func look(t *testing.T, name string, variant fyne.ThemeVariant) {
	t.Helper()
	v, w := open(t, variant, Params{Keyring: func(context.Context) Keeping { return Kept }})
	v.update(t.Context())
	v.Focus()
	test.AssertRendersToImage(t, "first-"+name+".png", w.Canvas())
	v.address.SetText("https://tokens.example.com")
	v.begin("Waiting for your browser…", &v.other)
	v.Opened("https://tokens.example.com/id/authorize", nil)
	test.AssertRendersToImage(t, "waiting-"+name+".png", w.Canvas())
	v.idle()
	v.failAddress(words.For(client.ErrNotAServer))
	v.failBuiltIn(words.For(errors.New("x")))
	v.ShowKeeping(UntilQuit)
	test.AssertRendersToImage(t, "failed-"+name+".png", w.Canvas())
	lookAtOtherWays(t, name, v, w)
}

func lookAtOtherWays(t *testing.T, name string, v *View, w fyne.Window) {
	t.Helper()
	w.Resize(fyne.NewSize(960, 740))
	v.failBuiltIn(words.Sentence{})
	v.noteAddress(words.Sentence{})
	v.begin("Looking for the server…", &v.other)
	v.ShowCode(Code{Text: "WDJB-MJHT", URL: "https://tokens.example.com/device", Expires: time.Now().Add(10 * time.Minute)})
	v.waiting.code.tick.Stop() // or a slow machine's picture has less time left
	test.AssertRendersToImage(t, "code-"+name+".png", w.Canvas())
	v.idle()
	v.ways.set(Token)
	v.ways.noteToken(words.For(client.ErrTokenRefused).Text)
	v.advanced.box.Show()
	v.advanced.path.Text = "/etc/ssl/example-ca.pem"
	v.advanced.path.Refresh()
	v.advanced.show(0, []byte("x"), []client.Certificate{{Subject: "CN=Example Root CA,O=Example", Fingerprint: strings.Repeat("AB:CD:", 15) + "EF:01"}}, nil)
	w.Canvas().Unfocus()
	test.AssertRendersToImage(t, "token-"+name+".png", w.Canvas())
}

// press types a key where the focus is.
func press(w fyne.Window, key fyne.KeyName) {
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
}

// server answers when it is told to, and counts who asks.
type server struct {
	mu     sync.Mutex
	asked  []string
	answer chan error
}

func (s *server) signIn(ctx context.Context, w Wish) error {
	asked := w.Address
	if w.Way == Token {
		asked += " with " + w.Token.Reveal()
	}
	s.mu.Lock()
	s.asked = append(s.asked, asked)
	s.mu.Unlock()
	select {
	case err := <-s.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) useBuiltIn(ctx context.Context) error {
	return s.signIn(ctx, Wish{Address: "built-in"})
}

func (s *server) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// bubble runs a test with a view before a server, in time of its own.
func bubble(t *testing.T, run func(*testing.T, *View, fyne.Window, *server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: make(chan error)}
		v, w := open(t, fynetheme.VariantLight, Params{UseBuiltIn: s.useBuiltIn, SignIn: s.signIn})
		run(t, v, w, s)
	})
}

func TestOneKeySignsInToTheBuiltInServer(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, w fyne.Window, s *server) {
		v.Focus()
		press(w, fyne.KeyReturn)
		synctest.Wait()
		if !v.use.Disabled() || !v.ways.submit.Disabled() || !v.address.Disabled() {
			t.Error("can be started twice")
		}
		s.answer <- nil
		synctest.Wait()
		if diff := cmp.Diff([]string{"built-in"}, s.calls()); diff != "" {
			t.Error(diff)
		}
		if v.builtIn.said.Visible() || v.use.Disabled() {
			t.Error("does not rest after success")
		}
	})
}

func TestEnterInTheAddressSignsInWithTheBrowser(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, w fyne.Window, s *server) {
		w.Canvas().Focus(v.address)
		test.Type(v.address, "https://tokens.example.com")
		press(w, fyne.KeyReturn)
		synctest.Wait()
		if diff := cmp.Diff([]string{"https://tokens.example.com"}, s.calls()); diff != "" {
			t.Error(diff)
		}
		if w.Canvas().Focused() != v.waiting.cancel {
			t.Error("the focus is not on Cancel")
		}
		s.answer <- nil
		synctest.Wait()
	})
}

func TestAFailureStandsAtTheFieldAndKeepsWhatWasTyped(t *testing.T) {
	for _, err := range []error{client.ErrBadAddress, client.ErrInsecure, client.ErrCertificate, client.ErrNotAServer, client.ErrOffline, client.ErrSignInRefused} {
		bubble(t, func(t *testing.T, v *View, w fyne.Window, s *server) {
			v.address.SetText("https://tokens.example.com")
			v.startSignIn()
			s.answer <- err
			synctest.Wait()
			if v.note.Text != words.For(err).Text || v.note.Importance != widget.DangerImportance {
				t.Errorf("%v: says %q", err, v.note.Text)
			}
			if v.address.Text != "https://tokens.example.com" || w.Canvas().Focused() != v.address {
				t.Errorf("%v: the field has %q, focus on %T", err, v.address.Text, w.Canvas().Focused())
			}
			test.Type(v.address, "x")
			if v.note.Importance == widget.DangerImportance {
				t.Errorf("%v: still said while typing", err)
			}
		})
	}
}

func TestAnEmptyAddressIsSaidWithoutAskingAnybody(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, _ fyne.Window, s *server) {
		v.startSignIn()
		synctest.Wait()
		if len(s.calls()) > 0 || v.note.Text != words.For(client.ErrBadAddress).Text {
			t.Errorf("asked %v, says %q", s.calls(), v.note.Text)
		}
	})
}

func TestTheBuiltInServersFailureStandsOnItsCard(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, _ fyne.Window, s *server) {
		v.startBuiltIn()
		s.answer <- client.ErrServer
		synctest.Wait()
		if !v.builtIn.said.Visible() || v.builtIn.said.Text != words.For(client.ErrServer).Text {
			t.Errorf("says %q", v.builtIn.said.Text)
		}
		v.startBuiltIn()
		if v.builtIn.said.Visible() {
			t.Error("still said while trying again")
		}
		s.answer <- nil
		synctest.Wait()
	})
}

func TestCancelEndsTheAttemptAndIgnoresItsAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, w fyne.Window, _ *server) {
		v.address.SetText("https://tokens.example.com")
		v.startSignIn()
		synctest.Wait()
		press(w, fyne.KeyReturn) // on Cancel
		if v.address.Disabled() || v.note.Importance == widget.DangerImportance {
			t.Errorf("after cancelling: says %q", v.note.Text)
		}
		synctest.Wait() // the server answers with the context's error
		if v.note.Importance == widget.DangerImportance || w.Canvas().Focused() != v.address {
			t.Errorf("cancelling is called a failure: %q", v.note.Text)
		}
	})
}

func TestWhatAnAbandonedAttemptStillAnswersIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []chan error{make(chan error), make(chan error)}
		attempt := 0
		v, _ := open(t, fynetheme.VariantLight, Params{
			Address: "https://tokens.example.com",
			SignIn: func(context.Context, Wish) error { // deaf to its context
				attempt++
				return <-answers[attempt-1]
			},
		})
		v.startSignIn()
		synctest.Wait()
		v.cancel()
		v.startSignIn()
		synctest.Wait()
		answers[0] <- client.ErrOffline
		synctest.Wait()
		if v.note.Importance == widget.DangerImportance || !v.ways.submit.Disabled() {
			t.Errorf("the second attempt was taken for ended: %q", v.note.Text)
		}
		answers[1] <- nil
		synctest.Wait()
	})
}

func TestTheSignInPageCanBeOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opened := &server{answer: make(chan error)}, make(chan string, 1)
		v, _ := open(t, fynetheme.VariantLight, Params{
			Address: "https://tokens.example.com", SignIn: s.signIn,
			OpenURL: func(url string) error { opened <- url; return nil },
		})
		v.startSignIn()
		synctest.Wait()
		if v.waiting.link.buttons[0].Visible() || v.waiting.link.buttons[1].Visible() {
			t.Error("offers a page that nobody has opened yet")
		}
		v.Opened("https://tokens.example.com/id/authorize?x=1", nil)
		test.Tap(v.waiting.link.buttons[0])
		if url := <-opened; url != "https://tokens.example.com/id/authorize?x=1" {
			t.Error(url)
		}
		test.Tap(v.waiting.link.buttons[1])
		if got := fyne.CurrentApp().Clipboard().Content(); got != "https://tokens.example.com/id/authorize?x=1" {
			t.Errorf("copied %q", got)
		}
		v.Opened("https://tokens.example.com/id/authorize?x=1", errors.New("no browser"))
		if width := v.other.box.MinSize().Width; width > cardWidth || !v.waiting.failing.Visible() {
			t.Errorf("that the browser did not come up takes %v, visible %v", width, v.waiting.failing.Visible())
		}
		s.answer <- nil
		synctest.Wait()
	})
}

func TestTheScreenSaysWhatBecomesOfTheSignIn(t *testing.T) {
	for keeping, want := range map[Keeping]string{Unknown: "Looking for", Kept: "kept in your keyring", UntilQuit: "cannot be used, so a sign-in lasts only until you quit", Refused: "was not opened, so", FileLocked: "encrypted file is locked"} {
		v, _ := open(t, fynetheme.VariantLight, Params{Keyring: func(context.Context) Keeping { return keeping }})
		v.update(t.Context())
		if !strings.Contains(v.keeping.Text, want) {
			t.Errorf("%v: %s", keeping, v.keeping.Text)
		}
	}
}

func TestTheCursorIsWhereTheLastSignInWas(t *testing.T) {
	v, w := open(t, fynetheme.VariantLight, Params{Address: "https://tokens.example.com"})
	v.Focus()
	if w.Canvas().Focused() != v.address || v.address.Text != "https://tokens.example.com" {
		t.Errorf("focus on %T, address %q", w.Canvas().Focused(), v.address.Text)
	}
}

func TestAPastedTokenIsAskedForAndLeavesTheScreen(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, w fyne.Window, s *server) {
		v.address.SetText("https://tokens.example.com")
		v.ways.choose(Token)
		if w.Canvas().Focused() != v.ways.token || !v.ways.token.Password {
			t.Errorf("focus on %T, masked %v", w.Canvas().Focused(), v.ways.token.Password)
		}
		if strings.Contains(v.note.Text, "browser") {
			t.Errorf("without a browser it says %q", v.note.Text)
		}
		press(w, fyne.KeyReturn)
		synctest.Wait()
		if len(s.calls()) > 0 {
			t.Errorf("asked %v without a token", s.calls())
		}
		test.Type(v.ways.token, "enrt_x")
		press(w, fyne.KeyReturn)
		synctest.Wait()
		if v.ways.token.Text != "" {
			t.Error("the token stays in its field")
		}
		s.answer <- client.ErrTokenRefused
		synctest.Wait()
		if diff := cmp.Diff([]string{"https://tokens.example.com with enrt_x"}, s.calls()); diff != "" {
			t.Error(diff)
		}
		if v.ways.tokenNote.Text != words.For(client.ErrTokenRefused).Text || w.Canvas().Focused() != v.ways.token {
			t.Errorf("says %q", v.ways.tokenNote.Text)
		}
	})
}

func TestACodeCountsDownUntilItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		uitest.NewApp(t)
		p := NewCodePanel(nil, func() {})
		p.Show(Code{Text: "WDJB-MJHT", URL: "https://tokens.example.com/device", Expires: time.Now().Add(65 * time.Second)})
		says := func(want string) {
			t.Helper()
			synctest.Wait()
			uitest.Settle()
			if !strings.Contains(p.left.Text, want) {
				t.Errorf("says %q, want %s", p.left.Text, want)
			}
		}
		says("1:05")
		time.Sleep(2 * time.Second)
		says("1:03")
		time.Sleep(time.Minute)
		says("0:03")
		time.Sleep(4 * time.Second)
		says("run out")
		p.copyCode()
		if got := fyne.CurrentApp().Clipboard().Content(); got != "WDJB-MJHT" {
			t.Errorf("copied %q", got)
		}
	})
}

func TestACodeThatNobodyTypedIsTakenAway(t *testing.T) {
	bubble(t, func(t *testing.T, v *View, _ fyne.Window, s *server) {
		v.address.SetText("https://tokens.example.com")
		v.ways.choose(Device)
		synctest.Wait()
		v.ShowCode(Code{Text: "WDJB-MJHT", URL: "https://tokens.example.com/device", Expires: time.Now().Add(65 * time.Second)})
		s.answer <- client.ErrCodeExpired
		synctest.Wait()
		if v.waiting.code.Content.Visible() || v.note.Text != words.For(client.ErrCodeExpired).Text {
			t.Errorf("says %q", v.note.Text)
		}
	})
}

// An access token brings no browser back.
func TestOnlyTheBrowserIsAskedWhereItComesBackTo(t *testing.T) {
	v, w := open(t, fynetheme.VariantLight, Params{})
	screen := uitest.Of(t, w)
	v.advanced.toggle()
	screen.Has("Where the browser comes back to", "localhost")
	v.advanced.hosts.SetSelected(1)
	for _, way := range []Way{Token, Device} {
		v.ways.set(way)
		screen.HasNot("Where the browser comes back to", "localhost")
		if wish, _ := v.advanced.wish(); wish.LoopbackHost != "" {
			t.Errorf("way %d comes back to %s", way, wish.LoopbackHost)
		}
	}
	v.ways.set(Browser)
	screen.Has("Where the browser comes back to")
}

func TestAFileOfAnAuthorityIsReadAndShownBeforeItIsTrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: make(chan error)}
		uitest.NewApp(t)
		fyne.CurrentApp().Settings().SetTheme(theme.NewVariant(fynetheme.VariantLight))
		v, w := view(t, Params{SignIn: s.signIn, Address: "https://tokens.example.com", Certificates: func(file []byte) ([]client.Certificate, error) {
			if string(file) != "good" {
				return nil, client.ErrNoCertificate
			}
			return []client.Certificate{{Subject: "CN=Example", Fingerprint: "AB:CD"}}, nil
		}})
		v.advanced.toggle()
		for content, want := range map[string]string{"bad": "no certificate", "good": "CN=Example\nSHA-256\nAB CD"} {
			file := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			v.advanced.path.SetText(file)
			uitest.Settle()
			if !strings.Contains(v.advanced.trusts.Text, want) {
				t.Errorf("%s: says %q", content, v.advanced.trusts.Text)
			}
		}
		v.advanced.path.SetText("/nowhere")
		uitest.Settle()
		v.startSignIn()
		uitest.Settle()
		if len(s.calls()) > 0 || w.Canvas().Focused() != v.advanced.path {
			t.Errorf("signs in without the file: %v", s.calls())
		}
	})
}
