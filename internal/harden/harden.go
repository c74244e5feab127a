// Package harden keeps what a program holds in memory from leaving it by ways
// that the operating system offers for finding bugs: core dumps, and reading
// the memory of another process of the same user.
//
// It is a fence, not a wall. Root, and whoever controls the account otherwise,
// still get in; docs/security.md says what is promised where.
package harden

// Process hardens the running program. It is the first thing that main does,
// before there is a secret. What a system does not offer is left out without
// an error.
func Process() error { return process() }
