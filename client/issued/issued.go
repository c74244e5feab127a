// Package issued remembers which tokens were issued from this computer, without
// their values, so that somebody who comes upon a token can ask whether it is
// one of theirs and end it.
//
// What is remembered is a fingerprint of the value under a key, and whose token
// it is at which server. The key is a credential like those that sign in, so
// the file alone tells nobody which value it speaks of. While nothing keeps the
// key nothing is written: digests wait in memory until something does, and else
// end with the program.
package issued

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
)

// keyName is where the key is among the credentials.
const keyName = "fingerprints of issued tokens"

// most bounds the index: beyond it the oldest are forgotten.
const most = 10_000

// Entry is one token that was issued here.
type Entry struct {
	BuiltIn     bool      `json:"builtIn,omitempty"`
	Address     string    `json:"address"` // of the server
	Subject     string    `json:"subject"` // the account that issued it
	Login       string    `json:"login"`
	ID          string    `json:"id"` // of the token
	Kind        string    `json:"kind"`
	AppID       string    `json:"appId"`
	App         string    `json:"app"`
	Description string    `json:"description,omitempty"`
	At          time.Time `json:"at"`
}

// Keys keeps the index's key where it outlives the program, or fails. There is more than
// one where the keyring was away for a time: the first is for what is new.
type Keys interface {
	Recall(ctx context.Context, key string) ([]client.Secret, error)
	Keep(ctx context.Context, key string, s client.Secret) error
}

// Index is what was issued here. It is safe for concurrent use.
type Index struct {
	file file
	keys Keys

	mu      sync.Mutex // may be held while the keyring is waited for
	all     [][]byte   // the keys, which outlive the program, and so does the index; none: there is none yet
	entries []kept     // on disk

	fresh   sync.Mutex // of what follows; never held for long
	waiting []noted    // in memory, until there is a key
	turn    int        // of the latest that waits
}

// kept is an entry under its fingerprint. One under another key than the one
// there is stays, and is not found: that key may come back.
type kept struct {
	Key         string `json:"key"` // which one the fingerprint was made under; tells nothing of it
	Fingerprint string `json:"fingerprint"`
	Entry
}

// noted is an entry that has no fingerprint yet. Its digest is never written.
type noted struct {
	turn int
	of   digest
	Entry
}

// digest stands for a value, which it does not tell.
type digest [sha256.Size]byte

// New is the index in a file at path, under a key among keys. It reads neither
// before it needs them.
func New(path string, keys Keys) *Index { return &Index{file: file(path), keys: keys} }

// Note remembers that value is e's, in memory, and waits for nothing.
func (x *Index) Note(e Entry, value client.Secret) {
	x.fresh.Lock()
	defer x.fresh.Unlock()
	x.turn++
	x.waiting = append(x.waiting, noted{x.turn, sha256.Sum256([]byte(value.Reveal())), e})
	x.waiting = x.waiting[max(0, len(x.waiting)-most):]
}

// Settle writes what was noted. It may wait for the keyring. The error says why
// what was noted may be forgotten when the program quits.
func (x *Index) Settle(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.unwritten()) == 0 {
		return nil
	}
	return x.settle(ctx)
}

// Answer is what is known of a text.
type Answer struct {
	Entry   Entry         // whose it is; zero unless Mine
	Mine    bool          // it was issued here
	Shape   Shape         // what it looks like
	Value   client.Secret // the token in the text; zero if there is none. The caller wipes it
	Lasting bool          // the index reaches back beyond the start of the program
	Lost    bool          // it has entries under a key that is gone, of which nothing can be told
}

// Find looks for a token in text, which may be a whole command line, and says
// whether it was issued here. It asks no server.
func (x *Index) Find(ctx context.Context, text string) (Answer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.settle(ctx)
	found, shape := tokens(text)
	a := Answer{Shape: shape, Lasting: len(x.all) > 0, Lost: x.lost()}
	for _, value := range found {
		if e, ok := x.find(sha256.Sum256([]byte(value))); ok {
			a.Entry, a.Mine, a.Value = e, true, client.NewSecret(value)
			return a, nil
		}
	}
	if shape != Nothing {
		a.Value = client.NewSecret(found[0])
	}
	return a, err
}

