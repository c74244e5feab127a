package issued

import (
	"strings"
	"testing"
)

// Sum completes a token by its checksum, for tests.
func Sum(body string) string { return body + checksum(body) }

var samples = []string{
	"enrt_phPmc7WS10wSs6IE6lkSpzOrbi7ml3apY2yuqPpxFJx1MeU0x",
	"pat_acme-eu_sNkrzf1ZHZfumK5k7Uf5EskKtiZLKWAGkflnGO5EjZV07iN5q",
	"pat_acme.eu:1_phAnSqXumzlgNwnPFVQBfXUILM6us8Fof6QV1xxP7yq2zR7YF",
}

// TestChecksumIsTheServers compares with tokens that the server made.
func TestChecksumIsTheServers(t *testing.T) {
	for _, token := range samples {
		if got := token[:len(token)-sumLen] + checksum(token[:len(token)-sumLen]); got != token {
			t.Errorf("got %s, want %s", got, token)
		}
	}
}

func FuzzTokensAreWithinTheText(f *testing.F) {
	whole := Sum("enrt_p" + strings.Repeat("A", 42))
	for _, seed := range []string{"", whole, "Bearer " + whole, whole + whole, "a:b=" + whole, strings.Repeat("_p", 300), "\xff\x00" + whole} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, shape := tokens(text)
		if shape != Nothing && len(found) == 0 {
			t.Fatal("a shape of nothing")
		}
		for _, token := range found {
			if token != "" && !strings.Contains(text, token) {
				t.Fatalf("%q is not in %q", token, text)
			}
		}
		if shape == Whole && wholeIn(found[0]) != found[0] {
			t.Fatalf("%q is no whole token", found[0])
		}
	})
}
