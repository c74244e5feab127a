package signin

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever the key file holds: keys that sign and seal, or an error.
func FuzzParseKeys(f *testing.F) {
	file := filepath.Join(f.TempDir(), "signin.key")
	if _, err := loadKeys(file); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-40])
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := parseKeys(text)
		if err != nil {
			return
		}
		sealed, err := k.tokens.Encrypt("x")
		if err != nil || k.signing == nil || k.id == "" || k.next("x") == "" {
			t.Fatalf("keys that do nothing: %v", err)
		}
		if opened, err := k.tokens.Decrypt(sealed); err != nil || opened != "x" {
			t.Errorf("sealed and not opened: %q, %v", opened, err)
		}
	})
}
