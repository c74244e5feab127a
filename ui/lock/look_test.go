package lock_test

import (
	"context"
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/lock"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
)

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func opens(err error) func(context.Context, client.Secret) error {
	return func(context.Context, client.Secret) error { return err }
}

// TestLook draws the states of the screen, light and dark.
func TestLook(t *testing.T) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			a := uitest.NewApp(t)
			a.Settings().SetTheme(theme.NewVariant(variant))
			w := a.NewWindow("")
			w.SetPadded(false)
			w.Resize(fyne.NewSize(900, 560))
			p := lock.Params{Window: w, Begun: func() {}, Name: "Ada Admin", Server: "tokens.example.com", SignIn: fails(nil), Browser: true}

			p.Unlock = fails(client.ErrSignInExpired)
			s := lock.Show(p)
			draw(t, w, name, "locked")
			uitest.Of(t, w).Press(fyne.KeyReturn)
			draw(t, w, name, "expired")
			s.Hide()

			p.Memory = true
			s = lock.Show(p)
			draw(t, w, name, "memory")
			s.Hide()

			p.Unlock, p.Memory, p.Secret = nil, false, true
			s = lock.Show(p)
			draw(t, w, name, "sign-in")
			s.Hide()

			p.Open, p.Secret = opens(client.ErrPassphrase), false
			s = lock.Show(p)
			draw(t, w, name, "file")
			s.Hide()

			p.SignIn, p.Server = nil, "Built-in server"
			s = lock.Show(p)
			uitest.Of(t, w).Type("not this one")
			uitest.Of(t, w).Press(fyne.KeyReturn)
			draw(t, w, name, "wrong")
			s.Hide()
		})
	}
}

func draw(t *testing.T, w fyne.Window, variant, state string) {
	t.Helper()
	uitest.Settle()
	test.AssertRendersToImage(t, fmt.Sprintf("%s-%s.png", state, variant), w.Canvas())
}
