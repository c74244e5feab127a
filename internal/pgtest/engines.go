package pgtest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// onPostgres says which of the two runs of a package's tests this is.
var onPostgres bool

// MainWithout runs a package's tests on SQLite and then on PostgreSQL, where
// those named in without, as patterns, are left out: they are about SQLite.
// Call it, or MainOnly, in TestMain.
func MainWithout(m *testing.M, without ...string) {
	onSQLite(m)
	if skip := flag.Lookup("test.skip").Value; skip.String() == "" {
		set(skip, exactly(without))
	}
	again(m)
}

// MainOnly runs a package's tests on SQLite, and then on PostgreSQL those that
// are named: the ones whose outcome depends on how the database works.
func MainOnly(m *testing.M, only ...string) {
	onSQLite(m)
	run := flag.Lookup("test.run").Value
	wanted, _, _ := strings.Cut(run.String(), "/")
	pattern, err := regexp.Compile(wanted)
	if err != nil {
		panic(err) // the first run has refused it
	}
	only = slices.DeleteFunc(only, func(name string) bool { return !pattern.MatchString(name) })
	if len(only) == 0 {
		os.Exit(0)
	}
	set(run, exactly(only))
	again(m)
}

func onSQLite(m *testing.M) {
	flag.Parse()
	checks("20")
	code := m.Run()
	if code != 0 || flag.Lookup("test.fuzz").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		os.Exit(code)
	}
}

// checks sets how many cases a property tries, unless the command line did:
// each of ours commits to a disk many times, so that rapid's 100 take minutes.
func checks(n string) {
	if f := flag.Lookup("rapid.checks"); f != nil && !given(f.Name) {
		set(f.Value, n)
	}
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func again(m *testing.M) {
	checks("8") // a process away, each check takes long
	fmt.Println("and on PostgreSQL:")
	onPostgres = true
	os.Exit(m.Run())
}

func exactly(names []string) string { return "^(" + strings.Join(names, "|") + ")$" }

func set(v flag.Value, text string) {
	if err := v.Set(text); err != nil {
		panic(err)
	}
}

// Place is where a test's records are kept: a new database, or the file.
func Place(t testing.TB, file string) string {
	t.Helper()
	if onPostgres {
		return Database(t)
	}
	return file
}
