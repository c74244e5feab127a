// Package backup is the form of a backup: one tar file, which any tar reads.
//
//	manifest.json   what follows, with sizes and SHA-256 sums; comes first
//	keyfob.db       the records, a SQLite database whichever engine they came from
//	checkpoints     of the change log, as signed up to then, and
//	checkpoints.pub the key that verifies them; both where there are any
//	pepper, pepper.…, signin.key, checkpoints.key   only if asked for
//
// Without the pepper a backup is worth nothing to a thief, and nothing to its
// owner either: who leaves the keys out keeps them elsewhere, apart.
package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Format is the name of the form that this package writes and reads.
const Format = "keyfob backup 1"

// Database is the file with the records.
const Database = "keyfob.db"

// Manifest says what a backup is and what is in it.
type Manifest struct {
	Format  string    `json:"format"`
	MadeAt  time.Time `json:"madeAt"`  // all that was acknowledged before is in it
	Version string    `json:"version"` // of the program
	Events  int64     `json:"events"`  // Seq of the last one of the change log
	Hash    string    `json:"hash"`    // of that, in base64
	Keys    bool      `json:"keys"`    // the keys are in it
	Files   []File    `json:"files"`
}

// File is one of the files in a backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// ID names the backup: the sum of its database, in hex.
func (m Manifest) ID() string { return m.Files[0].SHA256 }

// Errors that callers match.
var (
	ErrExists  = errors.New("backup: the file exists")
	ErrDamaged = errors.New("backup: damaged, or no backup")
)

// allowed are the names of files in a backup.
var allowed = regexp.MustCompile(`^(keyfob\.db|checkpoints(\.pub|\.key)?|pepper(\.[0-9a-f]{16})?|signin\.key)$`)

const (
	manifestName = "manifest.json"
	manifestMax  = 1 << 20 // bytes
)

// Write puts files of dir, the database first, into a new backup at path, for
// its owner alone. It is whole and on the disk when Write returns, or not
// there. It answers ErrExists rather than overwrite anything.
func Write(path, dir string, m Manifest, files []string) (Manifest, error) {
	m.Format = Format
	for _, name := range files {
		sum, size, err := sumOf(filepath.Join(dir, name))
		if err != nil {
			return m, fmt.Errorf("backup: %w", err)
		}
		m.Files = append(m.Files, File{name, size, sum})
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".keyfob-backup-*") // mode 0600
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // linked by then, or of no use
	if err := errors.Join(pack(temporary, dir, m), temporary.Sync(), temporary.Close()); err != nil {
		return m, fmt.Errorf("backup: writing: %w", err)
	}
	if err := os.Link(temporary.Name(), path); errors.Is(err, fs.ErrExist) {
		return m, ErrExists
	} else if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, SyncDir(filepath.Dir(path))
}

func pack(to io.Writer, dir string, m Manifest) error {
	w := tar.NewWriter(to)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	header := func(name string, size int64) *tar.Header {
		return &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: m.MadeAt, Format: tar.FormatPAX}
	}
	if err := w.WriteHeader(header(manifestName, int64(len(text)))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := w.WriteHeader(header(f.Name, f.Size)); err != nil {
			return err
		}
		if err := copyFrom(w, filepath.Join(dir, f.Name)); err != nil {
			return err
		}
	}
	return w.Close()
}

func copyFrom(to io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f)
	return errors.Join(err, f.Close())
}

func sumOf(path string) (sum string, size int64, err error) {
	h := sha256.New()
	if err := copyFrom(h, path); err != nil {
		return "", 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), info.Size(), nil
}

// Read checks all of the backup at path and puts its files into dir, each for
// its owner alone, and on the disk. It answers ErrDamaged.
func Read(path, dir string) (Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	r := tar.NewReader(f)
	m, err := readManifest(r)
	if err != nil {
		return Manifest{}, err
	}
	for _, want := range m.Files {
		if err := unpack(r, want, dir); err != nil {
			return Manifest{}, err
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return Manifest{}, fmt.Errorf("%w: more is in it than its manifest says", ErrDamaged)
	}
	return m, nil
}

func readManifest(r *tar.Reader) (Manifest, error) {
	var m Manifest
	header, err := r.Next()
	if err != nil || header.Name != manifestName || header.Size > manifestMax {
		return m, fmt.Errorf("%w: it does not begin with a manifest", ErrDamaged)
	}
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return m, fmt.Errorf("%w: reading its manifest: %w", ErrDamaged, err)
	}
	if m.Format != Format {
		return m, fmt.Errorf("%w: its form is not %q", ErrDamaged, Format)
	}
	if len(m.Files) == 0 || m.Files[0].Name != Database {
		return m, fmt.Errorf("%w: no database is in it", ErrDamaged)
	}
	return m, nil
}

func unpack(r *tar.Reader, want File, dir string) error {
	header, err := r.Next()
	if err != nil || header.Name != want.Name || header.Size != want.Size || !allowed.MatchString(want.Name) {
		return fmt.Errorf("%w: its files are not those of its manifest", ErrDamaged)
	}
	to, err := os.OpenFile(filepath.Join(dir, want.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: a file is in it twice", ErrDamaged)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	h := sha256.New()
	_, err = io.Copy(to, io.TeeReader(r, h))
	if keptErr := errors.Join(to.Sync(), to.Close()); keptErr != nil {
		return fmt.Errorf("backup: %w", keptErr)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: the sum of %s is not that of the manifest", ErrDamaged, want.Name)
	}
	return nil
}

// SyncDir makes a new name in dir outlive a loss of power, where the system
// can.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_ = d.Sync() // Windows cannot
	return d.Close()
}
