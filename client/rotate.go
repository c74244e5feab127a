package client

import "time"

// OverlapMax is the longest that a token may live on beside the one that
// replaced it.
const OverlapMax = 7 * 24 * time.Hour

// Rotation is the wish to replace a token by a new one that is the same but
// for its secret and its time.
type Rotation struct {
	ExpiresAt time.Time     // of the new one; zero: as long from now as the old one was to live
	Overlap   time.Duration // how long the old one lives on, in whole seconds; 0: it is revoked at once

	// Attempt is as in NewToken: an attempt that is repeated rotates once.
	Attempt string
}

// Replaced reports whether the token was rotated and lives on for an overlap
// at now.
func (t Token) Replaced(now time.Time) bool {
	return t.Status(now) == Active && !t.OverlapEndsAt.IsZero()
}
