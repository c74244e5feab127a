package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// resume opens the last connection, if there is one.
func (u *UI) resume() {
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	skipped := u.skipped
	task.Go(func() {
		if !skipped && u.cfg.Kept.FileWaits() {
			fyne.Do(u.askPassphrase)
			return
		}
		u.reconnect(ctx)
	})
}

// reconnect blocks until the last connection is open, and then shows it.
func (u *UI) reconnect(ctx context.Context) {
	last, err := u.cfg.Connector.Last()
	if err != nil || u.cfg.Address != "" && hostOf(u.cfg.Address) != hostOf(last.Address) {
		fyne.Do(u.stopResumingNothing)
		return
	}
	fyne.Do(func() { u.showResuming(last) })
	conn, err := u.cfg.Connector.Resume(ctx)
	if err == nil {
		err = u.enterWith(ctx, conn)
	}
	if err != nil {
		fyne.Do(func() { u.notResumed(ctx, last, err) })
	}
}

// stopResumingNothing shows the first screen of somebody who has no connection yet.
func (u *UI) stopResumingNothing() { u.stopResuming(connect.Saved{Address: u.cfg.Address}) }

// showResuming is on screen while the connection opens: a keyring may ask for
// its password, a server may be slow.
func (u *UI) showResuming(last connect.Saved) {
	u.resumed = &resuming{last: last, loading: widgets.NewLoading(i18n.T("resuming.text", "Server", serverName(last)))}
	u.window.SetContent(container.NewCenter(container.NewVBox(
		u.resumed.loading,
		container.NewCenter(widgets.NewButton(i18n.T("dialog.cancel"), func() { u.stopResuming(last) })))))
}

func (u *UI) stopResuming(last connect.Saved) {
	u.cancel()
	u.showEnter(last)
	u.enter.Focus()
}

// notResumed offers to try again what may pass, and else to sign in.
func (u *UI) notResumed(ctx context.Context, last connect.Saved, err error) {
	if ctx.Err() != nil {
		return // given up meanwhile
	}
	if u.enter != nil { // it is shown meanwhile
		u.failedMeanwhile(last, err)
		return
	}
	passing := false
	for _, kind := range []error{client.ErrOffline, client.ErrTimeout, client.ErrServer, client.ErrBusy, client.ErrKeyring, client.ErrDataInUse, client.ErrDataUnwritable} {
		passing = passing || errors.Is(err, kind)
	}
	if !passing {
		u.stopResuming(last)
		if !errors.Is(err, connect.ErrNone) {
			u.enter.Failed(words.For(err), last.BuiltIn)
		}
		return
	}
	u.cancel()
	u.refused.Store(errors.Is(err, client.ErrKeyring))
	s := words.For(err)
	again := widgets.NewButton(s.Action, u.resume)
	again.Importance = widget.HighImportance
	text := widget.NewLabelWithStyle(s.Text, fyne.TextAlignCenter, fyne.TextStyle{})
	text.Wrapping = fyne.TextWrapWord
	title := widget.NewLabelWithStyle(i18n.T("resuming.failed", "Server", serverName(last)), fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	title.SizeName = theme.SizeNameSubHeading
	buttons := container.NewCenter(container.New(layout.NewCustomPaddedHBoxLayout(10),
		widgets.NewButton(i18n.T("resuming.other"), func() { u.stopResuming(last) }), again))
	u.window.SetContent(container.NewCenter(container.NewGridWrap(fyne.NewSize(460, 160), container.NewVBox(title, text, buttons))))
	widgets.Focus(again)
}
