package main_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // to write into the database behind the program's back

	"keyfob/api"
)

// stop ends a server as an operator does.
func (s *serving) stop() {
	s.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.Fatalf("%v\n%s", err, s.log)
	}
}

func (p place) tamper(statements ...string) {
	p.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "keyfob.db"))
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(p.Context(), s); err != nil {
			p.Fatal(err)
		}
	}
}

// Requirement 87, and the operator's way to it.
func TestTheChangeLogIsPrintedTheNewestFirst(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	var pat api.Issued
	p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read", "--description", "laptop", "--json").into(&pat)
	p.run("token", "revoke", pat.Token.ID).ok()
	lines := strings.Split(strings.TrimSpace(p.run("audit", "list").ok().stdout), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "4\t2") || !strings.HasSuffix(lines[0], "\toperator\ttoken.revoked\ttoken \"laptop\"") {
		t.Errorf("printed %q", lines)
	}
	out := p.run("audit", "list", "--json", "--object", pat.Token.ID, "--limit", "1").ok().stdout
	var e api.Event
	if err := json.Unmarshal([]byte(out), &e); err != nil || e.Action != "token.revoked" || e.User.Login != "ada" || e.Object.ID != pat.Token.ID {
		t.Errorf("%s: %+v, %v", out, e, err)
	}
	if all := p.run("audit", "list", "--limit", "0", "--json", "--actor", "operator").ok().stdout; strings.Count(all, "\n") != 4 {
		t.Errorf("all: %s", all)
	}
	p.run("audit", "list", "--from", "yesterday").says(2, "--from")
	p.run("audit", "list", "--limit=-1").says(2, "--limit")
}

func TestAuditVerifyNamesTheRowThatDoesNotFit(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	if r := p.run("audit", "verify").ok(); !strings.Contains(r.stdout, "2 events. No checkpoint") {
		t.Errorf("without a server there are no checkpoints: %s", r.stdout)
	}
	p.serve().stop()
	if r := p.run("audit", "verify").ok(); !strings.Contains(r.stdout, "2 events. The last of 1 signed checkpoints is of event 2") {
		t.Errorf("intact: %s", r.stdout)
	}
	p.tamper(`UPDATE events SET detail = '{}' WHERE seq = 1`)
	p.run("audit", "verify").says(1, "event 1 was altered")
	r := p.run("audit", "verify", "--json")
	var v api.Verified
	if err := json.Unmarshal([]byte(r.stdout), &v); err != nil || r.code != 1 || v.OK || v.Broken.Seq != 1 {
		t.Errorf("with --json: %d, %s", r.code, r.stdout)
	}
	p.tamper(`DELETE FROM events WHERE seq = 1`)
	p.run("audit", "verify").says(1, "event 1 is missing")
}

// A tail that is cut so well that the database agrees with itself; and then
// with checkpoints that are cut too, of which there is a copy elsewhere.
func TestAuditVerifyFindsACutTail(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	p.serve().stop()
	elsewhere := t.TempDir()
	for _, name := range []string{"checkpoints", "checkpoints.pub"} {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(elsewhere, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.tamper(`DELETE FROM events WHERE seq = 2`, `UPDATE event_chain SET seq = 1, hash = (SELECT hash FROM events)`)
	p.run("audit", "verify").says(1, "event 2 is missing")

	file := filepath.Join(p.dir, "checkpoints")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	p.run("audit", "verify").ok() // nothing is left here to tell
	p.run("audit", "verify", "--checkpoints", filepath.Join(elsewhere, "checkpoints"), "--key", filepath.Join(elsewhere, "checkpoints.pub")).
		says(1, "event 2 is missing")

	text, err := os.ReadFile(filepath.Join(elsewhere, "checkpoints"))
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(text, []byte("\n2\n"), []byte("\n1\n"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.run("audit", "verify").says(1, "line 1 of the checkpoints is damaged")
}
