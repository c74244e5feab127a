//go:build e2e

package e2e

import (
	"database/sql"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // registers the driver
)

func TestWithoutADisplayOneSentenceNamesTheTour(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	said, code := d.refused("DISPLAY=", "WAYLAND_DISPLAY=")
	if code != 1 || !strings.Contains(said, "display") || !strings.Contains(said, "make demo") {
		t.Errorf("it ends with %d and says %q", code, said)
	}
}

func TestADisplayThatIsGoneIsNamedInOneSentence(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	said, code := d.refused("DISPLAY=unix:9999", "WAYLAND_DISPLAY=gone")
	for _, part := range []string{"display", "unix:9999", "gone", "make demo"} {
		if code != 1 || !strings.Contains(said, part) {
			t.Errorf("it ends with %d and says %q, without %q", code, said, part)
		}
	}
}

func TestASecondStartRaisesTheFirstAndEnds(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	p := d.open()
	d.sees("built-in server")
	said, code := d.refused()
	if code != 1 || !strings.Contains(said, "already running") {
		t.Errorf("it ends with %d and says %q", code, said)
	}
	d.useBuiltIn() // the first one is as well as before
	d.quit(p)
}

func TestADataDirectoryThatCannotBeOneStopsOnlyTheBuiltInServer(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	d.write("data/keyfob", "a file where the directory should be")
	p := d.open()
	d.sees("built-in server")
	d.press("Return")
	d.sees("cannot write its data")
	d.quit(p)
}

func TestWithoutAConfigurationDirectoryTheProgramRunsAndSaysSo(t *testing.T) {
	d := newDesktop(t, true)
	d.write("config/keyfob", "a file where the directory should be")
	p := d.open()
	d.useBuiltIn()
	d.sees("Not remembered")
	d.quit(p)
}

func TestWithoutAKeyringTheSignInLastsUntilQuit(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	p := d.open()
	d.useBuiltIn()
	d.sees("signed in until you quit")
	d.press("ctrl+n")
	d.sees("New user access token", localScripts)
	d.typeText("Laptop")
	d.press("Return")
	secret := d.takeSecret("enrt_p")
	if me := d.me(secret); me.body["isAdmin"] != true {
		t.Errorf("who am I answers %v", me)
	}
	d.quit(p)
	if files := d.filesWith(secret); len(files) > 0 {
		t.Errorf("these files hold the secret: %q", files)
	}
	if n := d.count(`SELECT count(*) FROM sign_ins WHERE ended_at IS NULL`); n > 0 {
		t.Errorf("%d sign-ins live that nobody has any more", n)
	}

	p = d.open()
	d.sees("Use the built-in server", "Another server", "lasts only until you quit") // asked, and it stays so
	d.seesNo("Signed in as", "Laptop")
	d.press("Return")
	d.sees("Signed in as", "signed in until you quit", "Laptop") // the server has what was made before
	d.quit(p)
}

func TestADatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	d.operator("user", "add", "somebody")
	d.sql(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, 1)`)
	p := d.open()
	d.sees("built-in server")
	d.press("Return")
	d.sees("written by a newer")
	d.quit(p)
}

// refused starts the program where it cannot run, with further settings of the
// environment, and answers what it said, which must be one line, and its code.
func (d *desktop) refused(env ...string) (said string, code int) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), program(d.t, "keyfob"))
	cmd.Env, cmd.Dir = append(slices.Clip(d.env), env...), d.home
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		must(d.t, err)
	}
	if n := strings.Count(string(out), "\n"); n != 1 {
		d.t.Errorf("it says %d lines:\n%s", n, out)
	}
	return string(out), code
}

// count asks the built-in server's database; the program must not run.
func (d *desktop) count(query string) (n int) {
	d.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(d.data(), "keyfob.db"))
	must(d.t, err)
	must(d.t, db.QueryRowContext(d.t.Context(), query).Scan(&n))
	must(d.t, db.Close())
	return n
}

// sql changes the built-in server's database; the program must not run.
func (d *desktop) sql(statements ...string) {
	d.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(d.data(), "keyfob.db"))
	must(d.t, err)
	for _, s := range statements {
		if _, err := db.ExecContext(d.t.Context(), s); err != nil {
			d.t.Fatalf("%s: %v", s, err)
		}
	}
	must(d.t, db.Close())
}