func (x *Index) find(d digest) (Entry, bool) {
	for _, w := range slices.Backward(x.unwritten()) {
		if w.of == d {
			return w.Entry, true
		}
	}
	for _, key := range x.all {
		f := fingerprint(key, d)
		for _, k := range x.entries {
			if k.Fingerprint == f {
				return k.Entry, true
			}
		}
	}
	return Entry{}, false
}

// lost reports whether there are entries under a key that is not there.
func (x *Index) lost() bool {
	var names []string
	for _, key := range x.all {
		names = append(names, name(key))
	}
	return slices.ContainsFunc(x.entries, func(k kept) bool { return !slices.Contains(names, k.Key) })
}

// settle gets the key and what is on disk, unless it has them, and writes what
// waits. It asks anew each time: the person may have unlocked the keyring, or
// chosen the encrypted file.
func (x *Index) settle(ctx context.Context) error {
	err := x.open(ctx)
	waiting := x.unwritten()
	if len(x.all) == 0 || len(waiting) == 0 {
		return err
	}
	key, all := x.all[0], slices.Clone(x.entries)
	for _, w := range waiting {
		k := kept{name(key), fingerprint(key, w.of), w.Entry}
		all = append(slices.DeleteFunc(all, func(o kept) bool { return o.Fingerprint == k.Fingerprint }), k)
	}
	all = all[max(0, len(all)-most):]
	if err := x.file.write(all); err != nil {
		return err
	}
	x.entries = all
	x.written(waiting[len(waiting)-1].turn)
	return err
}

func (x *Index) unwritten() []noted {
	x.fresh.Lock()
	defer x.fresh.Unlock()
	return slices.Clone(x.waiting)
}

// written forgets what waited up to turn: more may have come meanwhile.
func (x *Index) written(turn int) {
	x.fresh.Lock()
	defer x.fresh.Unlock()
	x.waiting = slices.DeleteFunc(x.waiting, func(w noted) bool { return w.turn <= turn })
}

func (x *Index) open(ctx context.Context) error {
	if len(x.all) > 0 {
		x.lookAgain(ctx)
		return nil
	}
	keys, err := x.lastingKeys(ctx)
	if err != nil {
		return err
	}
	entries, err := x.file.read()
	if err == nil || errors.Is(err, errDamaged) {
		x.all, x.entries = keys, entries
	}
	return err
}

// lookAgain adds the keys that have come back, where some are missing.
func (x *Index) lookAgain(ctx context.Context) {
	if !x.lost() {
		return
	}
	keys, _ := x.recall(credentials.Unasked(ctx)) // none: as before
	for _, key := range keys {
		if !slices.ContainsFunc(x.all, func(k []byte) bool { return string(k) == string(key) }) {
			x.all = append(x.all, key)
		}
	}
}

func (x *Index) lastingKeys(ctx context.Context) ([][]byte, error) {
	keys, err := x.recall(ctx)
	if !errors.Is(err, credentials.ErrNotFound) {
		return keys, err
	}
	key := newKey()
	s := client.NewSecret(hex.EncodeToString(key))
	defer s.Wipe()
	return [][]byte{key}, x.keys.Keep(ctx, keyName, s)
}

func (x *Index) recall(ctx context.Context) ([][]byte, error) {
	kept, err := x.keys.Recall(ctx, keyName)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, s := range kept {
		key, err := hex.DecodeString(s.Reveal())
		s.Wipe()
		if err != nil || len(key) != sha256.Size {
			return nil, errors.New("the key of the index is not readable") // without the error, which quotes it
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func newKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: the program ends instead
	return key
}

// name tells keys apart.
func name(key []byte) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte("name"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func fingerprint(key []byte, d digest) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(d[:])
	return hex.EncodeToString(h.Sum(nil))
}
