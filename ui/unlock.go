package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"keyfob/client"
	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
)

// A lock is unlocked by opening its connection once more, in the way that its
// screen offers; its views coming up, or the dialog that waits, take it away.

// opening makes a connection work again.
type opening func(context.Context) (*connect.Connection, error)

// unlock blocks until the connection works again, and then shows what was
// there before. If it does not, what was fetched for it is dropped again.
func (u *UI) unlock(ctx context.Context, l *locked, open opening) error {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	err := u.comeBackTo(ctx, l, open)
	if err != nil {
		u.dropCredentials()
	}
	if errors.Is(err, client.ErrFileLocked) {
		task.Do(func() { u.foundInFile(l) })
		return context.Canceled
	}
	if errors.Is(err, connect.ErrNone) && !errors.Is(err, client.ErrNoKeyring) {
		return fmt.Errorf("%w: %w", client.ErrSignInExpired, err)
	}
	return err
}

// comeBackTo needs no server for what a dialog waits behind the lock for.
func (u *UI) comeBackTo(ctx context.Context, l *locked, open opening) error {
	conn, err := open(ctx)
	if l.kept && (errors.Is(err, client.ErrOffline) || errors.Is(err, client.ErrTimeout)) {
		err = nil
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return err
	}
	if l.kept {
		task.Do(func() { u.comeOut(l) })
		return nil
	}
	return u.enterWith(ctx, conn, l) // shows the views, and so takes the lock away
}

// comeOut goes on where a dialog waited: nobody needs to be asked to sign in any
// more, and a list that was refused meanwhile is fetched.
func (u *UI) comeOut(l *locked) {
	if u.locked != l {
		return
	}
	if e := u.expired; e != nil {
		e.stop()
		e.close(nil)
	}
	u.unlocked(l)
	if u.main != nil {
		u.main.refresh()
	}
}

// unlocked takes the lock away.
func (u *UI) unlocked(l *locked) {
	if u.locked != l {
		return
	}
	u.locked = nil
	l.screen.Hide()
	u.window.SetMainMenu(u.menu())
	u.idle.Start()
}

// fetchLocked opens the connection with what is kept of it. Also with an error
// it may answer the connection, to sign in to.
func (u *UI) fetchLocked(ctx context.Context, l *locked) (*connect.Connection, error) {
	if l.conn == nil {
		return u.use(ctx, l.saved)
	}
	return l.conn, l.conn.Unlock(ctx)
}

// openLocked opens the encrypted file and what it has of the connection. If that
// has ended meanwhile the person signs in while the file is open to take it.
func (u *UI) openLocked(ctx context.Context, l *locked, given client.Secret) (*connect.Connection, error) {
	if err := u.cfg.Kept.OpenFile(ctx, given); err != nil {
		return nil, err
	}
	task.Do(func() {
		if ctx.Err() == nil && u.locked == l {
			l.screen.Doing(i18n.T("lock.asking", "Server", serverName(l.saved)))
		}
	})
	conn, err := u.fetchLocked(ctx, l)
	if conn == nil || conn.BuiltIn || !errors.Is(err, client.ErrSignInExpired) && !errors.Is(err, connect.ErrNone) {
		return conn, err
	}
	return conn, u.askLocked(ctx, &expired{u: u, conn: conn, over: true})
}

// signInLocked signs in again by the connection's way. What that needs beside a
// browser is asked for.
func (u *UI) signInLocked(ctx context.Context, l *locked) (*connect.Connection, error) {
	conn := l.conn
	if conn == nil {
		var err error
		if conn, err = u.use(ctx, l.saved); conn == nil {
			return nil, err
		}
	}
	if conn.Way == connect.Browser {
		return conn, conn.SignInAgain(ctx, connect.Part{})
	}
	return conn, u.askLocked(ctx, &expired{u: u, conn: conn})
}

// askLocked asks the person to sign in, in front of the lock.
func (u *UI) askLocked(ctx context.Context, e *expired) error {
	e.unlock = true
	if err := u.ask(ctx, e); !errors.Is(err, client.ErrSignInExpired) {
		return err
	}
	return context.Canceled // not now
}
