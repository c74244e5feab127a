package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/internal/pgtest"
)

// beside is another data directory with the same pepper and key in it.
func (p place) beside() place {
	p.Helper()
	other := newPlace(p.T)
	if err := os.Mkdir(other.dir, 0o700); err != nil {
		p.Fatal(err)
	}
	for _, name := range []string{"pepper", "signin.key"} {
		content, err := os.ReadFile(filepath.Join(p.dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(other.dir, name), content, 0o600)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
	return other
}

// requirements 16, 81: what one server does, or a command, holds at the others.
func TestSeveralServersWorkOnOnePostgreSQLDatabase(t *testing.T) {
	p := newPlace(t)
	t.Setenv("KEYFOBD_DATABASE", pgtest.Database(t))
	p.furnish()
	first := p.serve()
	other := p.beside()
	second := other.serve()

	var issued struct {
		Token  struct{ ID string }
		Secret string
	}
	other.run("--json", "token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read").into(&issued)
	for _, s := range []*serving{first, second} {
		if status, body := s.get("/profile/me", issued.Secret); status != http.StatusOK || !strings.Contains(body, `"login":"ada"`) {
			t.Errorf("who am I: %d %s", status, body)
		}
		if status, _ := s.get("/readyz", ""); status != http.StatusOK {
			t.Errorf("ready: %d", status)
		}
	}
	p.run("token", "revoke", issued.Token.ID).ok()
	begun := time.Now()
	for _, s := range []*serving{first, second} {
		status := http.StatusOK
		for status == http.StatusOK && time.Since(begun) < 5*time.Second { // until it is told
			status, _ = s.get("/profile/me", issued.Secret)
		}
		if status != http.StatusUnauthorized {
			t.Errorf("revoked: %d", status)
		}
	}
	for _, at := range []place{p, other} { // each has checkpoints of its own
		at.run("audit", "verify").ok()
	}
	if _, err := os.Stat(filepath.Join(p.dir, "keyfob.db")); err == nil {
		t.Error("there is a database file beside the database")
	}
	newPlace(t).run("user", "add", "bob").says(1, "the pepper is not the one")
}

func TestADatabaseThatCannotBeUsedIsSaidInASentence(t *testing.T) {
	p := newPlace(t)
	p.run("--database", "mysql://localhost/keyfob", "user", "add", "ada").says(2, "--database must be like postgres://")
	missing := "postgres://keyfob:hunter2@/keyfob?host=" + t.TempDir()
	r := p.run("--database", missing, "user", "add", "ada")
	r.says(1, "The database cannot be used now")
	p.run("--database", missing, "serve", "--listen", "127.0.0.1:0").says(1, "The database cannot be used now")
	if strings.Contains(r.stderr, "hunter2") {
		t.Error("it tells the database's password")
	}
}
