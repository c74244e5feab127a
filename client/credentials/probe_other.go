//go:build !(linux || freebsd || netbsd || openbsd || dragonfly)

package credentials

import "context"

// Probe says whether there is a keyring to ask at all. Here the operating
// system always has one.
func Probe(context.Context) error { return nil }
