// Package audit makes the change log evidence: whoever edits, deletes, swaps or
// cuts off its rows in the database is found out.
//
// The events are chained. Their Seq run 1, 2, 3, … without a gap, and each has
//
//	hash = SHA-256(hash of the event before ‖ canonical form of the event)
//
// where the hash before the first event is 32 zero bytes. The canonical form,
// with all integers big-endian and 8 bytes long, is
//
//	length, bytes   of the text "keyfob event 1", which names this form
//	seq             two's complement
//	at              two's complement, Unix milliseconds
//	length, bytes   of the actor's id
//	length, bytes   of the action
//	length, bytes   of the object's id
//	length, bytes   of the detail, as it is kept
//
// so no two events have the same one. A chain does not show that its tail was
// cut, nor that all of it was worked out anew from some row on. Checkpoints do:
// every 1,000 events, or a minute after something changed, the chain's end is
// signed with an Ed25519 key (golang.org/x/mod/sumdb/note) and appended to a
// file outside the database (Book, Keeper). Verify walks through the rows and
// compares them with all of it.
//
// A database that is restored from a backup ends before what was signed
// meanwhile. Restoring signs that too (Book.Restored), and Verify tells it from
// a cut tail by it.
//
// What happened after the last checkpoint is as safe as the chain alone; and
// who can write the signing key too can write any history. So copy the
// checkpoints, and the verifying key once, to where the server cannot write.
package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Event is a row of the change log as far as its hash covers it: all of it.
type Event struct {
	Seq    int64
	At     time.Time // to the millisecond
	Actor  string    // an id
	Action string
	Object string // an id
	Detail string // JSON
}

// form is the name of the canonical form.
const form = "keyfob event 1"

// Canonical is the event's canonical form.
func (e Event) Canonical() []byte {
	b := text(nil, form)
	b = integer(b, e.Seq)
	b = integer(b, e.At.UnixMilli())
	b = text(b, e.Actor)
	b = text(b, e.Action)
	b = text(b, e.Object)
	return text(b, e.Detail)
}

func integer(b []byte, n int64) []byte {
	b, _ = binary.Append(b, binary.BigEndian, n) // cannot fail: its size is fixed
	return b
}

func text(b []byte, s string) []byte { return append(integer(b, int64(len(s))), s...) }

// Hash is a SHA-256 sum. The zero Hash is the one before the first event.
type Hash [sha256.Size]byte

// Next is the hash of an event that comes after one with the hash h.
func (h Hash) Next(e Event) Hash {
	return sha256.Sum256(append(h[:], e.Canonical()...))
}

// String is h in base64.
func (h Hash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// parseHash is the opposite of String.
func parseHash(s string) (Hash, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(Hash{}) {
		return Hash{}, fmt.Errorf("audit: not a hash of %d bytes", len(Hash{}))
	}
	return Hash(b), nil
}

// Head is where a chain ends: the Seq of its last event, and its hash. The zero
// Head is the one of an empty chain.
type Head struct {
	Seq  int64
	Hash Hash
}

// Next is the head once e follows, whose Seq must be the next one.
func (h Head) Next(e Event) Head { return Head{e.Seq, h.Hash.Next(e)} }
