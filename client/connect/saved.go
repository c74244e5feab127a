package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Saved is what is remembered of a connection: which server and which account,
// never what signs it in.
type Saved struct {
	BuiltIn bool   `json:"builtIn,omitempty"`
	Address string `json:"address"`
	Subject string `json:"subject"`
	Login   string `json:"login"`
	Name    string `json:"name"`
}

// savedFile has room for several connections; this version keeps the last one.
type savedFile struct {
	Connections []Saved `json:"connections"`
}

// Last answers the connection that was used last, or ErrNone.
func (c *Connector) Last() (Saved, error) {
	data, err := os.ReadFile(c.file())
	if errors.Is(err, fs.ErrNotExist) {
		return Saved{}, ErrNone
	}
	if err != nil {
		return Saved{}, fmt.Errorf("reading the last connection: %w", err)
	}
	var f savedFile
	if json.Unmarshal(data, &f) != nil || len(f.Connections) == 0 {
		return Saved{}, ErrNone // a damaged file costs a click, not the program
	}
	return f.Connections[0], nil
}

func (c *Connector) remember(s Saved) error {
	data, err := json.MarshalIndent(savedFile{[]Saved{s}}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("remembering the connection: %w", err)
	}
	temp := c.file() + ".new"
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return fmt.Errorf("remembering the connection: %w", err)
	}
	return os.Rename(temp, c.file())
}

func (c *Connector) forget() error {
	err := os.Remove(c.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (c *Connector) file() string { return filepath.Join(c.cfg.Dir, "connections.json") }
