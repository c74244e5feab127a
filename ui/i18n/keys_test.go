package i18n

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"keyfob/assets"
)

// Code and file are held against each other both ways: a key that is asked for exists, and a text that exists is asked
// for somewhere in the desktop.
func TestKeysInCodeAndFileMatch(t *testing.T) {
	texts := english(t)
	asked, literals := keysInCode(t)
	for key, where := range asked {
		if _, ok := texts[key]; !ok {
			t.Errorf("%s asks for %q, which en.json does not have", where, key)
		}
	}
	for key := range texts {
		if !literals[key] {
			t.Errorf("en.json has %q, which no code asks for", key)
		}
	}
}

func TestEveryTextParsesAndIsSorted(t *testing.T) {
	var previous string
	for _, key := range keysInOrder(t) {
		if key <= previous {
			t.Errorf("%q stands after %q: the file is sorted by key", key, previous)
		}
		previous = key
	}
	for key, text := range english(t) {
		forms, counted := text.(map[string]any)
		if counted && (forms["one"] == nil || forms["other"] == nil) {
			t.Errorf("%q needs the forms one and other", key)
		}
	}
}

func english(t *testing.T) map[string]any {
	t.Helper()
	var texts map[string]any
	if err := json.Unmarshal(englishFile(t), &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func englishFile(t *testing.T) []byte {
	t.Helper()
	file, err := assets.FS.ReadFile("translations/en.json")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func keysInOrder(t *testing.T) []string {
	t.Helper()
	var keys []string
	for _, m := range regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllSubmatch(englishFile(t), -1) {
		keys = append(keys, string(m[1]))
	}
	if len(keys) != len(english(t)) {
		t.Fatalf("en.json has %d keys, %d of them at the start of a line indented by two", len(english(t)), len(keys))
	}
	return keys
}

// keysInCode reads all of the desktop: the keys asked for, with a place of each, and every literal, since some keys go
// through a variable.
func keysInCode(t *testing.T) (asked map[string]string, literals map[string]bool) {
	t.Helper()
	asked, literals = map[string]string{}, map[string]bool{}
	namespaces := map[string]bool{}
	for key := range english(t) {
		namespaces[namespace(key)] = true
	}
	files := token.NewFileSet()
	for _, path := range goFiles(t) {
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if key, ok := askedKey(n); ok {
				asked[key] = files.Position(n.Pos()).String()
			}
			if text, ok := literal(n); ok {
				literals[text] = true
				if looksLikeKey.MatchString(text) && namespaces[namespace(text)] {
					asked[text] = files.Position(n.Pos()).String()
				}
			}
			return true
		})
	}
	return asked, literals
}

var looksLikeKey = regexp.MustCompile(`^[a-z][A-Za-z]*(\.[A-Za-z0-9]+)+$`)

func namespace(key string) string {
	first, _, _ := strings.Cut(key, ".")
	return first
}

func goFiles(t *testing.T) []string {
	t.Helper()
	files := []string{filepath.Join("..", "..", "main.go")}
	if matches, _ := filepath.Glob(files[0]); matches == nil {
		files = nil
	}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(f, "widgets") }) {
		t.Fatal("the code of the desktop was not found")
	}
	return files
}

// askedKey is the key of i18n.T("…") or i18n.N("…"), and inside this package of T and N.
func askedKey(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	name := ""
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok && x.Name == "i18n" {
			name = fun.Sel.Name
		}
	}
	if name != "T" && name != "N" {
		return "", false
	}
	return literal(call.Args[0])
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
