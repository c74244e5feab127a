package pgtest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// onPostgres says which of the two runs of Main this is.
var onPostgres bool

// Main runs a package's tests on SQLite and then on PostgreSQL, where those
// named in without are left out: they are about SQLite, or so long that one
// engine must do. Call it in TestMain.
func Main(m *testing.M, without ...string) {
	code := m.Run()
	if code != 0 || flag.Lookup("test.fuzz").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		os.Exit(code)
	}
	skip := flag.Lookup("test.skip").Value
	if len(without) > 0 && skip.String() == "" {
		if err := skip.Set("^(" + strings.Join(without, "|") + ")$"); err != nil {
			panic(err)
		}
	}
	fmt.Println("and on PostgreSQL:") //nolint:forbidigo // beside the tests' own output
	onPostgres = true
	os.Exit(m.Run())
}

// URL is a new database in the run on PostgreSQL, and empty in the one on
// SQLite.
func URL(t testing.TB) string {
	t.Helper()
	if !onPostgres {
		return ""
	}
	return Database(t)
}

// Place is where a test's records are kept: a new database, or the file.
func Place(t testing.TB, file string) string {
	t.Helper()
	if url := URL(t); url != "" {
		return url
	}
	return file
}
