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
	kept    func() string // where the sign-in is kept
	unkept  func() error
	left    *widget.Label
	right   *widget.Label
	login   string

	wait *fyne.Container // in place of left while the keyring is waited for
}

// newStatus makes the line. unsaved is why the connection itself will not be
// remembered; nil if it will.
func newStatus(me client.Me, unsaved error, kept func() string, unkept func() error, giveUp func()) *status {
	s := &status{unsaved: unsaved, kept: kept, unkept: unkept, login: me.Login, left: small(""), right: small("")}
	s.left.Truncation = fyne.TextTruncateEllipsis
	stop := widgets.NewButton(i18n.T("dialog.cancel"), giveUp)
	stop.Importance = widget.LowImportance
	s.wait = container.New(inline{}, small(i18n.T("status.waiting")), stop)
	s.wait.Hide()
	bar := container.New(layout.NewCustomPaddedLayout(0, 0, 8, 8), container.NewBorder(nil, nil, nil, s.right, container.NewStack(s.left, s.wait)))
	s.content = container.NewStack(widgets.NewPane(theme.ColorNameSidebar), bar)
	s.showLeft()
	return s
}

func (s *status) showLeft() {
	kept := s.kept()
	if s.unkept() == nil && s.unsaved != nil {
		kept = i18n.T("status.unsaved")
	}
	s.left.SetText(i18n.T("status.signedIn", "Login", s.login) + "  ·  " + kept)
}

// waits says whether the keyring is waited for.
func (s *status) waits(on bool) {
	widgets.SetVisible(s.wait, on)
	widgets.SetVisible(s.left, !on)
	s.showLeft()
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

// inline sets a button into a line of text without making the line higher.
type inline struct{}

func (inline) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width+o[1].MinSize().Width, o[0].MinSize().Height)
}

func (inline) Layout(o []fyne.CanvasObject, size fyne.Size) {
	text, button := o[0].MinSize(), o[1].MinSize()
	o[0].Resize(fyne.NewSize(text.Width, size.Height))
	o[1].Resize(fyne.NewSize(button.Width, size.Height))
	o[1].Move(fyne.NewPos(text.Width, 0))
}

// hostOf is the host of an address, or the address itself.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}
