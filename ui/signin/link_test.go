package signin

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/ui/i18n"
	"keyfob/ui/uitest"
)

// deaf is an app whose clipboard takes nothing.
type deaf struct{ fyne.App }

type noClipboard struct{}

func (deaf) Clipboard() fyne.Clipboard { return noClipboard{} }

func (noClipboard) Content() string   { return "" }
func (noClipboard) SetContent(string) {}

// wantSaid copies, and looks at what is said of it.
func wantSaid(t *testing.T, by func(), c *copied, changed *int, key string) {
	t.Helper()
	before := *changed
	by()
	if !c.line.Visible() || c.said.Text != i18n.T(key) || *changed == before {
		t.Errorf("says %q, visible %v", c.said.Text, c.line.Visible())
	}
}

func TestALinkIsSaidToBeCopiedOnlyIfItWas(t *testing.T) {
	a := uitest.NewApp(t)
	whole := a.App
	changed := 0
	p := NewLinkPanel(nil, nil, func() { changed++ })
	p.Show("https://tokens.example.com/one")
	says := func(key string) {
		t.Helper()
		wantSaid(t, p.copy, &p.copied, &changed, key)
	}
	a.App = deaf{whole}
	says("signin.linkNotCopied")
	a.App = whole
	says("signin.linkCopied")
	p.Show("https://tokens.example.com/two")
	if p.line.Visible() {
		t.Errorf("says %q of a link that was not copied", p.said.Text)
	}
	a.App = deaf{whole}
	says("signin.linkNotCopied")
	p.Stop()
	if p.Content.Visible() || p.line.Visible() {
		t.Error("it is still there")
	}
}

func TestACodeIsSaidToBeCopiedOnlyIfItWas(t *testing.T) {
	a := uitest.NewApp(t)
	whole := a.App
	changed := 0
	p := NewCodePanel(nil, func() { changed++ })
	defer p.Stop()
	says := func(key string) {
		t.Helper()
		wantSaid(t, p.copyCode, &p.copied, &changed, key)
	}
	code := Code{Text: "WDJB-MJHT", Expires: time.Now().Add(time.Minute)}
	p.Show(code)
	a.App = deaf{whole}
	says("signin.codeNotCopied")
	a.App = whole
	says("signin.codeCopied")
	p.Show(code)
	if p.line.Visible() {
		t.Errorf("says %q of a code that was not copied", p.said.Text)
	}
}
