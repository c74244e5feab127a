package signin

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// Code is what signs in on another device: the address to open there and the
// code to type. Complete, if any, is the address with the code in it.
type Code struct {
	Text, URL, Complete string
	Expires             time.Time
}

const codeSize = 32 // to be read from across the desk

// CodePanel shows a Code, large, and how long it still works.
type CodePanel struct {
	Content *fyne.Container

	copied
	openURL func(string) error
	changed func()
	code    Code
	text    *canvas.Text
	page    *widget.Label
	left    *widget.Label
	tick    *time.Timer // nil: no code is shown
	buttons []*widgets.Button
}

// NewCodePanel makes a panel that shows nothing yet. changed is called when what came of copying takes another place.
func NewCodePanel(openURL func(string) error, changed func()) *CodePanel {
	p := &CodePanel{openURL: openURL, changed: changed, copied: newCopied(), page: quiet(""), left: quiet("")}
	p.text = &canvas.Text{TextSize: codeSize, TextStyle: fyne.TextStyle{Bold: true, Monospace: true}}
	p.buttons = []*widgets.Button{
		widgets.NewButton(i18n.T("signin.copyCode"), p.copyCode),
		widgets.NewButton(i18n.T("signin.openPage"), p.open),
	}
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(8), p.buttons[0], p.buttons[1])
	p.Content = container.New(layout.NewCustomPaddedVBoxLayout(2), widgets.Flush(p.page), p.text, widgets.Flush(p.left), buttons, p.line)
	p.Content.Hide()
	return p
}

// Show shows c until Stop. Its buttons work also in a dialog that is busy, waiting for the code to be typed.
func (p *CodePanel) Show(c Code) {
	p.Stop()
	p.line.Hide()
	for _, b := range p.buttons {
		b.Enable()
	}
	p.code = c
	p.text.Text, p.text.Color = c.Text, theme.Color(fynetheme.ColorNameForeground)
	p.text.Refresh()
	p.page.SetText(i18n.T("signin.codeText", "URL", c.URL))
	p.Content.Show()
	p.countDown()
}

// Stop takes the code off the screen.
func (p *CodePanel) Stop() {
	if p.tick != nil {
		p.tick.Stop()
		p.tick = nil
	}
	p.text.Text = ""
	p.Content.Hide()
}

// countDown says how long the code works, each second anew.
func (p *CodePanel) countDown() {
	left := time.Until(p.code.Expires).Round(time.Second)
	if left <= 0 {
		p.left.SetText(i18n.T("signin.codeOver"))
		return
	}
	p.left.SetText(i18n.T("signin.codeLeft", "Time", fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60)))
	p.tick = time.AfterFunc(time.Second, func() { task.Do(p.next) })
}

func (p *CodePanel) next() {
	if p.tick != nil {
		p.countDown()
	}
}

func (p *CodePanel) copyCode() {
	p.put(p.code.Text, "signin.codeCopied", "signin.codeNotCopied")
	p.changed()
}

func (p *CodePanel) open() {
	page := p.code.Complete
	if page == "" {
		page = p.code.URL
	}
	task.Go(func() { _ = p.openURL(page) })
}
