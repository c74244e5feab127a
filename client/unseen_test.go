package client_test

import (
	"testing"

	"keyfob/client"
)

func TestWhatCannotBeSeenInANameIsFound(t *testing.T) {
	type found struct {
		place int
		r     rune
	}
	for text, want := range map[string]found{
		"": {}, "Nightly export": {}, "\tNightly export \n": {}, "שלום\u200f, Ada": {}, "Année 2027 👩\u200d💻": {},
		"a\tb": {2, '\t'}, "é\u202etxt.exe": {2, '\u202e'}, " \t\u2066x": {3, '\u2066'}, "bell\a": {5, '\a'}, "a\u0085b": {2, '\u0085'},
		"  Night\u200bly": {8, '\u200b'}, "می\u200cخواهم": {},
	} {
		if place, r := client.Unseen(text); (found{place, r}) != want {
			t.Errorf("%q: %U at %d, want %U at %d", text, r, place, want.r, want.place)
		}
	}
}
