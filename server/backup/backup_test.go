package backup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// made is the text of a backup of two files.
func made(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{Database: "records", "pepper.0123456789abcdef": "key"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "backup.tar")
	m := Manifest{MadeAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Version: "1"}
	if _, err := Write(file, dir, m, []string{Database, "pepper.0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whatever the file is: nothing is put anywhere but into dir, under a name of
// ours, and what is read is all that its manifest says, with its sum.
func FuzzRead(f *testing.F) {
	good := made(f)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bytes.ReplaceAll(good, []byte("pepper.0123456789abcdef"), []byte("../../../../etc/passwd1")))
	f.Add(bytes.Replace(good, []byte(Format), []byte("keyfob backup 2"), 1))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		over := t.TempDir()
		dir, file := filepath.Join(over, "in", "dir"), filepath.Join(over, "backup.tar")
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		m, err := Read(file, dir)
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("a bad file is no damaged backup: %v", err)
		}
		if above, err := os.ReadDir(filepath.Join(over, "in")); err != nil || len(above) != 1 {
			t.Errorf("something is beside the directory: %v, %v", above, err)
		}
		there, readErr := os.ReadDir(dir)
		if readErr != nil {
			t.Fatal(readErr)
		}
		for _, e := range there {
			if !allowed.MatchString(e.Name()) {
				t.Errorf("it made %q", e.Name())
			}
		}
		if err != nil {
			return
		}
		if len(there) != len(m.Files) {
			t.Errorf("%d files of %d", len(there), len(m.Files))
		}
		for _, want := range m.Files {
			sum, size, err := sumOf(filepath.Join(dir, want.Name))
			if err != nil || sum != want.SHA256 || size != want.Size {
				t.Errorf("%s: %v", want.Name, err)
			}
		}
	})
}
