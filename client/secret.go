package client

import (
	"crypto/rand"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a value that must not be printed: a token's value, an access or
// refresh token. Every way of printing, logging or encoding it says
// [redacted]; only Reveal gives the value. Copies share one value, so one
// Wipe empties them all.
type Secret struct{ p *secretBytes }

// secretBytes points on: fmt follows one pointer from an unexported field.
type secretBytes struct{ b *[]byte }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{&secretBytes{new([]byte(value))}} }

// Reveal is the value itself; empty after Wipe. Hold it no longer than needed:
// Go cannot erase a string.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return string(*s.p.b)
}

// IsZero reports whether there is no value, or no more.
func (s Secret) IsZero() bool { return s.p == nil || len(*s.p.b) == 0 }

// Wipe overwrites the value in all copies of s.
func (s Secret) Wipe() {
	if s.p == nil {
		return
	}
	clear(*s.p.b)
	*s.p.b = nil
}

// String says [redacted].
func (Secret) String() string { return redacted }

// GoString says [redacted].
func (Secret) GoString() string { return redacted }

// Format says [redacted] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue says [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON says "[redacted]".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText says [redacted].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// NewAttempt makes a key for NewToken.Attempt: at least 128 random bits.
func NewAttempt() string { return rand.Text() }
