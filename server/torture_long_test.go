//go:build torture

package server_test

import (
	"os"
	"strconv"
)

// malformed is KEYFOB_TORTURE_N, or a million.
func malformed() int { return times(1_000_000) }

func clockJumps() int { return min(times(400), 400) }

func times(long int) int {
	if n, err := strconv.Atoi(os.Getenv("KEYFOB_TORTURE_N")); err == nil && n > 0 {
		return n
	}
	return long
}
