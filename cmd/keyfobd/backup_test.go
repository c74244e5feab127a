package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/api"
)

// The operator's way: back up beside a running server, put the keys back by
// hand, restore.
func TestABackupIsRestoredByHand(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	var kept, ended api.Issued
	p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read", "--json").into(&kept)
	p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read", "--json").into(&ended)
	s := p.serve()
	p.run("token", "revoke", ended.Token.ID).ok()
	file := filepath.Join(t.TempDir(), "backup.tar")
	if r := p.run("backup", file).ok(); !strings.Contains(r.stdout, "5 events") || !strings.Contains(r.stdout, "The keys are not in it") {
		t.Errorf("it says %s", r.stdout)
	}
	p.run("backup", file).says(1, "There is a file")
	s.stop()

	other := newPlace(t)
	other.run("restore", file).says(1, "The backup was made without keys")
	pepper, err := os.ReadFile(filepath.Join(p.dir, "pepper"))
	if err == nil {
		err = os.WriteFile(filepath.Join(other.dir, "pepper"), pepper, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := other.run("restore", file).ok(); !strings.Contains(r.stdout, "revoked since are active again") {
		t.Errorf("it says %s", r.stdout)
	}
	if r := other.run("audit", "verify").ok(); !strings.Contains(r.stdout, "from a backup of") {
		t.Errorf("the change log: %s", r.stdout)
	}
	s = other.serve()
	for secret, want := range map[string]int{kept.Secret: http.StatusOK, ended.Secret: http.StatusUnauthorized} {
		if status, body := s.get("/profile/me", secret); status != want {
			t.Errorf("%d, want %d: %s", status, want, body)
		}
	}
	other.run("restore", file).says(1, "Another program is serving")
	s.stop()
	p.run("restore", file).says(1, "The place is not empty")
	p.run("restore", filepath.Join(p.dir, "pepper")).says(1, "damaged, or no backup")
}

// After an exchange the first pepper alone opens nothing that came later.
func TestABackupAfterAnExchangeOfThePepperSaysWhichFilesItNeeds(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read").ok()
	p.run("pepper", "new").ok()
	p.run("pepper", "use", p.peppers()["new"].ID).ok()
	file := filepath.Join(t.TempDir(), "backup.tar")
	if r := p.run("backup", file).ok(); !strings.Contains(r.stdout, "pepper, and each pepper.ID beside it") {
		t.Errorf("it says %s", r.stdout)
	}
	other := newPlace(t)
	other.run("restore", file).says(1, "each pepper.ID")
	peppers, err := filepath.Glob(filepath.Join(p.dir, "pepper*"))
	if err != nil || len(peppers) != 2 {
		t.Fatal(peppers, err)
	}
	for _, name := range peppers {
		other.run("restore", file).says(1, "each pepper.ID")
		if err := os.Link(name, filepath.Join(other.dir, filepath.Base(name))); err != nil {
			t.Fatal(err)
		}
	}
	other.run("restore", file).ok()
}
