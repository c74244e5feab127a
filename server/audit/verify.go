package audit

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Row is an event as the database has it. Hash is nil where there is none that
// could fit.
type Row struct {
	Event
	Hash []byte
}

// Source is the database.
type Source interface {
	// ChainHead is where the database says that the chain ends.
	ChainHead(ctx context.Context) (Head, error)
	// ChainRows are up to limit rows with a Seq above after, in their order.
	ChainRows(ctx context.Context, after int64, limit int) ([]Row, error)
	// BeyondHead is the Seq of the first row after ChainHead; 0 if there is none.
	BeyondHead(ctx context.Context) (int64, error)
}

// Reasons why a row does not fit.
const (
	Missing   = "missing"   // it was deleted, or the tail was cut off
	Altered   = "altered"   // it was edited, or another one is in its place
	Foreign   = "foreign"   // it was put in beside the chain
	Rewritten = "rewritten" // it fits its neighbours, but not what was signed
	Unsigned  = "unsigned"  // a checkpoint is damaged or is signed by another key
)

// Break is the first place where the change log does not fit.
type Break struct {
	Seq    int64 // of the row; 0 for Unsigned
	Reason string
	After  int64 // for Rewritten: the last row that fits what was signed
	Line   int   // for Unsigned: of the checkpoints file; 0: its end
}

// Error is a sentence that names the row.
func (b *Break) Error() string {
	switch b.Reason {
	case Missing:
		return fmt.Sprintf("The change log is broken: event %d is missing.", b.Seq)
	case Foreign:
		return fmt.Sprintf("The change log is broken: event %d was put in beside the chain.", b.Seq)
	case Rewritten:
		return fmt.Sprintf("The change log is broken: event %d is not the one that was signed; what follows event %d was written anew.", b.Seq, b.After)
	case Unsigned:
		where := "the end"
		if b.Line > 0 {
			where = fmt.Sprintf("line %d", b.Line)
		}
		return "The change log cannot be trusted: " + where + " of the checkpoints is damaged, or signed by another key."
	}
	return fmt.Sprintf("The change log is broken: event %d was altered, or the hash of one was.", b.Seq)
}

// Report is what Verify found.
type Report struct {
	Events      int64 // in the chain, up to its end or its Break
	Head        Head  // how far the rows fit
	Checkpoints int   // that were compared
	Last        *Checkpoint
	Restores    []Restore // in their order
	Break       *Break    // nil: everything fits
}

// Restore tells that the change log was replaced by the one of a backup. It is
// a checkpoint of its own: nobody without the signing key can claim one to
// hide that a tail was cut.
type Restore struct {
	Checkpoint       // where the log of the backup ended
	Lost       int64 // the greatest Seq that is known from checkpoints and was not in the backup; 0: none
}

// batch is how many rows are read at once.
const batch = 1000

// Verify recomputes the chain and compares it with its end in the database and
// with the checkpoints. The error is of the Source or of ctx; what does not fit
// is in the Report. Take the checkpoints before the call: the chain may grow
// while it runs, also beyond what they know.
func Verify(ctx context.Context, from Source, checkpoints []Signed) (Report, error) {
	end, err := from.ChainHead(ctx)
	if err != nil {
		return Report{}, err
	}
	w := newWalk(end, checkpoints)
	for after := int64(math.MinInt64); w.broken == nil; {
		rows, err := from.ChainRows(ctx, after, batch)
		if err != nil {
			return Report{}, err
		}
		if len(rows) == 0 || !w.take(rows) {
			break
		}
		after = rows[len(rows)-1].Seq
	}
	if err := w.finish(ctx, from); err != nil {
		return Report{}, err
	}
	return w.report(checkpoints), nil
}

// walk goes along a chain.
type walk struct {
	end    Head                // as the database says
	signed map[int64][]*Signed // by Seq
	last   int64               // Seq of the last checkpoint
	at     Head                // of the rows that fit
	agreed []*Signed           // the checkpoints that fit
	broken *Break

	restores []Restore
}

