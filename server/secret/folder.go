package secret

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
)

// A data directory has the pepper of its beginning in the file pepper. Those
// that followed are beside it, each named by its ID, so that a copy is known
// for what it is.
const firstPepper = "pepper"

var laterPepper = regexp.MustCompile(`^pepper\.([0-9a-f]{16})$`)

// IsPepperFile reports whether a file of that name holds a pepper.
func IsPepperFile(name string) bool { return name == firstPepper || laterPepper.MatchString(name) }

// Peppers reads all that dir has. It refuses one that LoadPepper would, and one
// that is not what its name says.
func Peppers(dir string) ([]Pepper, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the peppers: %w", err)
	}
	var all []Pepper
	for _, e := range entries {
		if !IsPepperFile(e.Name()) {
			continue
		}
		p, err := readPepper(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if named := laterPepper.FindStringSubmatch(e.Name()); named != nil && named[1] != p.ID() {
			return nil, fmt.Errorf("the pepper %s is %s: it was damaged or renamed", filepath.Join(dir, e.Name()), p.ID())
		}
		all = append(all, p)
	}
	return all, nil
}

// FirstPepper is the one for records that know of none yet: the only one that
// dir has, or one that is made.
func FirstPepper(dir string) (Pepper, error) {
	all, err := Peppers(dir)
	if err == nil && len(all) == 1 {
		return all[0], nil
	}
	if err != nil {
		return Pepper{}, err
	}
	return LoadPepper(filepath.Join(dir, firstPepper))
}

// AddPepper makes another one in dir.
func AddPepper(dir string) (Pepper, error) {
	key := randomKey()
	p := pepperOf(key)
	if err := place(key, filepath.Join(dir, firstPepper+"."+p.ID())); err != nil {
		return Pepper{}, fmt.Errorf("making a pepper: %w", err)
	}
	return p, nil
}

func randomKey() []byte {
	key := make([]byte, pepperLen)
	_, _ = rand.Read(key) // never fails
	return key
}

// place writes aside and links into place, so that path never holds part of a
// pepper and an existing one is never replaced. What it made outlasts a loss
// of power: what is kept under a pepper would be lost with it.
func place(key []byte, path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pepper-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // linked by then, or of no use
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // which knows no such thing
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
