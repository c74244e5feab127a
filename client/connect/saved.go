package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"keyfob/internal/wholefile"
)

// fileVersion is that of connections.json. The first one had no version, held
// one connection and meant it to be in use.
const fileVersion = 2

// errNewer keeps a file that a later Keyfob wrote from being written over.
var errNewer = errors.New("connections.json was written by a newer version")

// All answers the remembered connections in the person's order, and the key of
// the one in use. A file that cannot be understood counts as none.
func (c *Connector) All() (all []Saved, current string) {
	l, err := c.read()
	if err != nil {
		return nil, ""
	}
	return l.Connections, l.Current
}

// Last answers the connection that was used last, or ErrNone.
func (c *Connector) Last() (Saved, error) {
	l, err := c.read()
	if err != nil {
		return Saved{}, err
	}
	s, err := l.find(l.Current)
	if err != nil {
		return Saved{}, ErrNone
	}
	return *s, nil
}

// SetLook gives a connection the person's own name, or with an empty one the
// server's, and one of Colours.
func (c *Connector) SetLook(key, label, colour string) error {
	return c.edit(func(l *list) error { return l.look(key, label, colour) })
}

// Move moves a connection within the list, by places towards its end.
func (c *Connector) Move(key string, by int) error {
	return c.edit(func(l *list) error { return l.move(key, by) })
}

func (c *Connector) remember(s Saved) error {
	return c.edit(func(l *list) error {
		l.put(s)
		return nil
	})
}

func (c *Connector) forget(key string) error {
	return c.edit(func(l *list) error { return l.remove(key) })
}

// edit changes the list and then the file: the new one takes the place of the
// old one whole. If that fails, the list is as changed until the program quits.
func (c *Connector) edit(change func(*list) error) error {
	c.file.Lock()
	defer c.file.Unlock()
	l, err := c.read()
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	if err := change(&l); err != nil {
		return err
	}
	c.hold(l)
	if err := c.write(l); err != nil {
		return fmt.Errorf("remembering connections: %w", err)
	}
	return nil
}

// read is the list, from the file only the first time: nobody else writes it.
// It answers ErrNone for a file that is not there or damaged: that costs a
// click, not the program.
func (c *Connector) read() (list, error) {
	c.mu.Lock()
	held := c.list
	c.mu.Unlock()
	if held != nil {
		return held.clone(), nil
	}
	empty := list{Version: fileVersion}
	data, err := os.ReadFile(c.path())
	if errors.Is(err, fs.ErrNotExist) {
		return empty, ErrNone
	}
	if err != nil {
		return empty, fmt.Errorf("reading the connections: %w", err)
	}
	l, err := parse(data)
	if err == nil {
		c.hold(l)
	}
	return l, err
}

func (c *Connector) hold(l list) {
	held := l.clone()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = &held
}

func parse(data []byte) (list, error) {
	empty := list{Version: fileVersion}
	var by struct{ Version int }
	if json.Unmarshal(data, &by) == nil && by.Version > fileVersion {
		return empty, errNewer // whatever else is in it
	}
	var l list
	if json.Unmarshal(data, &l) != nil {
		return empty, ErrNone
	}
	out := empty
	for _, s := range l.Connections {
		if out.index(s.Key()) < 0 {
			out.put(s)
		}
	}
	for _, s := range l.Leaving {
		if out.index(s.Key()) < 0 {
			out.leave(s, s.Revoked)
		}
	}
	for _, s := range l.Pending {
		out.begin(s)
	}
	out.Current = l.Current
	if out.index(l.Current) < 0 && len(out.Connections) > 0 {
		out.Current = out.Connections[0].Key()
	}
	return out, nil
}

func (c *Connector) write(l list) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(c.path(), data)
}

func (c *Connector) path() string { return filepath.Join(c.cfg.Dir, "connections.json") }
