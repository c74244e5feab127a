package signin

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTheKeyFileIsPrivateAndStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signin.key")
	one, err := loadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	two, err := loadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	if one.id != two.id || !one.signing.Equal(two.signing) || one.next("x") != two.next("x") || one.next("x") == one.next("y") {
		t.Error("the keys changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	if runtime.GOOS == "windows" {
		return // no such bits
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := loadKeys(path); err == nil || !strings.Contains(err.Error(), "set 0600") {
		t.Errorf("readable by others: %v", err)
	}
}

func TestADamagedKeyFileIsRefusedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signin.key")
	if _, err := loadKeys(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-30], "text": []byte("hello"), "one block": good[bytes.LastIndex(good, []byte("-----BEGIN")):],
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadKeys(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, bad) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func FuzzUnsealOpensOnlyWhatWasSealed(f *testing.F) {
	s, err := newSealer(make([]byte, 32), "test")
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := s.Encrypt("id:subject")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed + "\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := s.Decrypt(text)
		if err != nil {
			return
		}
		raw, err := strict.DecodeString(text)
		if err != nil || got != "id:subject" || strict.EncodeToString(raw) != text { // one spelling of it only
			t.Fatalf("%q opened as %q", text, got)
		}
	})
}
