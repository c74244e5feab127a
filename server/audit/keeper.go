package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	lookEvery   = time.Second
	signEvents  = 1000 // since the last checkpoint, or
	signAfter   = time.Minute
	complainNot = time.Minute // between complaints about the same trouble
)

// Keeper writes a checkpoint whenever one is due: 1,000 events after the last
// one, or a minute after it if something has changed.
type Keeper struct {
	source Source
	book   *Book
	clock  func() time.Time
	log    *slog.Logger

	begun      bool
	at         Head      // the last checkpoint
	signed     time.Time // when that was; zero: sign as soon as there is something
	complained time.Time

	status atomic.Pointer[Status]
}

// Status is what a Keeper found out so far.
type Status struct {
	Intact bool      // no look found the chain broken, or a later one found it whole again
	Signed int64     // Seq of the last checkpoint
	At     time.Time // when this Keeper signed it; zero: it has signed none
}

// Status is what the last look found. It does not wait.
func (k *Keeper) Status() Status { return *k.status.Load() }

// note keeps the result of a look for Status. An error of the database or the
// book says nothing about the chain.
func (k *Keeper) note(err error) {
	intact := k.Status().Intact
	if _, broken := errors.AsType[*Break](err); broken || err == nil {
		intact = !broken
	}
	k.status.Store(&Status{Intact: intact, Signed: k.at.Seq, At: k.signed})
}

// NewKeeper makes a Keeper that goes on from the book's last checkpoint.
func NewKeeper(from Source, b *Book, clock func() time.Time, log *slog.Logger) *Keeper {
	k := &Keeper{source: from, book: b, clock: clock, log: log}
	k.status.Store(&Status{Intact: true})
	return k
}

// Run keeps the checkpoints until ctx ends, and then writes a last one.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		k.report(ctx, k.Look(ctx))
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			k.signed = time.Time{}
			k.report(last, k.Look(last))
			return
		case <-tick.C:
		}
	}
}

func (k *Keeper) report(ctx context.Context, err error) {
	now := k.clock()
	if err == nil || ctx.Err() != nil || now.Sub(k.complained) < complainNot {
		return
	}
	k.complained = now
	k.log.ErrorContext(ctx, "no checkpoint of the change log was signed; run audit verify", "error", err)
}

// Look signs a checkpoint if one is due. It signs only what fits the last one:
// otherwise the error is a *Break, and only a person can find out why.
func (k *Keeper) Look(ctx context.Context) (err error) {
	defer func() { k.note(err) }()
	now := k.clock()
	if !k.begun {
		last, err := k.book.Last()
		if err != nil {
			return err
		}
		k.begun, k.at = true, last
	}
	head, err := k.source.ChainHead(ctx)
	if err != nil {
		return err
	}
	due := head.Seq-k.at.Seq >= signEvents || now.Sub(k.signed) >= signAfter || head.Seq < k.at.Seq
	if head == k.at || !due {
		return nil
	}
	if head, err = k.follow(ctx, head); err != nil {
		return err
	}
	if err := k.book.Append(Checkpoint{Head: head, At: now.UTC().Truncate(time.Second)}); err != nil {
		return err
	}
	k.at, k.signed = head, now
	return nil
}

// follow goes from the last checkpoint to the end of the chain.
func (k *Keeper) follow(ctx context.Context, end Head) (Head, error) {
	w := newWalk(end, nil)
	w.at = k.at
	for w.at.Seq < end.Seq {
		rows, err := k.source.ChainRows(ctx, w.at.Seq, batch)
		if err != nil {
			return Head{}, err
		}
		more := w.take(rows)
		if w.broken != nil {
			return Head{}, w.broken
		}
		if !more || len(rows) == 0 {
			break
		}
	}
	if w.at != end {
		return Head{}, &Break{Seq: min(w.at.Seq, end.Seq) + 1, Reason: Missing}
	}
	return end, nil
}
