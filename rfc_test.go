package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named    = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
)

// Each row of docs/rfc.md names tests, and they exist.
func TestTheTestsThatShowTheRFCsExist(t *testing.T) {
	text, err := os.ReadFile("docs/rfc.md")
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]map[string]bool)
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[0]) == "section" {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(tests) == 0 || len(tests) != strings.Count(cells[2], "`")/2 {
			t.Errorf("no section, demand and tests in %s", line)
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
	if rows < 80 {
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
