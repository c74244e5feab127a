// Package dirs says where Keyfob keeps its files for the current user, by the
// rules of each operating system.
package dirs

import (
	"os"
	"path/filepath"
	"runtime"
)

const name = "keyfob"

// Config is where the program remembers its connections: no secrets.
func Config() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, name), nil
}

// Data is where the built-in server keeps its database. On Linux that is the
// data directory of the XDG base directory specification; macOS and Windows
// keep data beside the configuration.
func Data() (string, error) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		base, err := os.UserConfigDir()
		return filepath.Join(base, name, "server"), err
	}
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, name), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", name), err
}
