package command

import (
	"os"
	"runtime/debug"
)

// spareTheCollector lets garbage lie while there is room for it, so that a
// server with little in memory does not search that little for garbage many
// times a second, while checks wait for a processor. As what is remembered fills
// the room, it searches more often. GOGC and GOMEMLIMIT, where the operator sets one, count instead.
func spareTheCollector(remembered int) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(1500)
	debug.SetMemoryLimit(room(remembered))
}

// room is for requests under way, and for each token that is remembered.
func room(remembered int) int64 { return 40<<20 + 1280*int64(max(0, remembered)) }
