package audit

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// history is a Source in memory.
type history []Row

// grow makes a history of n events, told apart by what.
func grow(h history, n int, what string) history {
	h = append(history{}, h...)
	for len(h) < n {
		e := Event{Seq: int64(len(h) + 1), At: at, Action: what}
		hash := h.head().Next(e).Hash
		h = append(h, Row{e, hash[:]})
	}
	return h
}

func (h history) head() Head {
	if len(h) == 0 {
		return Head{}
	}
	last := h[len(h)-1]
	return Head{last.Seq, Hash(last.Hash)}
}

func (h history) ChainHead(context.Context) (Head, error) { return h.head(), nil }

func (h history) ChainRows(_ context.Context, after int64, limit int) ([]Row, error) {
	if after == math.MinInt64 {
		after = 0
	}
	rest := h[min(int(after), len(h)):]
	return rest[:min(limit, len(rest))], nil
}

func (h history) BeyondHead(context.Context) (int64, error) { return 0, nil }

// restoration is a book that signed events 1 to 9, was restored from a backup
// that ended with event 5, and signed event 7 of what came then.
func restoration(t *testing.T) (dir string, now history) {
	t.Helper()
	b, dir := newBook(t)
	old := grow(nil, 9, "before")
	backup := old[:5]
	now = grow(backup, 7, "after")
	for _, c := range []Checkpoint{
		{Head: old[:3].head(), At: at}, {Head: backup.head(), At: at}, {Head: old[:7].head(), At: at}, {Head: old.head(), At: at.Add(time.Hour)},
	} {
		if err := b.Append(c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second does nothing
		if err := b.Restored(backup.head(), at.Add(time.Minute), at.Add(2*time.Minute)); err != nil { // the clock went back
			t.Fatal(err)
		}
	}
	if last, err := b.Last(); err != nil || last != backup.head() {
		t.Fatalf("the last checkpoint is of %+v, %v", last, err)
	}
	if err := b.Append(Checkpoint{Head: now.head(), At: at.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return dir, now
}

func verified(t *testing.T, dir string, h history) Report {
	t.Helper()
	signed, err := ReadCheckpoints(filepath.Join(dir, File), filepath.Join(dir, VerifyingFile))
	if err != nil {
		return Report{Break: err.(*Break)} //nolint:errorlint,forcetypeassert // what it answers for a damaged file
	}
	r, err := Verify(t.Context(), h, signed)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// requirement 87; 29, 30 of the notes on security.
func TestARestoreIsToldFromACutTail(t *testing.T) {
	dir, now := restoration(t)
	r := verified(t, dir, now)
	want := []Restore{{Checkpoint{Head: now[:5].head(), At: at.Add(time.Hour), Backup: at.Add(time.Minute)}, 9}}
	if diff := cmp.Diff(want, r.Restores); r.Break != nil || diff != "" {
		t.Errorf("%+v: %s", r, diff)
	}
	for cut := range len(now) {
		if r := verified(t, dir, now[:cut]); r.Break == nil || r.Break.Reason != Missing || r.Break.Seq != int64(cut+1) {
			t.Errorf("cut after event %d: %+v", cut, r.Break)
		}
	}
	if r := verified(t, dir, grow(now[:4], 7, "anew")); r.Break == nil || r.Break.Reason != Rewritten || r.Break.Seq != 5 {
		t.Errorf("written anew: %+v", r.Break)
	}
}

// Without the signing key, a restore is neither made up nor used again.
func TestARestoreHidesNothingElse(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(records [][]byte) [][]byte
	}{
		{"used again", func(r [][]byte) [][]byte { return append(r, r[4]) }},
		{"its event moved", func(r [][]byte) [][]byte {
			forged := bytes.Replace(r[4], []byte("\n5\n"), []byte("\n4\n"), 1)
			return append(r, forged)
		}},
		{"made of a checkpoint", func(r [][]byte) [][]byte {
			return append(r, bytes.Replace(r[1], []byte(origin), []byte(restored+"2026-11-22T09:00:00Z"), 1))
		}},
		{"taken away", func(r [][]byte) [][]byte { return append(r[:4:4], r[5:]...) }},
	} {
		dir, now := restoration(t)
		file := filepath.Join(dir, File)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all [][]byte
		for parts := bytes.Split(text, []byte(gap)); len(parts) > 1; parts = parts[2:] {
			all = append(all, bytes.Join(append(parts[:2:2], nil), []byte(gap)))
		}
		if err := os.WriteFile(file, bytes.Join(c.spoil(all), nil), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, dir, now[:5]); r.Break == nil {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
