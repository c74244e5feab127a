// Command keyfobd is the token server on its own.
package main

import (
	"fmt"
	"os"

	"keyfob/internal/harden"
	"keyfob/server/command"
)

var version string // set by the build

func main() {
	if err := harden.Process(); err != nil {
		fmt.Fprintln(os.Stderr, "keyfobd: core dumps may be possible:", err)
	}
	os.Exit(command.Program{Name: "keyfobd", Version: version}.Main())
}
