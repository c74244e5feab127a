package secret

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"filippo.io/age"
	"filippo.io/age/armor"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// saving opens the dialog and, from it, the one that saves, with a home of the
// test's.
func saving(t *testing.T) (d *Dialog, s *uitest.Screen, home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	d, w := open(t, fynetheme.VariantLight, nil)
	tapButton(t, w, "Save…")
	return d, uitest.Of(t, w), home
}

func pathEntry(s *uitest.Screen) *widgets.Entry { return s.Field("File").(*widgets.Entry) }

func read(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAFormIsSavedStraightToAFileOfItsOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, home := saving(t)
		path := filepath.Join(home, "local-scripts.env")
		if got := pathEntry(s).Text; got != path {
			t.Errorf("proposes %s", got)
		}
		s.Press(fyne.KeyReturn)
		synctest.Wait()
		if got := read(t, path); got != "LOCAL_SCRIPTS_SERVER=http://127.0.0.1:8642\nLOCAL_SCRIPTS_TOKEN="+plain+"\n" {
			t.Errorf("the file holds %s", got)
		}
		if !d.Shown() || !strings.Contains(d.result.line.Text, "Saved to "+path) || d.front != nil {
			t.Errorf("shown %v, says %q", d.Shown(), d.result.line.Text)
		}
		d.close()
	})
}

func TestTypedPathsAreTakenFromHome(t *testing.T) {
	home := filepath.Join(string(filepath.Separator), "home", "ada")
	for typed, want := range map[string]string{
		" ~/x.env ": filepath.Join(home, "x.env"), "x.env": filepath.Join(home, "x.env"), "/srv/../x.env": "/x.env",
	} {
		s := &save{home: home, path: widgets.NewEntry()}
		s.path.Text = typed
		if got := s.target(); got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
}

func TestWhatCannotBeSavedIsSaidAtTheFieldAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, home := saving(t)
		taken := filepath.Join(home, "taken.env")
		if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		for typed, said := range map[string]string{
			taken:                              "something of this name already",
			filepath.Join(home, "no", "x.env"): "no such folder",
			"/sys/x.env":                       "not allowed to write",
		} {
			pathEntry(s).SetText(typed)
			s.Press(fyne.KeyReturn)
			synctest.Wait()
			s.Has(said)
		}
		if read(t, taken) != "precious" {
			t.Error("a file that was there is another now")
		}
		pathEntry(s).SetText("other.env")
		s.HasNot("not allowed to write")
		s.Press(fyne.KeyReturn)
		synctest.Wait()
		if got := read(t, filepath.Join(home, "other.env")); !strings.Contains(got, plain) {
			t.Errorf("the file holds %s", got)
		}
		d.close()
	})
}

func TestAChosenFolderKeepsTheName(t *testing.T) {
	s := &save{path: widgets.NewEntry()}
	s.path.SetText("/home/ada/x.env")
	folder, err := storage.ListerForURI(storage.NewFileURI(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	test.NewTempApp(t)
	s.chosen(folder, nil)
	if want := filepath.Join(folder.Path(), "x.env"); s.path.Text != want {
		t.Errorf("%s, want %s", s.path.Text, want)
	}
	s.chosen(nil, nil) // left without choosing
	if want := filepath.Join(folder.Path(), "x.env"); s.path.Text != want {
		t.Errorf("%s, want %s", s.path.Text, want)
	}
}

func TestWhatWasSavedIsNotSaidToBeLostOnClosing(t *testing.T) {
	d, s, _ := saving(t)
	s.Press(fyne.KeyReturn)
	s.Has("Saved to")
	d.Leave()
	s.Has("You saved it. Close, though you have not said that it is stored?")
	s.HasNot("better revoked")
}

// What is sealed is of use to the colleague alone, and what was cleared to nobody.
func TestWhatOnlyAnotherCanUseIsNotSaidToBeKept(t *testing.T) {
	d, _, _ := saving(t)
	for _, c := range []struct {
		turn int
		how  widget.Importance
		want string
	}{{1, widget.SuccessImportance, ""}, {2, widget.SuccessImportance, closeCopied}, {2, widget.LowImportance, ""}} {
		d.toKeep = 2
		if d.noteCopy(c.turn, c.how); d.kept != c.want {
			t.Errorf("%+v: %q", c, d.kept)
		}
	}
}

func TestClosingTheWindowAsksBehindWhatIsInFront(t *testing.T) {
	d, s, _ := saving(t)
	d.Ask("Close and quit", nil)
	if d.front != nil || !d.asking {
		t.Errorf("in front %v, asking %v", d.front, d.asking)
	}
	s.Has("Close without storing it?")
}

// unsealed is what the holder of the identity reads.
func unsealed(t *testing.T, who age.Identity, sealed string) string {
	t.Helper()
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(sealed)), who)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func colleague(t *testing.T) *age.X25519Identity {
	t.Helper()
	who, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func TestWhatIsSealedForAColleagueIsCopiedAndTheValueIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, who := &board{}, colleague(t)
		d, w := open(t, fynetheme.VariantLight, func(p *Params) { p.Clipboard = b })
		tapButton(t, w, "Seal for a colleague…")
		s := uitest.Of(t, w)
		key := s.Field("Public key").(*widgets.Entry)
		if !s.Disabled("Copy sealed") || !s.Disabled("Save sealed…") {
			t.Error("offers to seal for nobody")
		}
		key.SetText(who.String())
		s.Has("This is a private key")
		key.SetText("bob")
		s.Has("This is no public key")
		s.Press(fyne.KeyReturn)
		synctest.Wait()
		if len(b.copies()) > 0 {
			t.Fatal("copied for nobody")
		}
		key.SetText(who.Recipient().String())
		s.Has("✓ A public key: ")
		s.Press(fyne.KeyReturn)
		synctest.Wait()
		got := b.copies()
		if len(got) != 1 || strings.Contains(got[0], plain) {
			t.Fatalf("copied %q", got)
		}
		if text := unsealed(t, who, got[0]); !strings.Contains(text, "LOCAL_SCRIPTS_TOKEN="+plain+"\n") {
			t.Errorf("the colleague reads %s", text)
		}
		says(t, d, "Sealed for age1", "in 30 s")
		d.close()
	})
}

func TestWhatIsSealedForAColleagueIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home, who := t.TempDir(), colleague(t)
		t.Setenv("HOME", home)
		d, w := open(t, fynetheme.VariantLight, nil)
		d.form.SetSelected("Token alone")
		tapButton(t, w, "Seal for a colleague…")
		s := uitest.Of(t, w)
		s.Field("Public key").(*widgets.Entry).SetText(who.Recipient().String())
		tapButton(t, w, "Save sealed…")
		s.Press(fyne.KeyReturn)
		synctest.Wait()
		sealed := read(t, filepath.Join(home, "local-scripts.token.age"))
		if strings.Contains(sealed, plain) || unsealed(t, who, sealed) != plain {
			t.Errorf("the file holds %s", sealed)
		}
		if !strings.Contains(d.result.line.Text, "Sealed for age1") {
			t.Errorf("says %q", d.result.line.Text)
		}
		d.close()
	})
}
