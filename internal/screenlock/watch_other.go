//go:build !linux && !freebsd && !netbsd && !openbsd && !dragonfly

package screenlock

import "context"

// watch: macOS and Windows tell only a window of the program's own code, which
// the toolkit has.
func watch(context.Context, func()) {}
