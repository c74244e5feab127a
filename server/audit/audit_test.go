package audit

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The form may never change: what was chained must verify for ever. The sum was
// worked out by another program, from the package comment.
func TestTheCanonicalFormIsTheOneThatIsWrittenDown(t *testing.T) {
	e := Event{Seq: 7, At: time.UnixMilli(1795338000123), Actor: "operator", Action: "token.revoked", Object: "t1", Detail: `{"from":"192.0.2.1"}`}
	const want = "\x00\x00\x00\x00\x00\x00\x00\x0ekeyfob event 1" +
		"\x00\x00\x00\x00\x00\x00\x00\x07" + "\x00\x00\x01\xa2\x02\x7b\xd6\xfb" +
		"\x00\x00\x00\x00\x00\x00\x00\x08operator" + "\x00\x00\x00\x00\x00\x00\x00\x0dtoken.revoked" +
		"\x00\x00\x00\x00\x00\x00\x00\x02t1" + "\x00\x00\x00\x00\x00\x00\x00\x14" + `{"from":"192.0.2.1"}`
	if diff := cmp.Diff(want, string(e.Canonical())); diff != "" {
		t.Error(diff)
	}
	if got, want := (Hash{31: 1}).Next(e).String(), "hcQiTzv+K1ncvYTi2PCZBGO9Sj/X9jkyn9eC41v3heo="; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

// An event can be read back from its canonical form, so no two share one.
func FuzzCanonical(f *testing.F) {
	f.Add(int64(1), int64(1795338000123), "operator", "token.created", "t1", "{}")
	f.Add(int64(-1), int64(-1), "", "\x00", "a\x00\x00", "\xff")
	f.Fuzz(func(t *testing.T, seq, at int64, actor, action, object, detail string) {
		if at/1000 > 1<<55 || at/1000 < -1<<55 {
			return // beyond what time.Time holds
		}
		e := Event{seq, time.UnixMilli(at), actor, action, object, detail}
		got, err := read(string(e.Canonical()))
		if err != nil || got != e {
			t.Errorf("%+v came back as %+v, %v", e, got, err)
		}
	})
}

// read is the canonical form backwards, after the package comment.
func read(s string) (Event, error) {
	r := strings.NewReader(s)
	var failed error
	integer := func() (n int64) {
		failed = errors.Join(failed, binary.Read(r, binary.BigEndian, &n))
		return n
	}
	text := func() string {
		b := make([]byte, min(integer(), int64(r.Len())))
		_, err := io.ReadFull(r, b)
		failed = errors.Join(failed, err)
		return string(b)
	}
	if text() != "keyfob event 1" {
		return Event{}, errors.New("another form")
	}
	e := Event{integer(), time.UnixMilli(integer()), text(), text(), text(), text()}
	if r.Len() > 0 {
		failed = errors.Join(failed, errors.New("more follows"))
	}
	return e, failed
}

var at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func checkpoint(seq int64) Checkpoint {
	return Checkpoint{Head: Head{seq, Hash{}.Next(Event{Seq: seq})}, At: at}
}

func newBook(t testing.TB) (*Book, string) {
	t.Helper()
	dir := t.TempDir()
	b, err := OpenBook(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b, dir
}

func (b *Book) add(t testing.TB, seqs ...int64) {
	t.Helper()
	for _, seq := range seqs {
		if err := b.Append(checkpoint(seq)); err != nil {
			t.Fatal(err)
		}
	}
}

// seqs are the checkpoints in dir, all of them genuine.
func seqs(t testing.TB, dir string) []int64 {
	t.Helper()
	all, err := ReadCheckpoints(filepath.Join(dir, File), filepath.Join(dir, VerifyingFile))
	if err != nil {
		t.Fatal(err)
	}
	var out []int64
	for _, s := range all {
		if !s.genuine() {
			t.Errorf("checkpoint %d is not genuine", s.Seq)
		}
		out = append(out, s.Seq)
	}
	return out
}

func TestCheckpointsAreAppendedForTheirOwnerAlone(t *testing.T) {
	b, dir := newBook(t)
	if last, err := b.Last(); err != nil || last != (Head{}) {
		t.Errorf("an empty book ends at %+v, %v", last, err)
	}
	b.add(t, 1, 2)
	again, err := OpenBook(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.add(t, 3)
	if diff := cmp.Diff([]int64{1, 2, 3}, seqs(t, dir)); diff != "" {
		t.Error(diff)
	}
	if last, err := again.Last(); err != nil || last != checkpoint(3).Head {
		t.Errorf("it ends at %+v, %v", last, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// A crash in the middle of a write costs that checkpoint and no other.
func TestACheckpointThatWasCutOffIsDropped(t *testing.T) {
	b, dir := newBook(t)
	b.add(t, 1, 2)
	file := filepath.Join(dir, File)
	two, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	one := len(two) / 2
	for cut := range two {
		if err := os.WriteFile(file, two[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		b.add(t, 3)
		want := []int64{1, 3}
		if cut < one {
			want = []int64{3}
		}
		if diff := cmp.Diff(want, seqs(t, dir)); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}

func TestTheEndOfALongBookIsFound(t *testing.T) {
	b, dir := newBook(t)
	var want []int64
	for seq := int64(1); seq <= 60; seq++ {
		b.add(t, seq)
		want = append(want, seq)
	}
	if diff := cmp.Diff(want, seqs(t, dir)); diff != "" {
		t.Error(diff)
	}
	if last, err := b.Last(); err != nil || last.Seq != 60 {
		t.Errorf("it ends at %+v, %v", last, err)
	}
}

func TestACheckpointOfAnotherKeyIsNotOurs(t *testing.T) {
	b, dir := newBook(t)
	other, otherDir := newBook(t)
	b.add(t, 1)
	other.add(t, 2)
	foreign, err := os.ReadFile(filepath.Join(otherDir, File))
	if err != nil {
		t.Fatal(err)
	}
	if err := appendTo(filepath.Join(dir, File), foreign, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Last(); !unsigned(err) {
		t.Errorf("it was taken: %v", err)
	}
}

func TestOtherFilesAreNoKeysAndNoCheckpoints(t *testing.T) {
	_, dir := newBook(t)
	for _, name := range []string{SigningFile, VerifyingFile} {
		was, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no key\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBook(dir); err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("with another %s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, File), []byte("a\n\nb\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadCheckpoints(filepath.Join(dir, File), filepath.Join(dir, VerifyingFile)); !unsigned(err) {
		t.Errorf("text was taken for checkpoints: %v", err)
	}
	if all, err := ReadCheckpoints(filepath.Join(dir, "none"), filepath.Join(dir, "none.pub")); err != nil || all != nil {
		t.Errorf("nothing: %v, %v", all, err)
	}
	if _, err := ReadCheckpoints(filepath.Join(dir, File), filepath.Join(dir, "none.pub")); err == nil {
		t.Error("checkpoints without their key were taken")
	}
}

func unsigned(err error) bool {
	b, ok := errors.AsType[*Break](err)
	return ok && b.Reason == Unsigned
}

// Whatever is in the file: no panic, and nothing genuine that was not signed.
func FuzzCheckpoints(f *testing.F) {
	b, dir := newBook(f)
	b.add(f, 1, 2)
	ours, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ours)
	f.Add(ours[:len(ours)-1])
	f.Add(append([]byte("\n\n"), ours...))
	f.Add([]byte("keyfob change log\n1\n\n\n\n\u2014 \n\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := parseAll(file, b.by)
		if err != nil && !unsigned(err) {
			t.Errorf("error %v", err)
		}
		for _, s := range all {
			if s.genuine() && s.Checkpoint != checkpoint(s.Seq) {
				t.Errorf("%+v was never signed", s.Checkpoint)
			}
		}
		last, size, ok := lastWhole(file, b.by)
		if size > len(file) || ok && last.genuine() && last.Checkpoint != checkpoint(last.Seq) {
			t.Errorf("the last is %+v, up to %d of %d", last.Checkpoint, size, len(file))
		}
	})
}
