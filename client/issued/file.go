package issued

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"keyfob/internal/wholefile"
)

// file is where the index is kept: readable by its owner, replaced as a whole.
type file string

type content struct {
	V      int    `json:"v"`
	Tokens []kept `json:"tokens"`
}

const version = 1

var errDamaged = errors.New("the index of issued tokens is damaged")

// read is what the file holds; no file holds nothing. One that cannot be made
// sense of is put aside, not overwritten.
func (f file) read() ([]kept, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the index of issued tokens: %w", err)
	}
	var c content
	if err := json.Unmarshal(data, &c); err != nil || c.V != version {
		if err := os.Rename(string(f), string(f)+".damaged"); err != nil {
			return nil, fmt.Errorf("reading the index of issued tokens: %w", err)
		}
		return nil, errDamaged
	}
	return c.Tokens, nil
}

func (f file) write(tokens []kept) error {
	data, err := json.Marshal(content{version, tokens})
	if err != nil {
		return err
	}
	if err := wholefile.Write(string(f), data); err != nil {
		return fmt.Errorf("writing the index of issued tokens: %w", err)
	}
	return nil
}
