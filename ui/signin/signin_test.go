package signin

import (
	"context"
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/theme"
	"keyfob/ui/words"
)

func open(t *testing.T, variant fyne.ThemeVariant, p Params) (*View, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.NewVariant(variant))
	v := New(p)
	w := test.NewTempWindow(t, v.Content)
	w.Resize(fyne.NewSize(960, 640))
	return v, w
}

func TestTheFirstScreenLooksAsDesigned(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			v, w := open(t, variant, Params{Keyring: func(context.Context) Keeping { return Kept }})
			v.update(t.Context())
			v.Focus()
			test.AssertRendersToImage(t, "first-"+name+".png", w.Canvas())
			v.address.SetText("https://tokens.example.com")
			v.begin("Waiting for your browser…", &v.other)
			v.Opened("https://tokens.example.com/id/authorize")
			test.AssertRendersToImage(t, "waiting-"+name+".png", w.Canvas())
			v.idle()
			v.failAddress(words.For(client.ErrNotAServer))
			v.failBuiltIn(words.For(errors.New("x")))
			v.showKeeping(UntilQuit)
			test.AssertRendersToImage(t, "failed-"+name+".png", w.Canvas())
		})
	}
}
