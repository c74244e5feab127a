// Package screenlock hears when the desktop locks or the computer falls asleep.
package screenlock

import "context"

// Watch calls do whenever the person's screen is locked, or the computer goes
// to sleep, until ctx ends. Where the system does not tell, it does nothing.
func Watch(ctx context.Context, do func()) { watch(ctx, do) }
