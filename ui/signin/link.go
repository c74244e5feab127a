package signin

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// LinkPanel offers the page that the browser was sent to, for when it did not
// come up, or was closed.
type LinkPanel struct {
	Content *fyne.Container

	copied
	openURL func(string) error
	changed func()
	link    string
	buttons []*widgets.Button
	cancel  *widgets.Button // nil: it is elsewhere
}

// NewLinkPanel makes a panel that shows nothing yet but cancel, which stands first if there is one. changed is called
// when the panel takes another place.
func NewLinkPanel(openURL func(string) error, cancel *widgets.Button, changed func()) *LinkPanel {
	p := &LinkPanel{openURL: openURL, changed: changed, cancel: cancel, copied: newCopied()}
	p.buttons = []*widgets.Button{
		widgets.NewButton(i18n.T("signin.openAgain"), p.open),
		widgets.NewButton(i18n.T("signin.copyLink"), p.copy),
	}
	row := container.New(layout.NewCustomPaddedHBoxLayout(8))
	if cancel != nil { // a panel of its own, in the middle of what it is on
		row.Add(cancel)
		p.said.Alignment = fyne.TextAlignCenter
	}
	for _, b := range p.buttons {
		row.Add(b)
	}
	p.Content = container.New(layout.NewCustomPaddedVBoxLayout(2), row, p.line)
	p.show("")
	return p
}

// Show offers link until Stop; an empty one is none. Its buttons work also in a
// dialog that is busy, waiting for the browser.
func (p *LinkPanel) Show(link string) {
	p.show(link)
	p.changed()
}

func (p *LinkPanel) show(link string) {
	p.link = link
	for _, b := range p.buttons {
		b.Enable()
		widgets.SetVisible(b, link != "")
	}
	p.line.Hide()
	widgets.SetVisible(p.Content, link != "" || p.cancel != nil)
}

// Stop takes the buttons off the screen.
func (p *LinkPanel) Stop() { p.Show("") }

func (p *LinkPanel) open() {
	link := p.link
	task.Go(func() { _ = p.openURL(link) })
}

func (p *LinkPanel) copy() {
	p.put(p.link, "signin.linkCopied", "signin.linkNotCopied")
	p.changed()
}
