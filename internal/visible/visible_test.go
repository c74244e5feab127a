package visible_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"keyfob/internal/visible"
)

func TestWhatCannotBeSeenIsFound(t *testing.T) {
	type found struct {
		place int
		r     rune
	}
	for text, want := range map[string]found{
		"": {}, "Nightly export": {}, "Año 2027": {}, "שלום\u200f, Ada": {}, "می\u200cخواهم": {}, "क\u094d\u200dष": {}, "👩\u200d💻 ❤\ufe0f": {}, "\u0601٢٠٢٧": {},
		"a\tb": {2, '\t'}, "bell\a": {5, '\a'}, "a\u0085b": {2, '\u0085'}, "é\u202etxt.exe": {2, '\u202e'}, "\u2066x": {1, '\u2066'},
		"Night\u200bly": {6, '\u200b'}, "\ufeffx": {1, '\ufeff'}, "soft\u00adly": {5, '\u00ad'}, "a\u2060b": {2, '\u2060'}, "a\u2063b": {2, '\u2063'},
		"a\U000e0041": {2, '\U000e0041'}, "x\u3164": {2, '\u3164'}, "a\u2028b": {2, '\u2028'}, "a\u2029b": {2, '\u2029'},
	} {
		if place, r := visible.Unseen(text); (found{place, r}) != want {
			t.Errorf("%q: %U at %d, want %U at %d", text, r, place, want.r, want.place)
		}
	}
}

// What is let pass has no character that formats, but those that scripts need.
func FuzzUnseen(f *testing.F) {
	for _, text := range []string{"Nightly export", "a\u200bb", "می\u200cخواهم", "\xff\u202e", "\U000e0041"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, r := visible.Unseen(text)
		if place == 0 {
			place = utf8.RuneCountInString(text) + 1
		} else if at := []rune(text)[place-1]; at != r || unicode.IsGraphic(r) && unicode.IsSpace(r) {
			t.Fatalf("%U stands at %d, not %U", at, place, r)
		}
		for _, before := range []rune(text)[:place-1] {
			needed := before == '\u200c' || before == '\u200d' || before == '\u200e' || before == '\u200f' || before == '\u061c'
			drawn := unicode.Is(unicode.Prepended_Concatenation_Mark, before)
			if unicode.IsControl(before) || unicode.Is(unicode.Cf, before) && !needed && !drawn {
				t.Fatalf("%U passes", before)
			}
		}
	})
}
