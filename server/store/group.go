package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// A commit to a disk takes as long for one write as for many, so on SQLite the
// writes that wait share one. They take turns on the one connection: each does
// its work in its own goroutine, between a savepoint and its release, so that
// an error, a panic or a call that was given up undoes that write alone. Who
// finds nobody waiting commits for all, and only then is anybody answered.
// Nobody waits for others to come: a write that is alone commits at once.

// groupMost is how many writes one commit answers at most.
const groupMost = 128

var errClosed = fmt.Errorf("%w: it is closed", ErrUnavailable)

// group hands out the turns.
type group struct {
	db         *sql.DB // of one connection
	statements statements

	mu      sync.Mutex
	taken   bool         // somebody has the turn
	waiting []chan error // who wants it, in order: nil is the turn, an error the end of waiting
	closed  bool
	under   sync.WaitGroup

	batch *batch // what is begun and not committed; belongs to whom the turn belongs to
}

// batch is the writes of one commit.
type batch struct {
	tx     *sql.Tx
	size   int
	broken error         // why the transaction is lost
	done   chan struct{} // closed when err says what came of the commit
	err    error
}

func newGroup(db *sql.DB) *group { return &group{db: db, statements: statements{db: db}} }

// write is Store.Write on SQLite.
func (g *group) write(ctx context.Context, do func(*Tx) error) error {
	if err := g.take(ctx); err != nil {
		return err
	}
	defer g.under.Done()
	if err := g.begin(); err != nil {
		g.refuse(err)
		return err
	}
	b := g.batch
	own := g.join(b, do)
	<-b.done
	if b.err != nil {
		return b.err // own may come from what was not kept, such as a taken name
	}
	return own
}

// take waits for the turn. A turn that was handed over is taken, even if the
// call is given up meanwhile: nobody else would pass it on.
func (g *group) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return writeError("transaction", err)
	}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return errClosed
	}
	g.under.Add(1)
	if !g.taken {
		g.taken = true
		g.mu.Unlock()
		return nil
	}
	turn := make(chan error, 1)
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case err := <-turn:
		return g.orLeave(err)
	case <-ctx.Done():
	}
	g.mu.Lock()
	at := slices.Index(g.waiting, turn)
	if at >= 0 {
		g.waiting = slices.Delete(g.waiting, at, at+1)
	}
	g.mu.Unlock()
	if at < 0 {
		return g.orLeave(<-turn)
	}
	return g.orLeave(writeError("transaction", ctx.Err()))
}

func (g *group) orLeave(err error) error {
	if err != nil {
		g.under.Done()
	}
	return err
}

// begin makes sure that there is a transaction. It belongs to no call: none of
// them ends it by giving up.
func (g *group) begin() error {
	if g.batch != nil {
		return nil
	}
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		return writeError("transaction", err)
	}
	g.batch = &batch{tx: tx, done: make(chan struct{})}
	return nil
}

// refuse tells all who wait that no transaction can be begun, instead of
// letting each find out after the same wait.
func (g *group) refuse(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, turn := range g.waiting {
		turn <- err
	}
	g.waiting, g.taken = nil, false
}

// join runs do and passes the turn on, also when do panics.
func (g *group) join(b *batch, do func(*Tx) error) error {
	defer g.leave(b)
	b.size++
	return g.savepoint(b, do)
}

func (g *group) savepoint(b *batch, do func(*Tx) error) (err error) {
	m := member{g.statements.of(b.tx)}
	mark := func(sql string) error {
		_, err := m.ExecContext(context.Background(), sql)
		return err
	}
	if b.broken = mark(`SAVEPOINT member`); b.broken != nil {
		return b.broken
	}
	done := false
	defer func() {
		switch {
		case done && err == nil:
			b.broken = mark(`RELEASE member`)
		default:
			if lost := errors.Join(mark(`ROLLBACK TO member`), mark(`RELEASE member`)); lost != nil {
				b.broken = errors.Join(err, lost) // the database undid all of it, as when the disk is full
			}
		}
	}()
	err = do(&Tx{Queries: Queries{db: m}})
	done = true
	return err
}

// leave hands the turn to the next, within the same transaction. Where there
// is none, or the transaction is full or lost, it ends it first.
func (g *group) leave(b *batch) {
	if b.broken == nil && b.size < groupMost && g.handOver() {
		return
	}
	g.batch = nil
	b.err = b.end()
	g.statements.prepare()
	close(b.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.handOverLocked() {
		g.taken = false
	}
}

func (g *group) handOver() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.handOverLocked()
}

func (g *group) handOverLocked() bool {
	if len(g.waiting) == 0 {
		return false
	}
	g.waiting[0] <- nil
	g.waiting = g.waiting[1:]
	return true
}

// end commits. Whatever keeps it from that, nothing is kept, and it may work
// again later.
func (b *batch) end() error {
	err := b.broken
	if err == nil {
		err = b.tx.Commit()
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, ignoreDone(b.tx.Rollback()))
	return fmt.Errorf("%w: committing: %w", ErrUnavailable, err)
}

// close lets nobody in any more, and waits for those who are.
func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.under.Wait()
}

// member is a transaction as one write sees it. A statement is not begun once
// the call was given up, but never cut off in its middle: SQLite would undo
// the whole transaction, and with it the other writes.
type member struct{ dbtx }

func (m member) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return m.dbtx.ExecContext(whole(ctx), query, args...)
}

func (m member) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return m.dbtx.QueryContext(whole(ctx), query, args...)
}

func (m member) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return m.dbtx.QueryRowContext(whole(ctx), query, args...)
}

func whole(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return ctx // nothing begins with this
	}
	return context.WithoutCancel(ctx)
}
