package secret

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/clipboard"
	"keyfob/ui/theme"
)

const plain = "enrt_p3Kd82hsQ0vBzL1mNcXyT5rWqE9uIoPaSdFgHjKlZ4MX7Qd2"

var token = client.Token{
	ID: "1", Kind: client.PAT, Description: "Nightly export", Hint: "7Qd2",
	App:    client.AppRef{ID: "a", Name: "Local scripts"},
	ActsAs: client.UserRef{ID: "u", Login: "ada", Name: "Ada Admin"},
	Scopes: []string{"read"}, ExpiresAt: time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC),
}

// board is a clipboard that can fail or come back late, on demand.
type board struct {
	got []string
	end chan clipboard.End
	err error
}

func (b *board) Copy(_ context.Context, s client.Secret) (clipboard.Loan, error) {
	if b.err != nil {
		return clipboard.Loan{}, b.err
	}
	b.got = append(b.got, s.Reveal())
	b.end = make(chan clipboard.End, 1)
	return clipboard.Loan{For: 30 * time.Second, End: b.end}, nil
}

func open(t *testing.T, variant fyne.ThemeVariant, change func(*Params)) (*Dialog, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.NewVariant(variant))
	w := test.NewTempWindow(t, fyne.NewContainer())
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
			d, w := open(t, variant, func(p *Params) { p.Revoke = func(context.Context) error { return nil } })
			test.AssertRendersToImage(t, "masked-"+name+".png", w.Canvas())
			d.hold.set(true)
			test.AssertRendersToImage(t, "shown-"+name+".png", w.Canvas())
			d.hold.letGo()
			d.Leave()
			test.AssertRendersToImage(t, "asking-"+name+".png", w.Canvas())
		})
	}
}
