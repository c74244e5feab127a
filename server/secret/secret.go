// Package secret makes and reads the values of tokens, and keys what is kept
// of them.
//
// A value is
//
//	<prefix> + kind letter + 42 base62 characters + 6 base62 characters
//	enrt_      p | s | a | x 250 random bits        CRC-32 of all before
//
// so that a mistyped or made-up value is refused without a read, and secret
// scanners find a leaked one by its shape. What a server keeps is the value's
// MAC under a Pepper, which lives outside the database: a stolen database
// holds nothing to sign in with, and whoever can write to it cannot plant a
// token (requirement 6).
package secret

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"log/slog"
	"strings"
)

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomLen = 42 // 250 bits
	sumLen    = 6
	redacted  = "[redacted]"
)

// Kinds of secret. The first two are the kinds of token on the wire.
const (
	PAT = "pat"
	SAT = "sat"
	App = "app" // the client secret of an application

	Exchanged = "exchanged" // a short-lived token that was given for one of the first two
)

var kindLetters = map[string]byte{PAT: 'p', SAT: 's', App: 'a', Exchanged: 'x'}

var kindsByLetter = [256]string{'p': PAT, 's': SAT, 'a': App, 'x': Exchanged}

// Value is a secret that prints as [redacted]; only Reveal gives it.
type Value struct{ p *string } // a pointer: fmt prints what it points to nowhere

// New makes a secret of a kind. It panics on a kind that is none of the above.
func New(prefix, kind string) Value {
	letter, ok := kindLetters[kind]
	if !ok {
		panic("secret: no such kind: " + kind)
	}
	body := prefix + string(letter) + random(randomLen)
	return wrap(body + checksum(body))
}

// Parse reads a secret and its kind, whatever its prefix: those issued under
// another one stay what they are. It is ok only if the shape and the checksum
// fit; whether such a secret was ever issued is not known here.
func Parse(s string) (v Value, kind string, ok bool) {
	at := len(s) - (1 + randomLen + sumLen)
	if at < 0 || !isPrefix(s[:at]) || !base62(s[at:]) {
		return Value{}, "", false
	}
	rest := s[at:]
	sumAt := len(s) - sumLen
	if checksum(s[:sumAt]) != s[sumAt:] {
		return Value{}, "", false
	}
	if kind = kindsByLetter[rest[0]]; kind == "" {
		return Value{}, "", false
	}
	return wrap(s), kind, true
}

// Reveal is the value itself; empty for the zero Value.
func (v Value) Reveal() string {
	if v.p == nil {
		return ""
	}
	return *v.p
}

// Hint is the last four characters, by which people tell tokens apart. They
// belong to the checksum and so tell nothing of the random part.
func (v Value) Hint() string {
	s := v.Reveal()
	return s[max(0, len(s)-4):]
}

// String says [redacted].
func (Value) String() string { return redacted }

// GoString says [redacted].
func (Value) GoString() string { return redacted }

// Format says [redacted] for every verb.
func (Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue says [redacted].
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText says [redacted], in JSON too.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func wrap(s string) Value { return Value{new(s)} }

// random is n base62 characters, each equally likely.
func random(n int) string {
	const fair = 256 - 256%len(alphabet) // bytes from here on would favour the first letters
	out := make([]byte, 0, n)
	buf := make([]byte, n)
	for len(out) < n {
		_, _ = rand.Read(buf) // never fails: the program ends instead
		for _, b := range buf {
			if int(b) < fair && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	out := make([]byte, sumLen)
	for i := range out {
		out[sumLen-1-i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(out)
}

// PrefixMax is the longest that a prefix may be.
const PrefixMax = 96

// isPrefix reports whether s may begin a secret: letters, digits and -_.: of
// which the last is _.
func isPrefix(s string) bool {
	if s == "" || len(s) > PrefixMax || s[len(s)-1] != '_' {
		return false
	}
	for i := range len(s) {
		if !inAlphabet[s[i]] && strings.IndexByte("-_.:", s[i]) < 0 {
			return false
		}
	}
	return true
}

func base62(s string) bool {
	for i := range len(s) {
		if !inAlphabet[s[i]] {
			return false
		}
	}
	return true
}

var inAlphabet = func() (in [256]bool) {
	for i := range len(alphabet) {
		in[alphabet[i]] = true
	}
	return in
}()
