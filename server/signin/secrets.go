package signin

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

const sha256Hash = crypto.SHA256

var (
	// strict reads base64 in one spelling only, so that a changed last
	// character is another token and not the same one again.
	strict    = base64.RawURLEncoding.Strict()
	errSealed = errors.New("signin: not sealed by this server")
)

// random is a fresh secret of 256 bits.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is how a secret of 256 bits is kept.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
