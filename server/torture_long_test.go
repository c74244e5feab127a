//go:build torture

package server_test

import (
	"os"
	"strconv"
)

// malformed is KEYFOB_TORTURE_N, or a hundred thousand.
func malformed() int {
	if n, err := strconv.Atoi(os.Getenv("KEYFOB_TORTURE_N")); err == nil && n > 0 {
		return n
	}
	return 100_000
}
