package signin

import (
	"regexp"
	"strings"
	"testing"
)

// PlainHash is what a code must not be found under.
func PlainHash(code string) string { return string(digest(code)) }

func TestUserCodesUseEachLetterAlike(t *testing.T) {
	const codes = 5000
	seen := make(map[rune]int)
	for range codes {
		code := newUserCode()
		if got, ok := parseUserCode(strings.ToLower(showUserCode(code))); !ok || got != code {
			t.Fatalf("%s is read as %s", code, got)
		}
		for _, r := range code {
			seen[r]++
		}
	}
	want := codes * userCodeLength / len(userCodeLetters)
	for _, r := range userCodeLetters {
		if seen[r] < want*8/10 || seen[r] > want*12/10 { // nine standard deviations
			t.Errorf("%c came %d times, want about %d", r, seen[r], want)
		}
	}
	if len(seen) != len(userCodeLetters) {
		t.Errorf("%d letters", len(seen))
	}
}

var (
	gaps    = regexp.MustCompile("[ \t_\\-\u00a0\u2010\u2011\u2012\u2013\u2014\u2212]+")
	letters = regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz]{8}$`)
)

// slowUserCode says the same in other words.
func slowUserCode(typed string) (string, bool) {
	rest := gaps.ReplaceAllString(typed, "")
	if len(typed) > 64 || !letters.MatchString(rest) {
		return "", false
	}
	return strings.ToUpper(rest), true
}

func FuzzAUserCodeIsReadInOneWay(f *testing.F) {
	for _, seed := range []string{"BCDF-GHJK", "bcdfghjk", "b c d f – g h j k", "BCDF-GHJ", "BCDFGHJKL", "\u212aCDFGHJK", "\u017fCDFGHJK", "BCDF\x00GHJK", "BCDF\xffGHJK", "-", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, ok := parseUserCode(typed)
		want, good := slowUserCode(typed)
		if ok != good || ok && got != want {
			t.Fatalf("%q is read as %q, %v; want %q, %v", typed, got, ok, want, good)
		}
	})
}
