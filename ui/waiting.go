package ui

import (
	"time"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
)

// Keyring is what the window knows of the keyring: whether it is waited for,
// perhaps because it asks for a password, and how to stop that.
type Keyring interface {
	Waiting() bool
	OnWait(changed func()) // on any goroutine
	GiveUp()
}

// meanwhile is how much longer the start waits for a keyring that is known to
// be slow, before it offers the first screen.
const meanwhile = 2 * time.Second

// resuming is the screen of a start under way.
type resuming struct {
	last    connect.Saved
	loading *widgets.Loading
}

func (u *UI) keyringWaits() { task.Do(u.showWait) }

func (u *UI) showWait() {
	on := u.cfg.Keyring.Waiting()
	switch {
	case u.main != nil:
		u.main.status.waits(on)
	case u.enter != nil:
		u.enter.KeyringWaits(on)
	case u.resumed != nil && on:
		r := u.resumed
		r.loading.SetText(i18n.T("resuming.keyring"))
		time.AfterFunc(meanwhile, func() { task.Do(func() { u.enterMeanwhile(r) }) })
	}
}

// enterMeanwhile shows the first screen while the keyring is still waited for.
// When it answers, the last connection comes up after all, unless another one
// was begun.
func (u *UI) enterMeanwhile(r *resuming) {
	if u.resumed != r || !u.cfg.Keyring.Waiting() {
		return
	}
	u.showEnter(r.last)
	u.enter.Focus()
	u.enter.KeyringWaits(true)
	u.enter.Opening(true)
}

// failedMeanwhile says on the first screen that the last connection did not
// come up.
func (u *UI) failedMeanwhile(last connect.Saved, err error) {
	u.noteRefused(last, err)
	u.enter.Opening(false)
	u.enter.Refresh()
	u.sayFailed(last, err)
}
