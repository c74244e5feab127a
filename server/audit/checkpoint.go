package audit

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is a statement that at some time the chain ended so. Signed, it is
// a note: its text is the four lines
//
//	keyfob change log
//	<seq, decimal>
//	<hash, base64>
//	<time, RFC 3339 in UTC, to the second>
//
// One that was signed when the database was restored says so in its first line:
//
//	keyfob change log, restored from a backup of <time, as below>
//
// The chain began anew from its seq then. So the checkpoints before it in the
// file with a greater seq vouch for events that the backup did not have.
type Checkpoint struct {
	Head
	At     time.Time
	Backup time.Time // when the backup was made that was restored; zero: nothing was restored
}

// The first line of each checkpoint.
const (
	origin   = "keyfob change log"
	restored = origin + ", restored from a backup of "
)

// keyName is the name of the key in each signature.
const keyName = "keyfob"

func (c Checkpoint) text() string {
	first := origin
	if !c.Backup.IsZero() {
		first = restored + c.Backup.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", first, c.Seq, c.Hash, c.At.UTC().Format(time.RFC3339))
}

var errCheckpoint = errors.New("audit: not a checkpoint")

// parseCheckpoint takes exactly what text writes.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 {
		return Checkpoint{}, errCheckpoint
	}
	seq, seqErr := strconv.ParseInt(lines[1], 10, 64)
	hash, hashErr := parseHash(lines[2])
	at, atErr := time.Parse(time.RFC3339, lines[3])
	c := Checkpoint{Head: Head{seq, hash}, At: at.UTC()}
	var backupErr error
	if of, ok := strings.CutPrefix(lines[0], restored); ok {
		c.Backup, backupErr = time.Parse(time.RFC3339, of)
		c.Backup = c.Backup.UTC()
	}
	if errors.Join(seqErr, hashErr, atErr, backupErr) != nil || seq < 0 || seq == 0 && c.Backup.IsZero() || c.text() != text {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// newKey makes a key to sign with, and the one to verify with, as note writes
// them.
func newKey() (signing, verifying string, err error) {
	return note.GenerateKey(rand.Reader, keyName)
}

func (c Checkpoint) sign(by note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.text()}, by)
}

// Signed is a checkpoint as a file has it. Whether it is genuine is asked where
// it matters: the last one vouches for all events before it, so that those that
// agree with it need not be looked at, of which there may be very many.
type Signed struct {
	Checkpoint
	line int    // in its file
	note []byte // with the signature
	by   note.Verifier
}

// genuine reports whether the key signed it.
func (s *Signed) genuine() bool {
	n, err := note.Open(s.note, note.VerifierList(s.by))
	return err == nil && n.Text == s.text()
}

const (
	gap  = "\n\n"    // parts text and signature, and ends a record of a file of checkpoints
	dash = "\u2014 " // begins a signature, which is one line
)

// parseAll reads a file of signed checkpoints, each followed by an empty line.
// What comes after the last whole one was cut off while it was written. The
// error is a *Break with its line.
func parseAll(file []byte, by note.Verifier) ([]Signed, error) {
	var all []Signed
	line := 1
	for {
		text, rest, hasText := bytes.Cut(file, []byte(gap))
		signature, rest, whole := bytes.Cut(rest, []byte(gap))
		if !hasText || !whole {
			return all, nil
		}
		c, err := parseCheckpoint(string(text) + "\n")
		if err != nil || !bytes.HasPrefix(signature, []byte(dash)) || bytes.ContainsRune(signature, '\n') {
			return nil, &Break{Reason: Unsigned, Line: line}
		}
		size := len(text) + len(gap) + len(signature) + 1
		all = append(all, Signed{c, line, file[:size], by})
		line += bytes.Count(file[:size], []byte("\n")) + 1
		file = rest
	}
}

// lastWhole finds the last whole record in the end of a file: its checkpoint,
// and where the record ends. ok is false if there is none.
func lastWhole(end []byte, by note.Verifier) (s Signed, size int, ok bool) {
	size = bytes.LastIndex(end, []byte(gap))
	for size >= 0 && !bytes.HasPrefix(end[lineStart(end, size):], []byte(dash)) {
		size = bytes.LastIndex(end[:size+1], []byte(gap))
	}
	if size < 0 {
		return Signed{}, 0, false
	}
	start := max(0, lineStart(end, size)-len(gap))
	for range 4 { // the lines of the text
		start = lineStart(end, start) - 1
	}
	size += len(gap)
	all, err := parseAll(end[max(0, start+1):size], by)
	if err != nil || len(all) != 1 {
		return Signed{}, 0, false
	}
	return all[0], size, true
}

// lineStart is where the line begins that ends at b[at].
func lineStart(b []byte, at int) int { return bytes.LastIndexByte(b[:max(0, at)], '\n') + 1 }
