//go:build !torture

package server_test

func malformed() int { return 1500 }

func clockJumps() int { return 16 }
