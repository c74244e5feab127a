package credentials_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age/armor"

	"keyfob/client"
	"keyfob/client/credentials"
)

var passphrase = client.NewSecret("correct horse battery")

// quick is a File whose passphrase is cheap to check.
func quick(path string) *credentials.File { return credentials.NewFileOf(path, 10) }

func newFile(t *testing.T) (path string) {
	return filepath.Join(t.TempDir(), "config", "credentials.age")
}

func created(t *testing.T) (string, *credentials.File) {
	t.Helper()
	path := newFile(t)
	f := quick(path)
	if f.Exists() || f.IsOpen() {
		t.Fatal("there is a file before it was made")
	}
	if err := f.Create(passphrase); err != nil {
		t.Fatal(err)
	}
	set(t, f, "canary-value")
	return path, f
}

func set(t *testing.T, s credentials.Store, value string) {
	t.Helper()
	if err := s.Set(t.Context(), "a", client.NewSecret(value)); err != nil {
		t.Fatal(err)
	}
}

// security requirement 7
func TestAnEncryptedFileKeepsAndTellsNothing(t *testing.T) {
	path, f := created(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"canary", passphrase.Reveal(), `"a"`} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the file says %s", secret)
		}
	}
	again := quick(path)
	if _, err := again.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := again.Set(t.Context(), "a", passphrase); !errors.Is(err, credentials.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := again.Open(passphrase); err != nil {
		t.Fatal(err)
	}
	if got := read(t, again); got != "canary-value" {
		t.Errorf("got %q", got)
	}
	if err := f.Set(t.Context(), "b", client.NewSecret(strings.Repeat("x", 1025))); !errors.Is(err, credentials.ErrTooBig) {
		t.Errorf("too big: %v", err)
	}
	if err := again.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Get(t.Context(), "a"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left behind", len(files)-1)
	}
}

func TestAWrongPassphraseIsToldFromDamage(t *testing.T) {
	path, _ := created(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"correct horse batterx", "", strings.Repeat("x", 100)} {
		f := quick(path)
		if err := f.Open(client.NewSecret(wrong)); !errors.Is(err, client.ErrPassphrase) || f.IsOpen() {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for at := 0; at < len(data); at += len(data)/40 + 1 {
		broken := bytes.Clone(data)
		broken[at] ^= 1
		damaged(t, path, broken)
	}
	damaged(t, path, data[:len(data)/2])
	damaged(t, path, nil)
}

func damaged(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f := quick(path)
	if err := f.Open(passphrase); !errors.Is(err, client.ErrFileDamaged) || f.IsOpen() || !f.Exists() {
		t.Errorf("damaged: %v", err)
	}
}

func TestAPassphraseIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	path, f := created(t)
	next := client.NewSecret("another passphrase")
	if err := f.Change(client.NewSecret("a guess"), next); !errors.Is(err, client.ErrPassphrase) {
		t.Errorf("a guess: %v", err)
	}
	if err := f.Change(passphrase, next); err != nil {
		t.Fatal(err)
	}
	set(t, f, "later")
	again := quick(path)
	if err := again.Open(passphrase); !errors.Is(err, client.ErrPassphrase) {
		t.Errorf("the old one: %v", err)
	}
	if err := again.Open(next); err != nil || read(t, again) != "later" {
		t.Errorf("the new one: %v", err)
	}
}

func TestAFileThatCannotBeWrittenKeepsTheOldOneWhole(t *testing.T) {
	path, f := created(t)
	dir := filepath.Dir(path)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), "a", client.NewSecret("new")); !errors.Is(err, client.ErrDataUnwritable) {
		t.Errorf("got %v", err)
	}
	again := quick(filepath.Join(dir+".away", filepath.Base(path)))
	if err := again.Open(passphrase); err != nil || read(t, again) != "canary-value" || read(t, f) != "canary-value" {
		t.Errorf("the old one: %v", err)
	}
}

func TestWithoutAKeyringAChosenFileKeepsTheSignIn(t *testing.T) {
	path := newFile(t)
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k).WithFile(quick(path))
	set(t, f, "v")
	wantState(t, f, credentials.UntilQuit, credentials.ErrUnavailable)
	if f.FileWaits() {
		t.Error("a file was made that nobody chose")
	}
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.InFile, nil)

	again := credentials.NewFallback(k).WithFile(quick(path))
	if !again.FileWaits() || again.InFile() {
		t.Error("the file does not ask for its passphrase")
	}
	if err := again.OpenFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if read(t, again) != "v" {
		t.Error("the sign-in is lost")
	}
	if _, err := again.Get(t.Context(), "none"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("what is not in it: %v", err)
	}
	if err := again.Delete(t.Context(), "a"); err != nil {
		t.Errorf("signing out: %v", err)
	}
}

func TestTheKeyringTakesOverFromTheFileAndOnlyThenItIsRemoved(t *testing.T) {
	path := newFile(t)
	k := &fickle{fails: credentials.ErrUnavailable}
	f := credentials.NewFallback(k).WithFile(quick(path))
	set(t, f, "v")
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := f.MoveToKeyring(t.Context()); !errors.Is(err, credentials.ErrUnavailable) {
		t.Errorf("without a keyring: %v", err)
	}
	wantState(t, f, credentials.InFile, nil)
	k.fails = nil
	if err := f.MoveToKeyring(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.Kept, nil)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) || read(t, k) != "v" || read(t, f) != "v" {
		t.Errorf("not moved: %v", err)
	}
}

func TestAForgottenFileIsGoneAndTheSignInLastsUntilQuit(t *testing.T) {
	path := newFile(t)
	f := credentials.NewFallback(&fickle{fails: credentials.ErrUnavailable}).WithFile(quick(path))
	set(t, f, "v")
	if err := f.KeepInFile(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := f.ForgetFile(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantState(t, f, credentials.UntilQuit, credentials.ErrUnavailable)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) || read(t, f) != "v" {
		t.Errorf("got %v", err)
	}
}

// Whoever has the file guesses: each guess is to cost what it did.
func TestAGuessAtThePassphraseIsSlow(t *testing.T) {
	path := newFile(t)
	if err := credentials.NewFile(path).Create(passphrase); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key := armored(t, data)
	if !bytes.Contains(key, []byte("-> scrypt ")) || !bytes.Contains(key, []byte(" 18\n")) {
		t.Errorf("the passphrase is stretched by less:\n%.120s", key)
	}
}

// armored is the first age file in data, without its armor.
func armored(t *testing.T, data []byte) []byte {
	t.Helper()
	var c struct{ Key string }
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	key, err := io.ReadAll(armor.NewReader(strings.NewReader(c.Key)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}
