package credentials

import (
	"context"
	"fmt"
)

// ErrAsks is an ErrUnavailable: the keyring would have had to ask the person.
var ErrAsks = fmt.Errorf("%w: it wants its password", ErrUnavailable)

type unaskedKey struct{}

// Unasked makes a keyring that would put up a prompt fail with ErrAsks instead:
// for what the person did not ask for.
func Unasked(ctx context.Context) context.Context {
	return context.WithValue(ctx, unaskedKey{}, true)
}

func unasked(ctx context.Context) bool { return ctx.Value(unaskedKey{}) != nil }
