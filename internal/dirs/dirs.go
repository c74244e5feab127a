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
}

// Find names the directories. On Linux they follow the XDG base directory
// specification; macOS and Windows keep data beside the configuration.
func Find() (Dirs, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return Dirs{}, fmt.Errorf("there is no place for configuration: %w", err)
	}
	d := Dirs{Config: filepath.Join(config, name)}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		d.Data = filepath.Join(d.Config, "server")
		return d, nil
	}
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return Dirs{}, fmt.Errorf("there is no place for data: %w", err)
		}
		data = filepath.Join(home, ".local", "share")
	}
	d.Data = filepath.Join(data, name)
	return d, nil
}
