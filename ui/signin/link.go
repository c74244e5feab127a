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

	openURL func(string) error
	link    string
	buttons []*widgets.Button
}

// NewLinkPanel makes a panel that shows nothing yet.
func NewLinkPanel(openURL func(string) error) *LinkPanel {
	p := &LinkPanel{openURL: openURL}
	p.buttons = []*widgets.Button{
		widgets.NewButton(i18n.T("signin.openAgain"), p.open),
		widgets.NewButton(i18n.T("signin.copyLink"), p.copy),
	}
	p.Content = container.New(layout.NewCustomPaddedHBoxLayout(8), p.buttons[0], p.buttons[1])
	p.Content.Hide()
	return p
}

// Show offers link until Stop; an empty one is none. Its buttons work also in a
// dialog that is busy, waiting for the browser.
func (p *LinkPanel) Show(link string) {
	p.link = link
	for _, b := range p.buttons {
		b.Enable()
	}
	widgets.SetVisible(p.Content, link != "")
}

// Stop takes the buttons off the screen.
func (p *LinkPanel) Stop() { p.Show("") }

func (p *LinkPanel) open() {
	link := p.link
	task.Go(func() { _ = p.openURL(link) })
}

func (p *LinkPanel) copy() { fyne.CurrentApp().Clipboard().SetContent(p.link) }
