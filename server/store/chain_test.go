package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
	"pgregory.net/rapid"

	"keyfob/server/audit"
)

// evidence is a database with checkpoints beside it.
type evidence struct {
	*Store
	t   *rapid.T
	ctx context.Context
	dir string
}

var drawEvent = rapid.Custom(func(t *rapid.T) Event {
	return Event{
		At:       time.UnixMilli(rapid.Int64Range(0, 1<<41).Draw(t, "at")),
		ActorID:  rapid.SampledFrom([]string{"u1", "u2", "operator"}).Draw(t, "actor"),
		Action:   rapid.SampledFrom([]string{"token.created", "token.revoked"}).Draw(t, "action"),
		ObjectID: rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "object"),
		Detail:   rapid.String().Draw(t, "detail"),
	}
})

// write writes the events, one transaction in a while being rolled back.
func (e *evidence) write(events []Event) {
	e.t.Helper()
	for len(events) > 0 {
		n := rapid.IntRange(1, len(events)).Draw(e.t, "transaction")
		give := rapid.IntRange(0, 4).Draw(e.t, "rolled back") == 0
		err := e.Write(e.ctx, func(tx *Tx) error {
			for _, ev := range events[:n] {
				if err := tx.InsertEvent(e.ctx, ev); err != nil {
					return err
				}
			}
			if give {
				return context.Canceled
			}
			return nil
		})
		if !give {
			e.must(err)
			events = events[n:]
		}
	}
}

func (e *evidence) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *evidence) exec(query string, args ...any) {
	e.t.Helper()
	_, err := e.Store.write.ExecContext(e.ctx, query, args...)
	e.must(err)
}

// sign writes a checkpoint.
func (e *evidence) sign() audit.Head {
	e.t.Helper()
	book, err := audit.OpenBook(e.dir)
	e.must(err)
	head, err := e.ChainHead(e.ctx)
	e.must(err)
	e.must(book.Append(audit.Checkpoint{Head: head, At: time.UnixMilli(0)}))
	return head
}

func (e *evidence) verify() audit.Report {
	e.t.Helper()
	signed, err := audit.ReadCheckpoints(filepath.Join(e.dir, audit.File), filepath.Join(e.dir, audit.VerifyingFile))
	e.must(err)
	r, err := audit.Verify(e.ctx, e.Queries, signed)
	e.must(err)
	return r
}

// broken demands that verify names exactly this.
func (e *evidence) broken(want audit.Break) {
	e.t.Helper()
	if diff := cmp.Diff(&want, e.verify().Break); diff != "" {
		e.t.Errorf("-want +got\n%s", diff)
	}
}

// onEvidence runs a property on 3 to 12 events, with a checkpoint after the
// event signed.
func onEvidence(t *testing.T, property func(e *evidence, signed, count int64)) {
	t.Helper()
	e := &evidence{ctx: t.Context(), dir: t.TempDir()}
	e.Store = openAt(t, filepath.Join(e.dir, "keyfob.db"))
	rapid.Check(t, func(r *rapid.T) {
		e.t = r
		e.exec(`PRAGMA synchronous = OFF`) // this is not about the disk
		e.exec(`DELETE FROM events`)
		e.exec(`INSERT OR REPLACE INTO event_chain (id, seq) VALUES (1, 0)`)
		if err := os.Remove(filepath.Join(e.dir, audit.File)); !errors.Is(err, fs.ErrNotExist) {
			e.must(err)
		}
		events := rapid.SliceOfN(drawEvent, 3, 12).Draw(r, "events")
		signed := rapid.IntRange(1, len(events)).Draw(r, "signed")
		e.write(events[:signed])
		e.sign()
		e.write(events[signed:])
		property(e, int64(signed), int64(len(events)))
	})
}

func TestWhateverIsWrittenVerifies(t *testing.T) {
	onEvidence(t, func(e *evidence, signed, count int64) {
		r := e.verify()
		if r.Break != nil || r.Events != count || r.Head.Seq != count || r.Checkpoints != 1 || r.Last.Seq != signed {
			e.t.Errorf("%d events, signed at %d: %+v", count, signed, r)
		}
	})
}

func TestADeletedRowIsNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, _, count int64) {
		seq := rapid.Int64Range(1, count).Draw(e.t, "seq")
		e.exec(`DELETE FROM events WHERE seq = $1`, seq)
		e.broken(audit.Break{Seq: seq, Reason: audit.Missing})
	})
}

func TestAnEditedRowIsNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, _, count int64) {
		seq := rapid.Int64Range(1, count).Draw(e.t, "seq")
		edit := rapid.SampledFrom([]string{
			"at = at + 1", "at = 'soon'", "at = at + 0.5", "actor_id = actor_id || 'x'", "action = 'x'", "object_id = 'longer'", "detail = detail || ' '",
			"hash = NULL", "hash = zeroblob(32)", "hash = substr(hash, 1, 31)", "object_id = object_id || action, action = ''",
		}).Draw(e.t, "edit")
		e.exec(`UPDATE events SET `+edit+` WHERE seq = $1`, seq)
		e.broken(audit.Break{Seq: seq, Reason: audit.Altered})
	})
}

func TestTwoSwappedRowsAreNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, _, count int64) {
		one := rapid.Int64Range(1, count-1).Draw(e.t, "one")
		other := rapid.Int64Range(one+1, count).Draw(e.t, "other")
		for _, step := range [][2]int64{{one, -1}, {other, one}, {-1, other}} {
			e.exec(`UPDATE events SET seq = $2 WHERE seq = $1`, step[0], step[1])
		}
		e.broken(audit.Break{Seq: one, Reason: audit.Altered})
	})
}

func TestAMovedOrAddedRowIsNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, _, count int64) {
		seq := rapid.Int64Range(1, count).Draw(e.t, "seq")
		copied := func(to int64) {
			e.exec(`INSERT INTO events SELECT $2, at, actor_id, action, object_id, detail, hash FROM events WHERE seq = $1`, seq, to)
		}
		switch to := rapid.SampledFrom([]int64{-9, 0, count + 1, count + 9}).Draw(e.t, "to"); {
		case rapid.Bool().Draw(e.t, "added"):
			copied(to)
			e.broken(audit.Break{Seq: to, Reason: audit.Foreign})
		case to > 0:
			e.exec(`UPDATE events SET seq = $2 WHERE seq = $1`, seq, to)
			e.broken(audit.Break{Seq: seq, Reason: audit.Missing})
		default:
			e.exec(`UPDATE events SET seq = $2 WHERE seq = $1`, seq, to)
			e.broken(audit.Break{Seq: to, Reason: audit.Foreign})
		}
	})
}

// A tail that is cut off so that the database agrees with itself again is
// missed by the checkpoint after it.
func TestACutTailIsNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, signed, count int64) {
		keep := rapid.Int64Range(0, count-1).Draw(e.t, "keep")
		e.exec(`DELETE FROM events WHERE seq > $1`, keep)
		e.broken(audit.Break{Seq: keep + 1, Reason: audit.Missing})
		e.exec(`UPDATE event_chain SET seq = $1, hash = (SELECT hash FROM events WHERE seq = $1)`, keep)
		if keep < signed {
			e.broken(audit.Break{Seq: keep + 1, Reason: audit.Missing})
		} else if r := e.verify(); r.Break != nil || r.Events != keep {
			e.t.Errorf("what was never signed: %+v", r)
		}
	})
}

// Who knows the form can edit a row and chain all that follows anew. The next
// checkpoint tells, and the one before it says from where on.
func TestARewrittenHistoryIsNamed(t *testing.T) {
	onEvidence(t, func(e *evidence, first, count int64) {
		second := e.sign().Seq
		seq := rapid.Int64Range(1, count).Draw(e.t, "seq")
		e.exec(`UPDATE events SET detail = detail || ' ' WHERE seq = $1`, seq)
		e.must(e.Write(e.ctx, func(tx *Tx) error { return tx.chainAll(e.ctx) }))
		want := audit.Break{Seq: first, Reason: audit.Rewritten}
		if seq > first {
			want = audit.Break{Seq: second, Reason: audit.Rewritten, After: first}
		}
		e.broken(want)
	})
}

func TestATamperedEndOfTheChainIsNoticed(t *testing.T) {
	onEvidence(t, func(e *evidence, _, count int64) {
		e.exec(rapid.SampledFrom([]string{
			`UPDATE event_chain SET seq = seq + 1`, `UPDATE event_chain SET seq = seq - 1`, `UPDATE event_chain SET seq = -1`,
			`UPDATE event_chain SET hash = NULL`, `DELETE FROM event_chain`,
		}).Draw(e.t, "edit"))
		if b := e.verify().Break; b == nil || b.Seq < 0 || b.Seq > count+1 {
			e.t.Errorf("found %+v", b)
		}
	})
}

// What there was before the chain is chained by the first start, once.
func TestEventsFromBeforeTheChainAreChained(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keyfob.db")
	before(t, path, 2, func(db *sql.DB) {
		for i := range 1200 {
			if _, err := db.ExecContext(t.Context(), `INSERT INTO events (at, actor_id, action, object_id, detail) VALUES ($1, 'u1', 'a', 'o', '{}')`, i); err != nil {
				t.Fatal(err)
			}
		}
	})
	for range 2 {
		s := openAt(t, path)
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: "u1"}) }); err != nil {
			t.Fatal(err)
		}
	}
	s := openAt(t, path)
	r, err := audit.Verify(t.Context(), s.Queries, nil)
	if err != nil || r.Break != nil || r.Events != 1202 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.write.ExecContext(t.Context(), `UPDATE events SET detail = 'x' WHERE seq = 5`); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path) // does not chain it anew
	if r, err := audit.Verify(t.Context(), again.Queries, nil); err != nil || r.Break == nil || r.Break.Seq != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}

// before makes a database as an earlier version left it: with the migrations up
// to version.
func before(t *testing.T, path string, version int64, fill func(*sql.DB)) {
	t.Helper()
	db, err := sqlitePool(path, "immediate", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	files, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	early := fstest.MapFS{}
	for _, f := range files {
		text, err := migrations.ReadFile("migrations/sqlite/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if f.Name() < fmt.Sprintf("%05d", version+1) {
			early[f.Name()] = &fstest.MapFile{Data: text}
		}
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, early, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err == nil {
		_, err = p.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	fill(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
