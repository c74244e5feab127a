package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// requirement 1
func TestNewHasTheShapeThatScannersLookFor(t *testing.T) {
	for kind, letter := range map[string]string{PAT: "p", SAT: "s", App: "a", Exchanged: "x"} {
		v := New("enrt_", kind).Reveal()
		if !regexp.MustCompile(`^enrt_` + letter + `[0-9A-Za-z]{48}$`).MatchString(v) {
			t.Errorf("a %s has another shape", kind)
		}
	}
}

// requirement 3
func TestValuesAreOpaque(t *testing.T) {
	if v := New("enrt_", PAT).Reveal(); strings.Contains(v, ".") {
		t.Error("a value looks like a JWT")
	}
}

func TestParseReadsWhatNewMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`[0-9A-Za-z_-]{0,20}_`).Draw(t, "prefix")
		kind := rapid.SampledFrom([]string{PAT, SAT, App, Exchanged}).Draw(t, "kind")
		made := New(prefix, kind)
		read, gotKind, ok := Parse(made.Reveal())
		if !ok || gotKind != kind || read.Reveal() != made.Reveal() {
			t.Fatalf("kind %q, ok %v", gotKind, ok)
		}
		if !strings.HasSuffix(made.Reveal(), made.Hint()) || len(made.Hint()) != 4 {
			t.Fatal("the hint is not the last four characters")
		}
	})
}

func TestParseRefusesEveryChangedCharacter(t *testing.T) {
	v := New("enrt_", PAT).Reveal()
	for i := range v {
		changed := []byte(v)
		changed[i] = alphabet[(strings.IndexByte(alphabet, v[i])+1)%len(alphabet)]
		if _, _, ok := Parse(string(changed)); ok {
			t.Errorf("accepted with character %d changed", i)
		}
	}
}

func TestParseRefusesOtherShapes(t *testing.T) {
	v := New("enrt_", PAT).Reveal()
	otherKind := "enrt_z" + v[6:len(v)-sumLen]
	for name, s := range map[string]string{
		"empty": "", "prefix alone": "enrt_", "cut": v[:len(v)-1], "longer": v + "0", "space": v + " ",
		"other prefix": "abcd_" + v[5:], "no prefix": v[5:], "prefix of other characters": sealed("a b_p" + v[6:len(v)-sumLen]), "prefix too long": sealed(strings.Repeat("x", PrefixMax) + "_p" + v[6:len(v)-sumLen]), "other kind": sealed(otherKind), "prefix without an end": sealed("enrtp" + v[6:len(v)-sumLen]),
		"not base62": v[:20] + "é" + v[22:],
	} {
		if _, _, ok := Parse(s); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNewDrawsEachCharacterEquallyOften(t *testing.T) {
	const n = 62 * 4000
	count := map[rune]int{}
	for _, r := range random(n) {
		count[r]++
	}
	for _, r := range alphabet {
		if c := count[r]; c < 3600 || c > 4400 { // 6 standard deviations
			t.Errorf("%c drawn %d times of 4000", r, c)
		}
	}
}

// requirement 7
func TestNothingPrintsASecret(t *testing.T) {
	v, p := New("enrt_", PAT), pepperOf([]byte("0123456789abcdef0123456789abcdef"))
	type inside struct {
		Public  Value
		private Value
		pepper  Pepper
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, v)
		fmt.Fprintf(&out, verb, p)
		fmt.Fprintf(&out, verb, inside{v, v, p})
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("kept", "value", v, "pepper", p, "inside", inside{v, v, p})
	if err := json.NewEncoder(&out).Encode([]any{v, p, inside{v, v, p}}); err != nil {
		t.Fatal(err)
	}
	for _, piece := range []string{v.Reveal(), v.Reveal()[6:20], fmt.Sprintf("%x", v.Reveal())[10:30], "0123456789abcdef", fmt.Sprintf("%x", (*p.key)[:4]), "48 49 50"} {
		if strings.Contains(out.String(), piece) {
			t.Errorf("printed %q", piece)
		}
	}
	if !strings.Contains(out.String(), redacted) {
		t.Error("nothing says [redacted]")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("")
	f.Add("enrt_p")
	f.Add("enrt_p0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef000000")
	f.Add(New("enrt_", SAT).Reveal())
	f.Add("é" + strings.Repeat("0", 48))
	f.Fuzz(func(t *testing.T, s string) {
		v, kind, ok := Parse(s)
		if !ok {
			if v.Reveal() != "" || kind != "" {
				t.Fatal("refused, and yet gave something")
			}
			return
		}
		if v.Reveal() != s || kindLetters[kind] != s[len(s)-1-randomLen-sumLen] || checksum(s[:len(s)-sumLen]) != s[len(s)-sumLen:] {
			t.Fatal("accepted what New cannot have made")
		}
	})
}

func BenchmarkParseGarbage(b *testing.B) {
	v := New("enrt_", PAT).Reveal()
	v = v[:len(v)-1] + "-"
	for b.Loop() {
		Parse(v)
	}
}

// sealed is body with its checksum.
func sealed(body string) string { return body + checksum(body) }

// requirement 2
func TestParseReadsSecretsOfAnyRules(t *testing.T) {
	for _, prefix := range []string{"enrt_", "pat_acme-1_", "pat_type:a.b_", "dhp_", "_"} {
		v := New(prefix, SAT)
		if _, kind, ok := Parse(v.Reveal()); !ok || kind != SAT || !strings.HasPrefix(v.Reveal(), prefix) {
			t.Errorf("%s: kind %q, ok %v", prefix, kind, ok)
		}
	}
}
