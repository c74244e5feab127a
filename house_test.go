package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// A rule says what the packages of one part of the house may import of the
// others. The first rule whose of matches a package is the one that holds.
// Patterns: "ui" is that package alone, "ui/..." it and all below.
type rule struct {
	of  string
	may []string
}

// house is the contract of the layers, as CONTRIBUTING.md tells it.
var house = []rule{
	{of: ".", may: []string{"ui", "ui/clipboard", "ui/settings", "ui/task", "client/...", "server/command", "internal/...", "assets"}},
	{of: "cmd/keyfobd", may: []string{"server/...", "api", "internal/harden"}},

	{of: "ui", may: []string{"ui/...", "client", "client/connect", "client/issued", "client/handover", "assets"}}, // the shell holds the connection
	{of: "ui/mine", may: []string{"ui/...", "client", "client/issued", "assets"}},
	{of: "ui/task", may: []string{"internal/crash"}},
	{of: "ui/clipboard", may: []string{"client", "internal/crash"}},
	{of: "ui/secret", may: []string{"ui/...", "client", "client/handover", "assets", "internal/crash"}},
	{of: "ui/...", may: []string{"ui/...", "client", "client/handover", "assets"}},

	{of: "client", may: []string{"internal/visible"}},
	{of: "client/rest", may: []string{"client", "client/internal/...", "api"}},
	{of: "client/credentials", may: []string{"client", "internal/crash", "internal/wholefile"}},
	{of: "client/session", may: []string{"client/...", "internal/crash"}},
	{of: "client/...", may: []string{"client/...", "internal/wholefile"}},

	{of: "api", may: nil},
	{of: "server/...", may: []string{"server/...", "api", "internal/filelock", "internal/visible"}},

	{of: "internal/local", may: []string{"client", "server/..."}}, // fits the built-in server to the desktop
	{of: "internal/screenlock", may: []string{"internal/crash"}},
	{of: "internal/single", may: []string{"internal/crash", "internal/filelock"}},
	{of: "internal/visible", may: nil},
	{of: "internal/wholefile", may: nil},
	{of: "internal/fakesecrets", may: nil}, // a Secret Service for tests
	{of: "internal/testserver", may: []string{"client/...", "server/..."}},
	{of: "internal/...", may: nil},
	{of: "bench", may: []string{"server/store", "server/secret", "server/instance", "server/signin"}},
	{of: "assets", may: nil},
	{of: "e2e/...", may: nil},
}

// reserved are libraries that only some parts may import, so that each has one
// place to be replaced in.
var reserved = []struct {
	library string
	only    []string
}{
	{"fyne.io/fyne/v2/app", []string{"."}},
	{"fyne.io/fyne/v2/...", []string{".", "ui/...", "internal/desktop", "assets"}},
	{"net/http/...", []string{".", "client/connect", "client/rest", "client/session", "client/internal/...", "server/...", "internal/testserver", "bench"}},
	{"github.com/go-resty/resty/v2/...", []string{"client/rest"}},
	{"github.com/zalando/go-keyring/...", []string{"client/credentials"}},
	{"filippo.io/age/...", []string{"client/credentials", "client/handover"}},
	{"github.com/godbus/dbus/v5/...", []string{"client/credentials", "internal/screenlock", "internal/fakesecrets"}},
	{"github.com/coreos/go-oidc/v3/...", []string{"client/session"}},
	{"golang.org/x/oauth2/...", []string{"client/session"}},
	{"golang.design/x/clipboard/...", []string{"ui/clipboard"}},
	{"github.com/danielgtaylor/huma/v2/...", []string{"server"}},
	{"github.com/zitadel/oidc/v3/...", []string{"server/signin"}},
	{"github.com/maypok86/otter/v2/...", []string{"server/cache"}},
	{"github.com/pressly/goose/v3/...", []string{"server/store"}},
	{"database/sql/...", []string{"server/store", "bench"}},
	{"golang.org/x/mod/...", []string{"server/audit"}},
	{"github.com/jackc/pgx/v5/...", []string{"server/store", "internal/pgtest"}},
	{"modernc.org/sqlite/...", []string{"server/store", "bench"}},
	{"github.com/alecthomas/kong/...", []string{"server/command"}},
	{"github.com/prometheus/...", []string{"server/metrics"}},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestPackagesImportOnlyWhatTheHouseAllows(t *testing.T) {
	module, packages := list(t)
	for _, p := range packages {
		from := inside(module, p.ImportPath)
		for _, imported := range p.Imports {
			checkImport(t, module, from, imported)
		}
	}
}

func checkImport(t *testing.T, module, from, imported string) {
	t.Helper()
	if imported == module || strings.HasPrefix(imported, module+"/") {
		to := inside(module, imported)
		at := slices.IndexFunc(house, func(r rule) bool { return matches(r.of, from) })
		switch {
		case at < 0:
			t.Errorf("%s has no rule in house: give it its place", from)
		case !matchesAny(house[at].may, to):
			t.Errorf("%s must not import %s; it may import %q", from, to, house[at].may)
		}
		return
	}
	for _, r := range reserved {
		if matches(r.library, imported) && !matchesAny(r.only, from) {
			t.Errorf("%s must not import %s: only %q may", from, imported, r.only)
		}
	}
}

func TestHousePatternsMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"ui", "ui", true},
		{"ui", "ui/profile", false},
		{"ui/...", "ui", true},
		{"ui/...", "ui/profile", true},
		{"ui/...", "uikit", false},
		{".", ".", true},
		{".", "ui", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func matches(pattern, name string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return name == root || below && strings.HasPrefix(name, root+"/")
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// inside is an import path as seen from the root of the module: "." or "ui/profile".
func inside(module, importPath string) string {
	return path.Clean(strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"))
}

// list asks the go command for the module's packages and what each imports
// outside its tests.
func list(t *testing.T) (module string, packages []listed) {
	t.Helper()
	name := goCommand(t, "list", "-m")
	out := goCommand(t, "list", "-e", "-tags", "migrated_fynedo,e2e,bench", "-json=ImportPath,Imports", "./...")
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 5 {
		t.Fatalf("go list names only %d packages", len(packages))
	}
	return strings.TrimSpace(string(name)), packages
}

func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return out
}
