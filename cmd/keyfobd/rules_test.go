package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// requirement 61, and what is shown can be used.
func TestRulesOfOnesOwnAndThePolicyBoundWhatCommandsIssue(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	file := filepath.Join(t.TempDir(), "own.toml")
	shown := p.run("rules", "show", "erp").ok().stdout
	shown = strings.Replace(shown, "required = false", "required = true", 1)
	if err := os.WriteFile(file, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := p.run("rules", "check", file).ok(); r.stdout != "The rules are valid.\n" {
		t.Error(r.stdout)
	}
	create := []string{"token", "create", "--app", "Scripts", "--user", "ada", "--scope", "read", "--rules", file}
	p.run(create...).says(1, "Description: Give the token a name.")
	create = append(create, "--description", "nightly")
	p.run(create...).ok()
	if r := p.run("policy", "--max-expiry", "90d").ok(); r.stdout != "Longest life of new tokens: 90 days (policy: 90 days, rules: none).\n" {
		t.Error(r.stdout)
	}
	p.run(create...).says(1, "Expires at: Choose an earlier time: tokens live at most 90 days here.")
	p.run(append(create, "--expires", "89d")...).ok()
	if r := p.run("policy", "--max-expiry", "none", "--json").ok(); r.stdout != `{"maxExpirySeconds":null,"rulesMaxSeconds":0,"effectiveMaxSeconds":0}`+"\n" {
		t.Error(r.stdout)
	}
}
