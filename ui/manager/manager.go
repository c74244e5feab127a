// Package manager is where administrators manage trusted applications and
// their tokens: the list of applications, and each one opened with all its
// tokens, personal and service ones.
package manager

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/client"
)

// Server is what the two halves of the view ask.
type Server interface {
	AppsServer
	AppServer
}

// Params is what the view works with.
type Params struct {
	Window  fyne.Window
	Server  Server
	Rules   client.Capabilities
	Now     func() time.Time
	Secret  func(client.Token, client.Secret, func(context.Context) error) // shows a new secret, once
	Updated func(at time.Time)                                             // something was fetched
	Chosen  func()                                                         // CanRevoke may be another; may be nil
}

// View is Instance Manager ▸ Trusted apps, with at most one app opened.
type View struct {
	Content *fyne.Container

	p    Params
	apps *Apps
	app  *App // nil: none opened
}

// New makes the view; Refresh fills it.
func New(p Params) *View {
	v := &View{p: p, Content: container.NewStack()}
	v.apps = newApps(p, v.Open)
	v.show(v.apps.content)
	return v
}

// Open opens one application.
func (v *View) Open(a client.App) {
	v.app = newApp(v.p, a, v.leave)
	v.show(v.app.content)
	v.app.refresh()
}

// Back leaves the details in a narrow window, or else the opened application.
func (v *View) Back() {
	if v.app != nil && !v.app.list.Back() {
		v.leave()
	}
}

// leave returns to the list of applications.
func (v *View) leave() {
	v.app.left()
	v.app = nil
	v.show(v.apps.content)
	v.apps.refresh()
	v.apps.focus()
}

// Refresh fetches what is shown again.
func (v *View) Refresh() {
	if v.app != nil {
		v.app.refresh()
		return
	}
	v.apps.refresh()
}

// Create opens the dialog for what is shown: a new application, or a new
// token of the opened one.
func (v *View) Create() {
	if v.app != nil {
		v.app.create()
		return
	}
	v.apps.add()
}

// Revoke asks to revoke the tokens that are chosen.
func (v *View) Revoke() {
	if v.app != nil {
		v.app.list.RevokeChosen()
	}
}

// CanRevoke says whether Revoke has anything to ask about.
func (v *View) CanRevoke() bool { return v.app != nil && v.app.list.CanRevoke() }

// FocusSearch puts the cursor into the search box, where there is one.
func (v *View) FocusSearch() {
	if v.app != nil {
		v.app.list.FocusSearch()
	}
}

func (v *View) show(o fyne.CanvasObject) {
	v.p.Window.Canvas().Unfocus() // what had the focus goes out of sight
	v.Content.Objects = []fyne.CanvasObject{o}
	v.Content.Refresh()
	if v.p.Chosen != nil {
		v.p.Chosen()
	}
}
