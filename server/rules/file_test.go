package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAFileSaysWhatIsDifferentFromItsPreset(t *testing.T) {
	got, err := Parse("own.toml", []byte(`preset = "digitalhub"
prefix = "acme_"
expiry.never = false
expiry.max = "90d"

[limit]
perUser = 5
raisedPerUser = 8

[revoke]
promise = "1m30s"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := digitalhub()
	want.Preset, want.Prefix = Custom, "acme_"
	want.Expiry.Never, want.Expiry.Max = false, Duration{90 * 24 * time.Hour}
	want.Limit = Limit{PerUser: 5, RaisedPerUser: 8}
	want.Revoke.Promise = Duration{90 * time.Second}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestScopesInAFileReplaceTheWholeCatalogue(t *testing.T) {
	got, err := Parse("own.toml", []byte(`readScope = ""
[[scopes]]
name = "pull"
label = "Pull"
[[scopes]]
name = "push"
label = "Push"
implies = ["pull"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Scope{{Name: "pull", Label: "Pull"}, {Name: "push", Label: "Push", Implies: []string{"pull"}}}
	if d := cmp.Diff(want, got.Scopes); d != "" {
		t.Error(d)
	}
}

// What the file says is so long that each case is one mistake and its place.
func TestAMistakeIsNamedByFileLineAndKey(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no TOML":             {"preset = \"erp\"\nlabel = = 1\n", "own.toml:2: unexpected"},
		"unknown preset":      {"\npreset = \"acme\"\n", "own.toml:2: preset: choose one of erp, digitalhub, lucanet, socotra"},
		"unknown key":         {"prefix = \"a_\"\n[expiry]\nnever = true\nmaximum = \"1d\"\n", "own.toml:4: expiry.maximum: there is no such key"},
		"unknown table":       {"\n[limits]\nperUser = 1\n", "own.toml:2: limits: there is no such key"},
		"unknown scope key":   {"[[scopes]]\nname = \"a\"\nlabel = \"A\"\nwide = true\n", "own.toml:4: scopes.wide: there is no such key"},
		"wrong type":          {"[label]\nrequired = \"yes\"\n", "own.toml:2: label.required: it is true or false"},
		"wrong type, number":  {"[limit]\n\nperUser = \"3\"\n", "own.toml:3: limit.perUser: it is a whole number"},
		"wrong type, text":    {"prefix = 3\n", "own.toml:1: prefix: it is a text in quotes"},
		"wrong type, list":    {"scopes = 3\n", "own.toml:1: scopes: it is a list"},
		"wrong type, table":   {"label = 3\n", "own.toml:1: label: it is a table"},
		"no duration":         {"[expiry]\ndefault = \"a year\"\n", "own.toml:2: expiry.default: a duration is"},
		"number for duration": {"[expiry]\ndefault = 365\n", "own.toml:2: expiry.default: a duration is"},
		"twice":               {"prefix = \"a_\"\nprefix = \"b_\"\n", "own.toml:2: prefix: "},
		"default over max":    {"[expiry]\nnever = false\nmax = \"30d\"\ndefault = \"60d\"\n", "own.toml:4: expiry.default: 60d is more than expiry.max, 30d"},
		"inherited default":   {"[expiry]\nnever = false\nmax = \"30d\"\n", "own.toml:3: expiry.default: 365d is more than expiry.max, 30d"},
		"never and max":       {"preset = \"socotra\"\n[expiry]\nmax = \"30d\"\n", "own.toml:3: expiry.never: a token cannot live for ever"},
		"bad prefix":          {"grants = \"scopes\"\nprefix = \"1 2\"\n", "own.toml:2: prefix: begin with a letter"},
		"prefix of a JWT":     {"prefix = \"a.b_\"\n", "own.toml:1: prefix: begin with a letter"},
		"unknown grants":      {"grants = \"roles\"\n", "own.toml:1: grants: choose one of scopes, permissions"},
		"unknown list":        {"list = \"all\"\n", "own.toml:1: list: choose one of own, tenant"},
		"permissions, tenant": {"preset = \"socotra\"\nlist = \"tenant\"\n", "own.toml:2: grants: permissions are granted in several tenants"},
		"unknown verb":        {"[revoke]\nverb = \"Kill\"\n", "own.toml:2: revoke.verb: choose one of Revoke, Delete"},
		"unknown advice":      {"[expiry]\nrecommended = \"maybe\"\n", "own.toml:2: expiry.recommended: choose one of no, yes, strongly"},
		"label lengths":       {"[label]\nminLength = 200\n", "own.toml:2: label.minLength: choose 0 to label.maxLength"},
		"label too long":      {"[label]\nmaxLength = 100000\n", "own.toml:2: label.maxLength: choose 1 to 1024"},
		"over raised limit":   {"[limit]\nperUser = 12\nraisedPerUser = 10\n", "own.toml:3: limit.raisedPerUser: 10 is less than limit.perUser, 12"},
		"nothing to raise":    {"[limit]\nraisedPerUser = 10\n", "own.toml:2: limit.raisedPerUser: there is no limit.perUser to raise"},
		"negative limit":      {"[limit]\nperTenant = -1\n", "own.toml:2: limit.perTenant: choose 0 to 1000000"},
		"empty catalogue":     {"scopes = []\n", "own.toml:1: scopes: name at least one scope"},
		"bad scope":           {"readScope = \"\"\n[[scopes]]\nname = \"Read All\"\nlabel = \"A\"\n", "own.toml:3: scopes[0].name: begin with a small letter"},
		"scope twice":         {"readScope = \"a\"\n[[scopes]]\nname = \"a\"\nlabel = \"A\"\n[[scopes]]\nname = \"a\"\nlabel = \"A\"\n", "own.toml:6: scopes[1].name: there are two scopes of this name"},
		"scope without label": {"readScope = \"a\"\n[[scopes]]\nname = \"a\"\n", "own.toml:2: scopes[0].label: use one line of 1 to 64 characters"},
		"inline scopes":       {"readScope = \"a\"\nscopes = [\n  { name = \"a\", label = \"A\" },\n  { name = \"b\", label = \"B\", implies = [\"c\"] },\n]\n", "own.toml:4: scopes[1].implies: \"c\" is no other scope"},
		"unknown implied":     {"readScope = \"a\"\n[[scopes]]\nname = \"a\"\nlabel = \"A\"\nimplies = [\"b\"]\n", "own.toml:5: scopes[0].implies: \"b\" is no other scope of this catalogue"},
		"no scope to read":    {"[[scopes]]\nname = \"a\"\nlabel = \"A\"\n", "own.toml:1: readScope: \"read\" is no scope of this catalogue"},
	} {
		_, err := Parse("own.toml", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\n  want %s", name, err, c.want)
		}
	}
}

func TestAllMistakesAreNamedAtOnceInTheirOrder(t *testing.T) {
	_, err := Parse("own.toml", []byte("list = \"all\"\nprefix = \"\"\n[revoke]\nverb = \"\"\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.HasPrefix(err.Error(), "own.toml:1: list") {
		t.Error(err)
	}
}

func TestWhatIsShownLoadsAsTheSameRules(t *testing.T) {
	for _, name := range Names() {
		want := load(t, name)
		text, err := want.Text()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "own.toml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got := load(t, path)
		want.Preset = Custom
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s\n%s", name, d, text)
		}
	}
}

func TestAFileMustBeThereAndBeSmall(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.toml")
	if err := os.WriteFile(large, make([]byte, fileMax+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{large, filepath.Join(t.TempDir(), "none.toml"), "rules.txt"} {
		if _, err := Load(path); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
}

func TestPresetsKeepTheirOwnRules(t *testing.T) {
	for _, name := range Names() {
		if bad := load(t, name).check(); len(bad) > 0 {
			t.Errorf("%s: %+v", name, bad)
		}
	}
}

// Whatever a file says, what loads holds together.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, _ := presets[name]().Text()
		f.Add(text)
	}
	f.Add([]byte("preset = \"lucanet\"\nscopes = [{name=\"a\",label=\"A\",implies=[\"b\"]}, 3]\n[expiry]\nmax = \"1d\""))
	f.Add([]byte("[[scopes]]\n[scopes.name]\n[[scopes.name]]\n\"\" = 1\na.b.c = [[{}]]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse("own.toml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "own.toml:") {
				t.Errorf("no place in %q", err)
			}
			return
		}
		if bad := r.check(); len(bad) > 0 || r.Preset != Custom {
			t.Fatalf("loaded, and yet %+v", bad)
		}
		again, err := r.Text()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("own.toml", again); err != nil {
			t.Fatalf("what is shown does not load: %v", err)
		}
	})
}
