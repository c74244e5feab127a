// Package password keeps users' passwords: argon2id in the PHC string format,
// such as $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>.
//
// Only passwords are hashed like this. Tokens are random enough for a plain
// MAC, and a slow hash on every call would be a gift to whoever floods us.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"runtime"

	"golang.org/x/crypto/argon2"
)

// The cost of a new hash, as OWASP recommends at least: 19 MiB, two passes,
// one lane; about 20 ms.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

// slots bounds how many hashes are worked out at once, and so the memory that
// strangers can make the server use.
var slots = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// Hash answers the PHC string to keep for password. It fails only when ctx
// ends before it was its turn.
func Hash(ctx context.Context, password string) (string, error) {
	h := hash{memory: memoryKiB, passes: passes, lanes: lanes, salt: random(saltBytes)}
	sum, err := h.of(ctx, password, hashBytes)
	if err != nil {
		return "", err
	}
	h.sum = sum
	return h.String(), nil
}

// Unmatchable is a PHC string that no password verifies against, at the cost
// of a real one: so that an unknown user takes as long as a known one.
func Unmatchable() string {
	return hash{memory: memoryKiB, passes: passes, lanes: lanes, salt: random(saltBytes), sum: random(hashBytes)}.String()
}

// Verify reports whether password is the one that phc was made of. The error
// is ErrMalformed for a phc that is none, or that of ctx.
func Verify(ctx context.Context, phc, password string) (bool, error) {
	h, err := parse(phc)
	if err != nil {
		return false, err
	}
	sum, err := h.of(ctx, password, len(h.sum))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, h.sum) == 1, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// of works out the hash of password, when there is a slot.
func (h hash) of(ctx context.Context, password string, length int) ([]byte, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.lanes, uint32(length)), nil //nolint:gosec // at most maxBytes
}
