// Command keyfobd is the token server on its own.
package main

import (
	"os"

	"keyfob/server/command"
)

var version string // set by the build

func main() { os.Exit(command.Program{Name: "keyfobd", Version: version}.Main()) }
