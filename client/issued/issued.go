// Package issued remembers which tokens were issued from this computer, without
// their values, so that somebody who comes upon a token can ask whether it is
// one of theirs and end it.
//
// What is remembered is a fingerprint of the value under a key, and whose token
// it is at which server. The key is a credential like those that sign in, so
// the file alone tells nobody which value it speaks of. Where no keyring keeps
// the key there is no file either: the index then ends with the program.
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

// Keys keeps the index's key where it outlives the program, or fails.
type Keys interface {
	Recall(ctx context.Context, key string) (client.Secret, error)
	Keep(ctx context.Context, key string, s client.Secret) error
}

// Index is what was issued here. It is safe for concurrent use.
type Index struct {
	file file
	keys Keys

	mu      sync.Mutex
	key     []byte // nil: not asked for yet
	lasting bool   // the key outlives the program, and so does the index
	entries []kept
}

// kept is an entry under its fingerprint.
type kept struct {
	Fingerprint string `json:"fingerprint"`
	Entry
}

// New is the index in a file at path, under a key among keys. It reads neither
// before it needs them.
func New(path string, keys Keys) *Index { return &Index{file: file(path), keys: keys} }

// Note remembers that value is e's. It may wait for the keyring.
func (x *Index) Note(ctx context.Context, e Entry, value client.Secret) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.open(ctx)
	k := kept{x.fingerprint(value.Reveal()), e}
	x.entries = append(slices.DeleteFunc(x.entries, func(o kept) bool { return o.Fingerprint == k.Fingerprint }), k)
	x.entries = x.entries[max(0, len(x.entries)-most):]
	if !x.lasting {
		return err
	}
	return errors.Join(err, x.file.write(x.entries))
}

// Answer is what is known of a text.
type Answer struct {
	Entry   Entry         // whose it is; zero unless Mine
	Mine    bool          // it was issued here
	Shape   Shape         // what it looks like
	Value   client.Secret // the token in the text; zero if there is none. The caller wipes it
	Lasting bool          // the index reaches back beyond the start of the program
}

// Find looks for a token in text, which may be a whole command line, and says
// whether it was issued here. It asks no server.
func (x *Index) Find(ctx context.Context, text string) (Answer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.open(ctx)
	found, shape := tokens(text)
	a := Answer{Shape: shape, Lasting: x.lasting}
	for _, value := range found {
		f := x.fingerprint(value)
		if i := slices.IndexFunc(x.entries, func(k kept) bool { return k.Fingerprint == f }); i >= 0 {
			a.Entry, a.Mine, a.Value = x.entries[i].Entry, true, client.NewSecret(value)
			return a, nil
		}
	}
	if shape != Nothing {
		a.Value = client.NewSecret(found[0])
	}
	return a, err
}

// open gets the key once, and what is on disk under it. Without a key that
// lasts there is one until the program quits; the error says why.
func (x *Index) open(ctx context.Context) error {
	if x.key != nil {
		return nil
	}
	key, err := x.lastingKey(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err // given up: the next call asks again
		}
		x.key = newKey()
		return err
	}
	x.key, x.lasting = key, true
	x.entries, err = x.file.read()
	return err
}

func (x *Index) lastingKey(ctx context.Context) ([]byte, error) {
	s, err := x.keys.Recall(ctx, keyName)
	if errors.Is(err, credentials.ErrNotFound) {
		key := newKey()
		s = client.NewSecret(hex.EncodeToString(key))
		defer s.Wipe()
		return key, x.keys.Keep(ctx, keyName, s)
	}
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	key, err := hex.DecodeString(s.Reveal())
	if err != nil || len(key) != sha256.Size {
		return nil, errors.New("the key of the index is not readable") // without the error, which quotes it
	}
	return key, nil
}

func newKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: the program ends instead
	return key
}

func (x *Index) fingerprint(value string) string {
	h := hmac.New(sha256.New, x.key)
	_, _ = h.Write([]byte(value))
	return hex.EncodeToString(h.Sum(nil))
}
