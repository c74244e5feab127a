package secret

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/clipboard"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

const someKey = "age1raceqhk499kh4f28yzgn59hdxwqx7cd8wgpkvak26d82a9ruqqxsphcrh8"

func TestTestingSavingAndSealingLookAsDesigned(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	for name, variant := range map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark} {
		t.Run(name, func(t *testing.T) {
			d, w := open(t, variant, func(p *Params) {
				p.Revoke = func(context.Context) error { return nil }
				p.Test = func(context.Context, client.Secret) (client.UserRef, error) { return token.ActsAs, nil }
				p.Activation = time.Minute
			})
			d.tell(0, widget.SuccessImportance, remaining(clipboard.Loan{For: 28 * time.Second, Reach: clipboard.Bridged}, time.Now().Add(28*time.Second)))
			d.tested(client.UserRef{}, client.ErrNotWorking)
			test.AssertRendersToImage(t, "not-active-"+name+".png", w.Canvas())
			d.tested(token.ActsAs, nil)
			s := uitest.Of(t, w)
			d.form.SetSelected(".netrc entry")
			test.AssertRendersToImage(t, "netrc-"+name+".png", w.Canvas())
			d.form.SetSelectedIndex(0)
			tapButton(t, w, "Save…")
			pathEntry(s).SetText("/")
			s.Press(fyne.KeyReturn)
			s.Has("something of this name")
			test.AssertRendersToImage(t, "save-refused-"+name+".png", w.Canvas())
			d.front.Hide()
			tapButton(t, w, "Seal for a colleague…")
			s.Field("Public key").(*widgets.Entry).SetText("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ")
			s.Has("Of ssh keys only those")
			s.Field("Public key").(*widgets.Entry).SetText(someKey)
			test.AssertRendersToImage(t, "seal-"+name+".png", w.Canvas())
		})
	}
}
