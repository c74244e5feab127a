// Package dirs says where Keyfob keeps its files for the current user, by the
// rules of each operating system.
package dirs

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

const name = "keyfob"

// Dirs are the program's directories; they may not exist yet.
type Dirs struct {
	Config string // what is remembered of connections: no secrets
	Data   string // the built-in server's
	State  string // what tells of earlier runs: crash files; empty if it has no place
}

// Find names the directories. On Linux they follow the XDG base directory
// specification; macOS and Windows keep data beside the configuration.
func Find() (Dirs, error) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		config, err := os.UserConfigDir()
		if err != nil {
			return Dirs{}, fmt.Errorf("there is no place for configuration: %w", err)
		}
		config = filepath.Join(config, name)
		return Dirs{Config: config, Data: filepath.Join(config, "server"), State: filepath.Join(config, "state")}, nil
	}
	config, err := xdg("XDG_CONFIG_HOME", ".config")
	if err != nil {
		return Dirs{}, fmt.Errorf("there is no place for configuration: %w", err)
	}
	data, err := xdg("XDG_DATA_HOME", ".local/share")
	if err != nil {
		return Dirs{}, fmt.Errorf("there is no place for data: %w", err)
	}
	state, _ := xdg("XDG_STATE_HOME", ".local/state") // the program runs without
	return Dirs{Config: config, Data: data, State: state}, nil
}

// xdg is our directory below the one that a variable names, or else below home.
// The specification has relative paths ignored.
func xdg(variable, belowHome string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, name), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, belowHome, name), nil
}
