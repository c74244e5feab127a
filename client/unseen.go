package client

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unseen is the first character of a name or a description that cannot be seen
// as what it is, and its place, from 1; 0: there is none. Blanks at the ends,
// which are cut off, do not count.
func Unseen(text string) (place int, r rune) {
	rest := strings.TrimLeftFunc(text, unicode.IsSpace)
	before := utf8.RuneCountInString(text) - utf8.RuneCountInString(rest)
	for i, r := range []rune(strings.TrimSpace(text)) {
		if unicode.IsControl(r) || TurnsText(r) {
			return before + i + 1, r
		}
	}
	return 0, 0
}

// TurnsText reports whether r turns the direction of the text that follows it,
// unseen. A mark of direction, which languages need, does not.
func TurnsText(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }
