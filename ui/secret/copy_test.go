package secret

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keyfob/client"
	"keyfob/client/handover"
	"keyfob/ui/clipboard"
)

// requirement 11
func TestCopyCopiesExactlyTheValueAndCountsDown(t *testing.T) {
	for after, left := range map[time.Duration]string{0: "in 30 s", 12 * time.Second: "in 18 s", 29*time.Second + 1: "in 1 s"} {
		synctest.Test(t, func(t *testing.T) {
			b := &board{}
			d, _ := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = b })
			test.Tap(d.copyIt)
			time.Sleep(after)
			synctest.Wait()
			if diff := cmp.Diff([]string{plain}, b.copies()); diff != "" {
				t.Error(diff)
			}
			says(t, d, "Copied.", left)
			if !d.Shown() {
				t.Error("the dialog closed")
			}
			d.close()
		})
	}
}

func TestTheStatusLineTellsTheTruth(t *testing.T) {
	for end, words := range map[clipboard.End]string{
		clipboard.Cleared:    "has been cleared",
		clipboard.Replaced:   "no longer on the clipboard",
		clipboard.NotCleared: "could not be cleared",
	} {
		t.Run(words, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &board{}
				d, _ := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = b })
				says(t, d, "Not copied yet")
				test.Tap(d.copyIt)
				synctest.Wait()
				b.end <- end
				synctest.Wait()
				says(t, d, words)
			})
		})
	}
}

func TestACopyThatFailsIsSaidAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{err: clipboard.ErrUnavailable}
		d, _ := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = b })
		test.Tap(d.copyIt)
		synctest.Wait()
		says(t, d, "Not copied", "Try again")
		b.err = nil
		test.Tap(d.copyIt)
		synctest.Wait()
		says(t, d, "in 30 s")
		d.close()
	})
}

func TestTheLatestCopySpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		d, _ := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = b })
		test.Tap(d.copyIt)
		synctest.Wait()
		first := b.end
		d.copyAs()
		synctest.Wait()
		first <- clipboard.Cleared
		synctest.Wait()
		says(t, d, ".env", "in 30 s")
		d.close()
	})
}

func says(t *testing.T, d *Dialog, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(d.status.line.Text, part) {
			t.Errorf("says %q, not %q", d.status.line.Text, part)
		}
	}
}

// requirement 11
func TestEachFormIsCopiedWithoutBeingShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		d, w := open(t, fynetheme.VariantLight, func(p *Params) {
			p.Clipboard, p.Example = b, p.Server+"/profile/me"
		})
		var want []string
		for i, f := range handover.Forms {
			d.form.SetSelectedIndex(i)
			tapButton(t, w, "Copy as")
			synctest.Wait()
			want = append(want, f.Text(d.card()).Reveal())
			says(t, d, "Copied as "+d.form.Selected, "in 30 s")
			if strings.Contains(texts(w), plain[8:20]) {
				t.Errorf("%s: the secret was shown on the way", f.Name)
			}
		}
		if diff := cmp.Diff(want, b.copies()); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(want[2], `"http://127.0.0.1:8642/profile/me"`) || !d.Shown() {
			t.Errorf("curl calls %s", want[2])
		}
		d.close()
	})
}

func TestEachFormSaysInALineForWhomItIs(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, nil)
	line := lineHeight(d)
	said := map[string]string{}
	for i, f := range handover.Forms {
		d.form.SetSelectedIndex(i)
		hint := d.forWhom.Text
		if other, taken := said[hint]; taken || !strings.HasSuffix(hint, ".") || strings.HasPrefix(hint, "secret.") {
			t.Errorf("%s: %q, which is said of %q", f.Name, hint, other)
		}
		said[hint] = f.Name
		if d.forWhom.MinSize().Height > line {
			t.Errorf("%s needs more than a line: %s", f.Name, hint)
		}
	}
}

func lineHeight(d *Dialog) float32 {
	was := d.forWhom.Text
	d.forWhom.SetText("one")
	defer d.forWhom.SetText(was)
	return d.forWhom.MinSize().Height
}

// netrc has it sent by Basic, which no Keyfob server takes for a PAT or a SAT.
func TestTheNetrcFormSaysThatAKeyfobServerDoesNotTakeIt(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, nil)
	d.form.SetSelected(".netrc entry")
	for _, want := range []string{"password", "Git over HTTPS", "Keyfob server", "Bearer"} {
		if !strings.Contains(d.forWhom.Text, want) {
			t.Errorf("%q is not in %q", want, d.forWhom.Text)
		}
	}
}

// A SAT gets 403 where a PAT asks who it is.
func TestTheExampleForASATCallsTheServerItself(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, func(p *Params) {
		p.Example, p.Token.Kind = p.Server+"/profile/me", client.SAT
	})
	if try := d.card().Try; try != d.p.Server {
		t.Errorf("calls %s", try)
	}
}

func TestWhatADesktopCannotPromiseIsSaid(t *testing.T) {
	for reach, words := range map[clipboard.Reach]string{
		clipboard.Bridged: "another window is in front", clipboard.Windows: "ended by force", clipboard.Pasteboard: "Apple devices",
	} {
		synctest.Test(t, func(t *testing.T) {
			d, _ := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = &board{reach: reach} })
			test.Tap(d.copyIt)
			synctest.Wait()
			says(t, d, "in 30 s", words)
			d.close()
		})
	}
}

// However the server writes its secrets, masking shows at most a prefix and
// four characters, and nothing of a short one.
func TestMaskingKeepsAlmostEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z]{0,6}_?[0-9A-Za-z_.-]{1,70}`).Draw(t, "secret")
		hint := s[max(0, len(s)-rapid.IntRange(0, 8).Draw(t, "hint")):]
		masked := mask(s, hint)
		if len(masked) != len(s) {
			t.Fatalf("%d cells for %d characters", len(masked), len(s))
		}
		shown := 0
		for i, c := range masked {
			switch c {
			case bullet:
			case s[i : i+1]:
				shown++
			default:
				t.Fatalf("cell %d is %s", i, c)
			}
		}
		if shown > 13+hintLength || len(s) < maskWholly && shown > 0 {
			t.Fatalf("%d of %d characters are shown: %v", shown, len(s), masked)
		}
	})
}

func TestTheDialogNamesTheToken(t *testing.T) {
	never := token
	never.Kind, never.ExpiresAt, never.Description = client.SAT, time.Time{}, ""
	for want, tok := range map[string]client.Token{
		"Nightly export · Local scripts · Personal access token · read · expires 20 Feb 2027": token,
		"Local scripts · Service access token · read · never expires":                         never,
	} {
		if got := subtitle(tok); got != want {
			t.Error(got)
		}
	}
	if got := actsAs(client.Token{App: client.AppRef{Name: "Warehouse"}}); got != "Warehouse" {
		t.Errorf("a token without a user acts as %s", got)
	}
}