func newWalk(end Head, checkpoints []Signed) *walk {
	w := &walk{end: end, signed: map[int64][]*Signed{}}
	for i := range checkpoints {
		c := &checkpoints[i]
		if !c.Backup.IsZero() {
			w.restored(c)
		}
		w.signed[c.Seq] = append(w.signed[c.Seq], c)
	}
	for seq := range w.signed {
		w.last = max(w.last, seq)
	}
	for _, c := range w.signed[w.last] { // those that vouch for all before them
		if !c.genuine() {
			w.broken = &Break{Reason: Unsigned, Line: c.line}
		}
	}
	return w
}

// restored drops the checkpoints before c that vouch for what the backup did
// not have. None that was signed later is dropped: c cannot be used again.
func (w *walk) restored(c *Signed) {
	if !c.genuine() {
		w.broken = &Break{Reason: Unsigned, Line: c.line}
		return
	}
	r := Restore{Checkpoint: c.Checkpoint}
	for seq, of := range w.signed {
		if seq <= c.Seq {
			continue
		}
		left := slices.DeleteFunc(of, func(s *Signed) bool { return !s.At.After(c.At) })
		if len(left) < len(of) {
			r.Lost = max(r.Lost, seq)
		}
		if w.signed[seq] = left; len(left) == 0 {
			delete(w.signed, seq)
		}
	}
	w.restores = append(w.restores, r)
}

// take goes on along rows and reports whether it wants more.
func (w *walk) take(rows []Row) bool {
	for _, r := range rows {
		if r.Seq > w.end.Seq && w.at.Seq == w.end.Seq {
			return false // written after the walk began
		}
		if w.broken = w.step(r); w.broken != nil {
			return false
		}
	}
	return true
}

func (w *walk) step(r Row) *Break {
	switch want := w.at.Seq + 1; {
	case r.Seq < want:
		return &Break{Seq: r.Seq, Reason: Foreign}
	case r.Seq > want:
		return &Break{Seq: want, Reason: Missing}
	}
	next := w.at.Next(r.Event)
	if string(r.Hash) != string(next.Hash[:]) {
		return &Break{Seq: r.Seq, Reason: Altered}
	}
	for _, c := range w.signed[r.Seq] {
		switch {
		case c.Hash == next.Hash:
			w.agreed = append(w.agreed, c)
		case !c.genuine():
			return &Break{Reason: Unsigned, Line: c.line}
		default:
			return w.rewritten(r.Seq)
		}
	}
	w.at = next
	return nil
}

// rewritten is the Break for a row that a genuine checkpoint contradicts. Now
// nothing vouches for the checkpoints before it but their own signatures.
func (w *walk) rewritten(seq int64) *Break {
	b := &Break{Seq: seq, Reason: Rewritten}
	for _, c := range w.agreed {
		if !c.genuine() {
			return &Break{Reason: Unsigned, Line: c.line}
		}
		b.After = c.Seq
	}
	return b
}

// finish looks at where the rows end.
func (w *walk) finish(ctx context.Context, from Source) error {
	switch {
	case w.broken != nil:
		return nil
	case w.at.Seq < max(w.end.Seq, w.last):
		w.broken = &Break{Seq: w.at.Seq + 1, Reason: Missing}
		return nil
	case w.at.Seq == w.end.Seq && w.at.Hash != w.end.Hash:
		w.broken = &Break{Seq: w.end.Seq, Reason: Altered}
		return nil
	}
	beyond, err := from.BeyondHead(ctx)
	if beyond != 0 {
		w.broken = &Break{Seq: beyond, Reason: Foreign}
	}
	return err
}

func (w *walk) report(checkpoints []Signed) Report {
	r := Report{Events: w.at.Seq, Head: w.at, Checkpoints: len(checkpoints), Restores: w.restores, Break: w.broken}
	if n := len(checkpoints); n > 0 {
		r.Last = &checkpoints[n-1].Checkpoint
	}
	return r
}
