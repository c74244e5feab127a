package ui

import (
	"net/url"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// status is the line at the bottom: who is signed in, whether that is kept,
// and how fresh the view is.
type status struct {
	content fyne.CanvasObject
	unsaved error
	unkept  func() error
	left    *widget.Label
	right   *widget.Label
	login   string
}

// newStatus makes the line. unsaved is why the connection itself will not be
// remembered; nil if it will.
func newStatus(me client.Me, unsaved error, unkept func() error) *status {
	s := &status{unsaved: unsaved, unkept: unkept, login: me.Login, left: small(""), right: small("")}
	s.left.Truncation = fyne.TextTruncateEllipsis
	bar := container.New(layout.NewCustomPaddedLayout(0, 0, 8, 8), container.NewBorder(nil, nil, nil, s.right, s.left))
	s.content = container.NewStack(widgets.NewPane(theme.ColorNameSidebar), bar)
	s.showLeft()
	return s
}

func (s *status) showLeft() {
	kept := i18n.T("status.kept")
	switch {
	case s.unkept() != nil:
		kept = i18n.T("status.untilQuit")
	case s.unsaved != nil:
		kept = i18n.T("status.unsaved")
	}
	s.left.SetText(i18n.T("status.signedIn", "Login", s.login) + "  ·  " + kept)
}

// updated says when the view was fetched.
func (s *status) updated(at time.Time) {
	s.showLeft()
	s.right.SetText(i18n.T("status.updated", "Time", at.Local().Format("15:04:05")))
}

func small(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.SizeName = theme.SizeNameCaption
	l.Importance = widget.LowImportance
	return l
}

// hostOf is the host of an address, or the address itself.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}
