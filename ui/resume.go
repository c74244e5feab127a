package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// resume opens the last connection, if there is one.
func (u *UI) resume() {
	last, err := u.cfg.Connector.Last()
	if err != nil || u.cfg.Address != "" {
		u.enter.Focus()
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	// A keyring may ask for its password, a server may be slow.
	u.window.SetContent(container.NewCenter(container.NewVBox(
		widgets.NewLoading(i18n.T("resuming.text", "Server", serverName(last))),
		container.NewCenter(widgets.NewButton(i18n.T("dialog.cancel"), u.stopResuming)))))
	task.Go(func() { u.reconnect(ctx, last) })
}

func (u *UI) stopResuming() {
	u.cancel()
	u.showEnter()
	u.enter.Focus()
}

// reconnect blocks until the last connection is open, and then shows it.
func (u *UI) reconnect(ctx context.Context, last connect.Saved) {
	conn, err := u.cfg.Connector.Resume(ctx)
	if err == nil {
		err = u.enterWith(ctx, conn)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	fyne.Do(func() { u.notResumed(last, err) })
}

// notResumed offers to try again what may pass, and else to sign in.
func (u *UI) notResumed(last connect.Saved, err error) {
	passing := false
	for _, kind := range []error{client.ErrOffline, client.ErrTimeout, client.ErrServer, client.ErrBusy, client.ErrKeyring, client.ErrDataInUse, client.ErrDataUnwritable} {
		passing = passing || errors.Is(err, kind)
	}
	if !passing {
		u.stopResuming()
		if !errors.Is(err, connect.ErrNone) {
			u.enter.Failed(words.For(err), last.BuiltIn)
		}
		return
	}
	u.window.SetContent(container.NewBorder(nil,
		container.NewCenter(widgets.NewButton(i18n.T("resuming.other"), u.stopResuming)), nil, nil,
		widgets.NewEmpty(i18n.T("resuming.failed", "Server", serverName(last)), words.For(err).Text, i18n.T("dialog.tryAgain"), u.resume)))
}
