//go:build !torture

package limit

const long = false
