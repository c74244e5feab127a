package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
)

const pepperLen = 32

// Pepper is the server's own key for MACs. It prints as [redacted]. Losing it
// loses every token: they can no longer be told from made-up ones.
type Pepper struct {
	key  *string    // not *[32]byte: fmt follows that for %s
	macs *sync.Pool // of what the key was worked into: that takes as long as the rest of a MAC
}

func pepperOf(key []byte) Pepper {
	p := Pepper{key: new(string(key))}
	p.macs = &sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(*p.key)) }}
	return p
}

// LoadPepper reads the pepper from a file, making it with mode 0600 if there
// is none. It refuses a file of the wrong size, and one that others than its
// owner may read.
func LoadPepper(path string) (Pepper, error) {
	p, err := readPepper(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := place(randomKey(), path); err != nil {
			return Pepper{}, fmt.Errorf("making the pepper: %w", err)
		}
		return readPepper(path)
	}
	return p, err
}

// ID names the pepper without telling it: 16 hex digits.
func (p Pepper) ID() string { return hex.EncodeToString(p.MAC("pepper id")[:8]) }

// MAC is the HMAC-SHA-256 of s under the pepper.
func (p Pepper) MAC(s string) []byte {
	h := p.macs.Get().(hash.Hash) //nolint:forcetypeassert // the pool has nothing else
	defer p.macs.Put(h)
	h.Reset()
	_, _ = io.WriteString(h, s)
	return h.Sum(make([]byte, 0, sha256.Size))
}

// String says [redacted].
func (Pepper) String() string { return redacted }

// GoString says [redacted].
func (Pepper) GoString() string { return redacted }

// Format says [redacted] for every verb.
func (Pepper) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue says [redacted].
func (Pepper) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText says [redacted], in JSON too.
func (Pepper) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func readPepper(path string) (Pepper, error) {
	f, err := os.Open(path)
	if err != nil {
		return Pepper{}, fmt.Errorf("reading the pepper: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return Pepper{}, fmt.Errorf("reading the pepper: %w", err)
	}
	// Windows has no such bits: there the data directory's access list guards.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Pepper{}, fmt.Errorf("the pepper %s has mode %04o: others may read it; set 0600", path, info.Mode().Perm())
	}
	if info.Size() != pepperLen {
		return Pepper{}, fmt.Errorf("the pepper %s has %d bytes, not %d", path, info.Size(), pepperLen)
	}
	var key [pepperLen]byte
	if _, err := io.ReadFull(f, key[:]); err != nil {
		return Pepper{}, fmt.Errorf("reading the pepper: %w", err)
	}
	return pepperOf(key[:]), nil
}
