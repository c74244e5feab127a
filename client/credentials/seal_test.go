package credentials

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age/armor"

	"keyfob/client"
)

// Whoever has the file guesses at its passphrase: each guess is to cost what
// was meant, in the file itself.
func TestAGuessAtThePassphraseIsSlow(t *testing.T) {
	if work := NewFile("unused").work; work != 18 {
		t.Errorf("a guess costs 2^%d", work)
	}
	path := filepath.Join(t.TempDir(), "credentials.json")
	if err := NewFileOf(path, 11).Create(client.NewSecret("a passphrase")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c content
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	key, err := io.ReadAll(armor.NewReader(strings.NewReader(c.Key)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(key, []byte("-> scrypt ")) || !bytes.Contains(key, []byte(" 11\n")) {
		t.Errorf("the passphrase is stretched by another amount:\n%.120s", key)
	}
}

func TestALockWipesWhatTheFileHolds(t *testing.T) {
	f := NewFileOf(filepath.Join(t.TempDir(), "credentials.json"), 10)
	if err := f.Create(client.NewSecret("a passphrase")); err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), "a", client.NewSecret("v")); err != nil {
		t.Fatal(err)
	}
	held := f.items["a"]
	f.Lock()
	if !held.IsZero() || f.key != nil || f.items != nil || f.under != "" {
		t.Error("something is left in memory")
	}
}
