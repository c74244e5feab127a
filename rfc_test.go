package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named    = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
)

// Each row of a table names tests in its last cell, and they exist.
func TestTheTestsThatShowTheRFCsExist(t *testing.T) { checkTable(t, "docs/rfc.md", "section", 3, 80) }

func TestTheTestsThatShowTheSecurityRequirementsExist(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []struct {
		title, head    string
		columns, least int
	}{{"Against whom", "who", 4, 17}, {"By operating system", "", 6, 6}, {"When the keyring fails", "the keyring", 3, 12}, {"Requirement, promise, tests", "", 4, 21}} {
		_, part, found := strings.Cut(string(text), "## "+table.title)
		if !found {
			t.Fatal("there is no part on", table.title)
		}
		part, _, _ = strings.Cut(part, "\n## ")
		file := filepath.Join(t.TempDir(), "table.md")
		if err := os.WriteFile(file, []byte(part), 0o600); err != nil {
			t.Fatal(err)
		}
		checkTable(t, file, table.head, table.columns, table.least)
	}
}

// checkTable checks the tables of a file, whose head begins with a word.
func checkTable(t *testing.T, file, head string, columns, least int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]map[string]bool)
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[0]) == head {
			continue
		}
		rows++
		last := cells[len(cells)-1]
		tests := named.FindAllStringSubmatch(last, -1)
		if len(cells) != columns || len(tests) == 0 || len(tests) != strings.Count(last, "`")/2 {
			t.Errorf("not %d cells, the last with tests, in %s", columns, line)
		}
		for _, m := range tests {
			folder, name := m[1], m[2]
			if there[folder] == nil {
				there[folder] = testsIn(t, folder)
			}
			if !there[folder][name] {
				t.Errorf("%s has no %s, which is said to show: %s", folder, name, strings.TrimSpace(cells[1]))
			}
		}
	}
	if rows < least {
		t.Errorf("%d rows: is the table still read?", rows)
	}
}

func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("no tests in %s: %v", folder, err)
	}
	found := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
	}
	return found
}
